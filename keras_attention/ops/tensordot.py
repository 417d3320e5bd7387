"""The product of a dense layer, also fast for the few rows of decoding."""

import contextlib
import contextvars
import math

import keras
import numpy as np
from keras import ops

from keras_attention.ops.gelu import gelu

# Measured on CPUs. XLA computes a product of few rows up to twice as fast as several products of
# blocks of 64 columns that run side by side. A single row, few weights, and so much work that it
# no longer waits for memory, are best left alone.
_BLOCK = 64
_MOST_PARTS = 8
_FEWEST_WEIGHTS = 60_000
_MOST_WORK = 20_000_000  # rows * weights
# Of a sequence: blocks take longer to compile, which is worth it for a step of decoding, but not
# for an encoder that runs once before it.
_MOST_TOKENS = contextvars.ContextVar("most_tokens", default=8)


@contextlib.contextmanager
def blocks_up_to(tokens):
    """Where products are traced that will run so often that blocks are worth their compilation for
    sequences of up to so many tokens, too."""
    before = _MOST_TOKENS.set(tokens)
    try:
        yield
    finally:
        _MOST_TOKENS.reset(before)


def tensordot(x, kernel, axes=1, transpose=False, bias=None, activation=None):
    """Contracts the last `axes` of `x` with the first `axes` of `kernel`; adds a bias, activates.

    It is one product of two matrices. But a step of decoding reads all weights for a few rows, and
    waits for memory, not for arithmetic. Where the weights are compiled in, as `BucketedDecoder`
    can on TensorFlow, they are laid out in the order in which they will be read.

    Args:
        x: Float tensor `[..., *inner]`, where `inner` are `axes` axes.
        kernel: Float tensor or variable `[*inner, *outer]`.
        axes: Number of axes that are contracted.
        transpose: Whether `kernel` is `[outer, inner]` instead.
        bias: Float tensor or variable `[*outer]`, or None.
        activation: Function of a matrix `[rows, columns]`, where `columns` are all of `outer`, or
            None.

    Returns:
        Float tensor `[..., *outer]`.

    Raises:
        ValueError: If the contracted axes differ.

    Example:

    >>> from keras_attention.ops.tensordot import tensordot
    >>> x, kernel = np.ones((2, 5, 12), "float32"), np.ones((12, 3, 4), "float32")
    >>> tensordot(x, kernel).shape
    (2, 5, 3, 4)
    """
    x = ops.convert_to_tensor(x)
    kernel, bias = (y.value if isinstance(y, keras.Variable) else y for y in (kernel, bias))
    kept, bound = ops.shape(x)[:-axes], tuple(x.shape[-axes:])
    inner, outer = kernel.shape[:axes], kernel.shape[axes:]
    if transpose:
        inner, outer = outer, inner
    if any(size not in (None, expected) for size, expected in zip(bound, inner, strict=True)):
        raise ValueError(
            f"The inputs must end in the axes {tuple(inner)} of the weights. Received: inputs of "
            f"shape {tuple(x.shape)} for weights of shape {tuple(kernel.shape)}."
        )
    inner = math.prod(inner)
    rows = ops.reshape(x, (-1, inner))
    weights = _compiled_in(kernel) if _is_step(tuple(x.shape[:-axes])) else None
    if weights is not None and _FEWEST_WEIGHTS <= weights.size <= _MOST_WORK / rows.shape[0]:
        product = _blocked_matmul(rows, weights.T if transpose else weights.reshape(inner, -1))
    else:
        matrix = ops.transpose(kernel) if transpose else ops.reshape(kernel, (inner, -1))
        product = ops.matmul(rows, matrix)
    if bias is not None:
        product = add_bias(product, ops.reshape(bias, (-1,)))
    if activation is not None:  # before the reshape: some backends join it with the product
        product = (gelu if activation is keras.activations.gelu else activation)(product)
    return ops.reshape(product, (*kept, *outer))


def add_bias(x, bias):
    """A vector added to the last axis, with a gradient that is exact in half precision, too.

    Args:
        x: Float tensor `[..., features]`.
        bias: Float tensor `[features]`.

    Returns:
        Tensor of the shape and dtype of `x`.

    Example:

    >>> from keras_attention.ops.tensordot import add_bias
    >>> add_bias(np.zeros((2, 5, 3), "float32"), np.ones(3, "float32")).shape
    (2, 5, 3)
    """
    x = ops.convert_to_tensor(x)
    bias = ops.cast(bias, x.dtype)  # of a variable the value
    if keras.backend.backend() != "tensorflow":
        return x + bias
    from keras_attention.ops.backend import tensorflow_bias

    return tensorflow_bias.add_bias(x, bias)


def _is_step(kept):
    """Whether the axes that are not contracted are those of several rows of few tokens."""
    return None not in kept and math.prod(kept) > 1 and kept[-1] <= _MOST_TOKENS.get()


def _compiled_in(kernel):
    """The values of weights that are constants of a TensorFlow graph, or `None`."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    return None if tf.executing_eagerly() else tf.get_static_value(kernel)


def _blocked_matmul(x, weights):
    """`x @ weights` by blocks of columns, which are laid out while tracing."""
    rows, (inner, columns) = x.shape[0], weights.shape
    weights = np.pad(weights, ((0, 0), (0, -columns % _BLOCK)))
    blocks = weights.reshape(inner, -1, _BLOCK).swapaxes(0, 1)  # [blocks, inner, _BLOCK]
    products = []
    for part in np.array_split(blocks, min(_MOST_PARTS, len(blocks))):
        x_of_each = ops.broadcast_to(x, (len(part), rows, inner))
        product = ops.matmul(x_of_each, ops.convert_to_tensor(np.ascontiguousarray(part)))
        products.append(ops.reshape(ops.swapaxes(product, 0, 1), (rows, -1)))
    return ops.concatenate(products, axis=1)[:, :columns]
