"""Scaled dot-product attention, as pure functions.

`query` is `[..., heads, q_len, key_dim]`, `key` is `[..., kv_heads, k_len, key_dim]`, `value` is
`[..., kv_heads, k_len, value_dim]`; `heads` is a multiple of `kv_heads`, and each key/value head
serves `heads // kv_heads` consecutive query heads.
"""

import math

import keras
from keras import ops

from keras_attention.ops.normalizers import softmax_weights


def attention_weights(query, key, attention_mask=None, bias=None, scale=None):
    r"""How much each query attends to each key.

    $$ W = \mathrm{softmax}(s\, Q K^\top + B) $$

    Computed in float32 whatever the dtype of the inputs. A query that may attend to nothing gets
    weights of zero, and its gradient is zero.

    Args:
        query: Float tensor `[..., heads, q_len, key_dim]`.
        key: Float tensor `[..., kv_heads, k_len, key_dim]`.
        attention_mask: Boolean tensor that broadcasts to `[..., heads, q_len, k_len]`; True = may
            attend. `None` permits everything.
        bias: Float tensor that broadcasts to `[..., heads, q_len, k_len]`, added to the scores.
        scale: Factor `s` of the scores. Defaults to `key_dim ** -0.5`.

    Returns:
        Float32 tensor `[..., heads, q_len, k_len]`; each row sums to 1, or is 0 if fully masked.

    Example:

    >>> query, key = np.ones((2, 3, 5, 7)), np.ones((2, 3, 11, 7))
    >>> keras_attention.ops.attention_weights(query, key).shape
    (2, 3, 5, 11)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), equation 1.
    """
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = dot_product_scores(query, key, scale)
    if bias is not None:
        scores = scores + ops.cast(bias, "float32")
    return softmax_weights(scores, attention_mask)


def dot_product_scores(query, key, scale=1.0):
    """The dot product of each query with each key.

    Args:
        query: Float tensor `[..., heads, q_len, key_dim]`; without heads `[batch, q_len, key_dim]`.
        key: Float tensor `[..., kv_heads, k_len, key_dim]`, or `[batch, k_len, key_dim]`.
        scale: Factor of the scores, a number or a scalar tensor.

    Returns:
        Float32 tensor `[..., heads, q_len, k_len]`, or `[batch, q_len, k_len]`.

    Example:

    >>> query, key = np.ones((2, 6, 5, 7)), np.ones((2, 3, 11, 7))
    >>> keras_attention.ops.dot_product_scores(query, key).shape
    (2, 6, 5, 11)
    """
    query, key = ops.convert_to_tensor(query), ops.convert_to_tensor(key)
    # The query is the smallest thing to scale, and scaling it first keeps float16 in range.
    query = ops.multiply(query, ops.cast(scale, query.dtype))
    scores = grouped_matmul(query, ops.swapaxes(key, -1, -2))
    return ops.cast(scores, "float32")


def weighted_values(weights, value):
    """Averages the values by the attention weights.

    Args:
        weights: Float tensor `[..., heads, q_len, k_len]`.
        value: Float tensor `[..., kv_heads, k_len, value_dim]`.

    Returns:
        Tensor `[..., heads, q_len, value_dim]` with the dtype of `value`.

    Example:

    >>> weights, value = np.full((2, 3, 5, 11), 1 / 11), np.ones((2, 3, 11, 7))
    >>> keras_attention.ops.weighted_values(weights, value).shape
    (2, 3, 5, 7)
    """
    value = ops.convert_to_tensor(value)
    return grouped_matmul(ops.cast(weights, value.dtype), value)


def scaled_dot_product_attention(
    query, key, value, attention_mask=None, bias=None, *, scale=None, dropout=0.0, seed=None
):
    r"""Scaled dot-product attention with a mask, an additive bias and dropout of the weights.

    $$ \mathrm{attention}(Q, K, V) = \mathrm{dropout}(\mathrm{softmax}(s\, Q K^\top + B))\, V $$

    Args:
        query: Float tensor `[..., heads, q_len, key_dim]`.
        key: Float tensor `[..., kv_heads, k_len, key_dim]`.
        value: Float tensor `[..., kv_heads, k_len, value_dim]`.
        attention_mask: Boolean tensor that broadcasts to `[..., heads, q_len, k_len]`; True = may
            attend.
        bias: Float tensor that broadcasts to `[..., heads, q_len, k_len]`, added to the scores.
        scale: Factor `s` of the scores. Defaults to `key_dim ** -0.5`.
        dropout: Share of the weights that are set to zero, the others growing by
            `1 / (1 - dropout)`. Pass 0 at inference.
        seed: Integer or `keras.random.SeedGenerator` for the dropout.

    Returns:
        `(attended, weights)`: `[..., heads, q_len, value_dim]` with the dtype of `value`, and the
        float32 weights `[..., heads, q_len, k_len]` before dropout. A query that may attend to
        nothing gets zeros in both, and a zero gradient.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:

    >>> x = np.ones((2, 3, 5, 7))
    >>> causal = keras_attention.ops.causal_mask(5, 5)
    >>> attended, weights = keras_attention.ops.scaled_dot_product_attention(x, x, x, causal)
    >>> attended.shape, weights.shape
    ((2, 3, 5, 7), (2, 3, 5, 5))

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), equation 1.
    """
    query, key, value = (ops.convert_to_tensor(x) for x in (query, key, value))
    check_shapes(query.shape, key.shape, value.shape)
    weights = attention_weights(query, key, attention_mask, bias, scale)
    dropped = keras.random.dropout(weights, dropout, seed=seed) if dropout > 0 else weights
    return weighted_values(dropped, value), weights


def attended_values(query, key, value, attention_mask=None, *, scale=None):
    r"""`scaled_dot_product_attention` where nobody asks for the weights.

    On TensorFlow its gradient takes about half as many passes over them, and bfloat16 none in
    float32, so a training step takes less time and memory.

    Args:
        query, key, value, attention_mask, scale: As in `scaled_dot_product_attention`.

    Returns:
        Tensor `[..., heads, q_len, value_dim]` with the dtype of `value`. The weights of bfloat16
        inputs are rounded to it before they are used.

    Raises:
        ValueError: If the shapes do not fit each other.

    Example:

    >>> x = np.ones((2, 3, 5, 7))
    >>> causal = keras_attention.ops.causal_mask(5, 5)
    >>> keras_attention.ops.attended_values(x, x, x, causal).shape
    (2, 3, 5, 7)
    """
    query, key, value = (ops.convert_to_tensor(x) for x in (query, key, value))
    check_shapes(query.shape, key.shape, value.shape)
    scale = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    if keras.backend.backend() != "tensorflow":
        weights = attention_weights(query, key, attention_mask, scale=scale)
        return weighted_values(weights, value)
    from keras_attention.ops.backend.tensorflow_attention import attend

    if attention_mask is not None:
        attention_mask = ops.cast(attention_mask, "bool")
    return attend(query, key, value, attention_mask, scale)


def grouped_matmul(x, y):
    """`x @ y` where each head of `y` serves a group of consecutive heads of `x`; three axes are a
    batch of matrices without heads."""
    if len(x.shape) == 3:
        return ops.matmul(x, y)
    shape, columns = ops.shape(x), ops.shape(y)[-1]
    # A group of heads is more rows for the same matrix, so nothing of `y` is repeated in memory.
    # All other axes become one: XLA copies a cache that it must reshape for the product.
    rows = x.shape[-3] // y.shape[-3] * shape[-2]
    matrices = math.prod(ops.shape(y)[:-2])
    x = ops.reshape(x, (matrices, rows, shape[-1]))
    y = ops.reshape(y, (matrices, *ops.shape(y)[-2:]))
    return ops.reshape(ops.matmul(x, y), (*shape[:-1], columns))


def check_shapes(query, key, value):
    received = f"Received: query.shape={query}, key.shape={key}, value.shape={value}."
    if not len(query) == len(key) == len(value) >= 3:
        raise ValueError(
            "`query`, `key` and `value` must have the same rank, at least 3: `[..., heads, length, "
            f"dim]`. {received}"
        )
    if query[-1] != key[-1]:
        raise ValueError(f"`query` and `key` must have the same last dimension. {received}")
    if key[-3:-1] != value[-3:-1]:
        raise ValueError(f"`key` and `value` must have the same heads and length. {received}")
    if query[-3] % key[-3]:
        raise ValueError(f"The heads of `query` must be a multiple of those of `key`. {received}")
