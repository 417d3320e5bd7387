"""Exact attention in memory that grows with the length, not with its square."""

import math

import keras
from keras import ops

from keras_attention.ops.attention import check_shapes
from keras_attention.ops.backend.chunk_plan import Rules


def chunked_attention(
    query,
    key,
    value,
    attention_mask=None,
    bias=None,
    *,
    scale=None,
    causal=False,
    window=None,
    relative_bias=None,
    dropout=0.0,
    seed=None,
    chunk_size=None,
):
    r"""Scaled dot-product attention that never holds all of its weights.

    $$ \mathrm{attention}(Q, K, V) = \mathrm{dropout}(\mathrm{softmax}(s\, Q K^\top + B))\, V $$

    The queries are taken in chunks, each with all the keys that it may see, so nothing is
    approximated. The gradient computes the weights of each chunk again. Keys that no query of a
    chunk may see, by `causal` or `window`, cost nothing: sliding windows take O(n) time, too.

    Takes the shapes of `scaled_dot_product_attention`. Prefer that one for sequences of a few
    hundred tokens, or to see the weights.

    Args:
        query: Float tensor `[..., heads, q_len, key_dim]`.
        key: Float tensor `[..., kv_heads, k_len, key_dim]`.
        value: Float tensor `[..., kv_heads, k_len, value_dim]`.
        attention_mask: Boolean tensor that broadcasts to `[..., heads, q_len, k_len]`; True = may
            attend.
        bias: Float tensor that broadcasts to `[..., heads, q_len, k_len]`, added to the scores.
        scale: Factor `s` of the scores. Defaults to `key_dim ** -0.5`.
        causal: Whether query `i` sees only the keys `j <= i`.
        window: Positive integer; query `i` sees only the keys with `|i - j| < window`. With
            `causal` it is the sliding window of Mistral.
        relative_bias: Float tensor `[heads or 1, q_len + k_len - 1]`, added to the scores: a value
            for each key position minus query position, from `-(q_len - 1)` to `k_len - 1`. So ALiBi
            and T5's buckets need no tensor of all pairs.
        dropout: Share of the weights that are set to zero, the others growing by
            `1 / (1 - dropout)`. Pass 0 at inference.
        seed: Integer or `keras.random.SeedGenerator` for the dropout.
        chunk_size: Queries of a chunk. The default suits the lengths; fewer need less memory.

    Returns:
        Tensor `[..., heads, q_len, value_dim]` with the dtype of `value`. The softmax is computed
        in float32. A query that may attend to nothing gets zeros, and a zero gradient.

    Raises:
        ValueError: If the shapes do not fit each other, or a number is out of range.

    Example:

    >>> x = np.ones((2, 3, 1031, 7), "float32")
    >>> keras_attention.ops.chunked_attention(x, x, x, causal=True, window=257).shape
    (2, 3, 1031, 7)

    References:
        - [Rabe and Staats, 2021](https://arxiv.org/abs/2112.05682), chunks and their gradient
        - [Dao et al., 2022](https://arxiv.org/abs/2205.14135), section 3.1
    """
    query, key, value = (ops.convert_to_tensor(x) for x in (query, key, value))
    check_shapes(query.shape, key.shape, value.shape)
    rank, heads = len(query.shape), query.shape[-3]
    if attention_mask is not None:
        attention_mask = _of_rank(ops.cast(attention_mask, "bool"), rank)
    if bias is not None:
        bias = _of_rank(ops.convert_to_tensor(bias), rank)
    if relative_bias is not None:
        relative_bias = ops.convert_to_tensor(relative_bias)
        _check_relative_bias(relative_bias.shape, heads, query.shape[-2], key.shape[-2])
    _check_numbers(window, dropout, chunk_size)
    seed = keras.random.randint((2,), 0, 2**31 - 1, "int32", seed=seed) if dropout else None
    rules = Rules(
        scale=1.0 / math.sqrt(query.shape[-1]) if scale is None else scale,
        causal=causal,
        window=window,
        dropout=dropout,
        chunk_size=chunk_size,
    )
    return _attend()(query, key, value, attention_mask, bias, relative_bias, seed, rules)


def _attend():
    if keras.backend.backend() == "tensorflow":
        from keras_attention.ops.backend.tensorflow_chunks import attend
    else:
        from keras_attention.ops.backend.checkpointed_chunks import attend
    return attend


def _of_rank(x, rank):
    if len(x.shape) > rank:
        raise ValueError(
            "`attention_mask` and `bias` must broadcast to `[..., heads, q_len, k_len]`, of "
            f"{rank} axes. Received: shape={tuple(x.shape)}."
        )
    return ops.reshape(x, (*[1] * (rank - len(x.shape)), *ops.shape(x)))


def _check_relative_bias(shape, heads, q_len, k_len):
    expected = None if None in (q_len, k_len) else q_len + k_len - 1
    fits = len(shape) == 2 and shape[0] in (None, 1, heads)
    if not fits or (None not in (shape[1], expected) and shape[1] != expected):
        raise ValueError(
            "`relative_bias` must be of shape `[heads, q_len + k_len - 1]`, or 1 in place of "
            f"`heads`. Received: relative_bias.shape={tuple(shape)} for heads={heads}, "
            f"q_len={q_len}, k_len={k_len}."
        )


def _check_numbers(window, dropout, chunk_size):
    for name, number in (("window", window), ("chunk_size", chunk_size)):
        if number is not None and (not isinstance(number, int) or number < 1):
            raise ValueError(f"`{name}` must be a positive integer. Received: {name}={number!r}.")
    if not 0 <= dropout < 1:
        raise ValueError(f"`dropout` must be at least 0 and less than 1. Received: {dropout}.")
