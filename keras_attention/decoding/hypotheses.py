"""What every search returns."""

from typing import Any, NamedTuple


class Hypotheses(NamedTuple):
    """The best hypotheses of a batch, the best first.

    Where a search found fewer than it was asked for (none in a padding row, or because the logits
    were NaN or forbade everything), the rest has the score -inf.

    Args:
        token_ids: Integer tensor `[batch, n_best, max_length]`: without the start id, with the end
            id if it was reached, the pad id after it.
        lengths: Integer tensor `[batch, n_best]`: tokens before the end id.
        scores: Float32 tensor `[batch, n_best]`, descending: the log-probability of the tokens, the
            end id included, divided by the length penalty of the strategy.

    Example:

    >>> hypotheses = keras_attention.Hypotheses(
    ...     token_ids=np.array([[[5, 7, 3, 0], [5, 3, 0, 0]]]),
    ...     lengths=np.array([[2, 1]]),
    ...     scores=np.array([[-0.7, -1.1]], "float32"),
    ... )
    >>> best = hypotheses.token_ids[0, 0, : hypotheses.lengths[0, 0]]
    >>> best.tolist()
    [5, 7]
    """

    token_ids: Any
    lengths: Any
    scores: Any
