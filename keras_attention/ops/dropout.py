"""Dropout whose rate may be known only while it runs."""

import keras
from keras import ops


def dropout(x, rate, seed):
    """`x` with a share of its values set to zero, the others growing by `1 / (1 - rate)`.

    Args:
        x: Float tensor.
        rate: Number in `[0, 1)`, or a scalar tensor; a rate of 0 draws nothing.
        seed: `keras.random.SeedGenerator`.

    Returns:
        Tensor of the shape and dtype of `x`.
    """
    if isinstance(rate, (int, float)):
        return keras.random.dropout(x, rate, seed=seed) if rate > 0 else x
    # Keras asks in Python whether the rate is 0 or 1, which a graph cannot answer.
    kept = ops.cast(keras.random.uniform(ops.shape(x), seed=seed) >= rate, x.dtype)
    return ops.divide_no_nan(x * kept, ops.cast(1.0 - rate, x.dtype))


def head_dropout(attended, rate, seed):
    """Attended values without a share of the heads, drawn for each example, the others growing.

    Args:
        attended: Float tensor `[batch, ..., heads, q_len, value_dim]`.
        rate, seed: As for `dropout`.

    Returns:
        Tensor of the shape and dtype of `attended`.
    """
    if isinstance(rate, (int, float)) and rate == 0:
        return attended
    shape = ops.shape(attended)
    heads = ops.ones((shape[0], *[1] * (len(shape) - 4), shape[-3], 1, 1), "float32")
    return attended * ops.cast(dropout(heads, rate, seed), attended.dtype)
