"""Weights of which many are exactly zero: sparsemax and 1.5-entmax.

Both are the exact solution of their optimisation problem, found by sorting, and their gradients are
the closed forms of the papers, not the derivatives of the search.
"""

from keras import ops

from keras_attention.ops.normalizers import only_permitted, permitted


def sparsemax_weights(scores, attention_mask=None):
    r"""The point of the probability simplex that is nearest to the scores.

    $$ w = \arg\min_{p \in \Delta} \lVert p - s \rVert^2 = [s - \tau]_+ $$

    Args:
        scores, attention_mask: As in `softmax_weights`.

    Returns:
        Float32 tensor of the shape of `scores`; each row sums to 1, or is 0 if fully masked.

    Example:

    >>> weights = keras_attention.ops.sparsemax_weights(np.array([[1.0, 0.5, -1.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.75, 0.25, 0.0]]

    References:
        [Martins and Astudillo, 2016](https://arxiv.org/abs/1602.02068)
    """
    z = _below_their_maximum(permitted(scores, attention_mask))
    ordered, rank = _descending(z)
    candidates = (ops.cumsum(ordered, axis=-1) - 1.0) / rank
    weights = ops.relu(z - _threshold(ordered, candidates))
    support = ops.cast(weights > 0.0, "float32")
    return only_permitted(_with_gradient(weights, z, support), attention_mask)


def entmax_weights(scores, attention_mask=None):
    r"""1.5-entmax, half-way between softmax and sparsemax.

    $$ w = \arg\max_{p \in \Delta} p^\top s + H_{1.5}(p) = [s / 2 - \tau]_+^2 $$

    Args:
        scores, attention_mask: As in `softmax_weights`.

    Returns:
        Float32 tensor of the shape of `scores`; each row sums to 1, or is 0 if fully masked.

    Example:

    >>> weights = keras_attention.ops.entmax_weights(np.array([[2.0, 2.0, -2.0]]))
    >>> keras.ops.convert_to_numpy(weights).round(6).tolist()
    [[0.5, 0.5, 0.0]]

    References:
        [Peters et al., 2019](https://arxiv.org/abs/1905.05702)
    """
    z = _below_their_maximum(permitted(scores, attention_mask) / 2.0)
    ordered, rank = _descending(z)
    mean = ops.cumsum(ordered, axis=-1) / rank
    # The sum of the squared distances from the mean, of the `rank` best.
    spread = ops.cumsum(ops.square(ordered), axis=-1) - rank * ops.square(mean)
    candidates = mean - ops.sqrt(ops.relu(1.0 - spread) / rank)
    roots = ops.relu(z - _threshold(ordered, candidates))
    weights = ops.square(roots)
    weights = weights / ops.sum(weights, axis=-1, keepdims=True)  # rounding alone to mend
    return only_permitted(_with_gradient(weights, 2.0 * z, roots), attention_mask)


def _below_their_maximum(scores):
    """Scores minus the best of their row, and none below -2: from -1 on a key gets no weight."""
    best = ops.stop_gradient(ops.max(scores, axis=-1, keepdims=True))
    return ops.maximum(scores - best, -2.0)


def _descending(z):
    """The scores from the best on, and their ranks from 1 on."""
    z = ops.stop_gradient(z)
    rank = ops.arange(1, ops.shape(z)[-1] + 1, dtype="float32")
    return -ops.sort(-z, axis=-1), rank


def _threshold(ordered, candidates):
    """The candidate of the last score that lies above its own candidate."""
    size = ops.sum(ops.cast(ordered > candidates, "int32"), axis=-1, keepdims=True)
    return ops.take_along_axis(candidates, ops.maximum(size - 1, 0), axis=-1)


def _with_gradient(weights, scores, slopes):
    """`weights`, whose derivative after `scores` is diag(r) - r r' / sum(r) for the slopes r."""
    weights, slopes = ops.stop_gradient(weights), ops.stop_gradient(slopes)
    mean = ops.sum(slopes * scores, axis=-1, keepdims=True)
    mean = mean / ops.sum(slopes, axis=-1, keepdims=True)
    linear = slopes * (scores - mean)
    return weights + (linear - ops.stop_gradient(linear))
