"""A language model of counts, for searches that ask what is likely to follow."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

_START = -1  # stands before a sequence


class NGram:
    r"""How likely each token is after the last `order - 1`: counts, smoothed by Witten and Bell.

    $$ p(w \mid h) = \frac{c(h\,w) + n(h)\, p(w \mid h')}{c(h) + n(h)} $$

    where `c` counts, `n(h)` is the number of different tokens that were seen after `h`, and `h'` is
    `h` without its first token; before all, every token is as likely as the others. The end of a
    sequence is a token like the others.

    Args:
        sequences: Of token ids, without start and end.
        vocabulary_size: Number of token ids.
        order: Greatest number of tokens that are looked at together, at least 1.
        end_id: Which of the ids stands for the end; for CTC that of the blank, 0.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> model = keras_attention.NGram([[1, 2, 1, 2], [1, 2]], vocabulary_size=3, order=2)
    >>> np.exp(model((1,))).round(2).tolist()  # after a 1 there was always a 2
    [0.07, 0.09, 0.84]
    >>> frames = np.log(np.full((4, 3), 1 / 3))
    >>> found = keras_attention.ctc_beam_search(frames, next_log_probabilities=model)
    >>> found[0].token_ids
    (1, 2)

    References:
        [Chen and Goodman, 1996](https://aclanthology.org/P96-1041/)
    """

    def __init__(
        self,
        sequences: Iterable[Sequence[int]],
        vocabulary_size: int,
        order: int = 3,
        end_id: int = 0,
    ):
        if order < 1 or vocabulary_size < 1 or not 0 <= end_id < vocabulary_size:
            raise ValueError(
                "`order` and `vocabulary_size` must be at least 1, and `end_id` one of the "
                f"vocabulary. Received: order={order}, vocabulary_size={vocabulary_size}, "
                f"end_id={end_id}."
            )
        self.vocabulary_size = vocabulary_size
        self.order = order
        self._counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for sequence in sequences:
            history = (_START,) * (order - 1)
            for token in (*(int(one) for one in sequence), end_id):
                if not 0 <= token < vocabulary_size:
                    raise ValueError(
                        f"Tokens must be from 0 to {vocabulary_size - 1}. Received: {token}."
                    )
                for length in range(order):
                    self._counts[history[order - 1 - length :]][token] += 1
                history = (*history, token)[1:] if order > 1 else ()

    def __call__(self, prefix: Sequence[int]) -> np.ndarray:
        """Log-probabilities of the next token, `[vocabulary_size]`, after these."""
        history = ((_START,) * (self.order - 1) + tuple(prefix))[len(prefix) :]
        found = np.full(self.vocabulary_size, 1.0 / self.vocabulary_size)
        for length in range(self.order):
            counts = self._counts.get(history[self.order - 1 - length :])
            if counts is None:  # nor was anything longer ever seen
                break
            tokens, numbers = zip(*counts.items(), strict=True)
            found *= len(counts)
            found[list(tokens)] += numbers
            found /= counts.total() + len(counts)
        return np.log(found)
