"""From scores to weights: how the scores of a query compete.

Each function takes `scores` `[..., q_len, k_len]` and an `attention_mask` that broadcasts to it,
and returns float32 weights. A forbidden key has weight zero; so has every key of a query that may
attend to nothing.
"""

from keras import ops

# Added to the score of a forbidden key. Any float32 score disappears in it, so a forbidden weight
# is exactly zero; being finite, it leaves a fully masked row without NaN. Adding it costs half of
# what selecting with `where` costs in the backward pass: the sum broadcasts over the small mask.
_FORBIDDEN = -1e30


def softmax_weights(scores, attention_mask=None):
    r"""Every permitted key gets a share.

    $$ w_j = e^{s_j} / \textstyle\sum_k e^{s_k} $$

    Args:
        scores: Float tensor `[..., q_len, k_len]`.
        attention_mask: Boolean tensor that broadcasts to `scores`; True = may attend. `None`
            permits everything.

    Returns:
        Float32 tensor of the shape of `scores`; each row sums to 1, or is 0 if fully masked.

    Example:

    >>> scores, mask = np.zeros((1, 4)), np.array([[True, True, False, False]])
    >>> keras.ops.convert_to_numpy(keras_attention.ops.softmax_weights(scores, mask)).tolist()
    [[0.5, 0.5, 0.0, 0.0]]
    """
    return only_permitted(_softmax(permitted(scores, attention_mask)), attention_mask)


def sigmoid_weights(scores, attention_mask=None, bias=None):
    r"""Every key is judged by itself, so the weights of a query do not sum to 1.

    $$ w_j = \sigma(s_j + b), \qquad b = -\log n \text{ for } n \text{ permitted keys} $$

    Args:
        scores, attention_mask: As in `softmax_weights`.
        bias: Number added to the scores. The default makes the weights of equal scores of 0 sum to
            nearly 1, however many keys there are.

    Returns:
        Float32 tensor of the shape of `scores`, between 0 and 1.

    Example:

    >>> weights = keras_attention.ops.sigmoid_weights(np.zeros((1, 4)), bias=0.0)
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.5, 0.5, 0.5, 0.5]]

    References:
        [Ramapuram et al., 2024](https://arxiv.org/abs/2409.04431)
    """
    scores = ops.cast(scores, "float32")
    if bias is None:
        allowed = ops.ones_like(scores)
        if attention_mask is not None:
            allowed = allowed * ops.cast(attention_mask, "float32")
        keys = ops.sum(allowed, axis=-1, keepdims=True)
        bias = -ops.log(ops.maximum(keys, 1.0))
    weights = ops.sigmoid(scores + bias)
    return weights if attention_mask is None else weights * ops.cast(attention_mask, "float32")


def top_k_weights(scores, attention_mask=None, k=8):
    r"""Softmax over the `k` best keys of each query; the others get nothing.

    Args:
        scores, attention_mask: As in `softmax_weights`.
        k: Number of keys, a positive integer; more where scores are equal to the least of them. At
            most `k_len` counts.

    Returns:
        Float32 tensor of the shape of `scores`.

    Raises:
        ValueError: If `k` is not a positive integer.

    Example:

    >>> weights = keras_attention.ops.top_k_weights(np.array([[3.0, 1.0, 3.0, 2.0]]), k=2)
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.5, 0.0, 0.5, 0.0]]

    References:
        [Gupta et al., 2021](https://arxiv.org/abs/2106.06899)
    """
    if not isinstance(k, int) or k < 1:
        raise ValueError(f"`k` must be a positive integer. Received: k={k!r}.")
    scores = permitted(scores, attention_mask)
    k_len = ops.shape(scores)[-1]
    k = min(k, k_len) if isinstance(k_len, int) else ops.minimum(k, k_len)
    least = ops.min(ops.top_k(ops.stop_gradient(scores), k)[0], axis=-1, keepdims=True)
    return only_permitted(_softmax(permitted(scores, scores >= least)), attention_mask)


def permitted(scores, attention_mask):
    """Float32 scores; those of forbidden keys are so low that no weight remains."""
    scores = ops.cast(scores, "float32")
    if attention_mask is None:
        return scores
    forbidden = ops.where(ops.cast(attention_mask, "bool"), 0.0, _FORBIDDEN)
    # Not `ops.add`: Keras 3.15 adds what has one axis longer than 1 to the wrong axis, if it fits.
    return scores + ops.cast(forbidden, "float32")


def only_permitted(weights, attention_mask):
    """Weights with zeros for a query that may attend to nothing."""
    if attention_mask is None:
        return weights
    # One factor per query, not per pair: only whole rows still need to become zero.
    has_key = ops.any(ops.cast(attention_mask, "bool"), axis=-1, keepdims=True)
    return ops.multiply(weights, ops.cast(has_key, "float32"))


def _softmax(scores):
    if scores.shape[-1] == 1:  # nothing unusual here, but `ops.softmax` warns of it
        return ops.ones_like(scores)
    return ops.softmax(scores, axis=-1)
