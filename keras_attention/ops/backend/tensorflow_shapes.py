"""Shapes and products of tensors of which some sizes are known only when the graph runs."""

import tensorflow as tf


def sizes(x):
    """The shape, each size as an integer if it is known, otherwise as a scalar tensor."""
    dynamic = tf.shape(x)
    return tuple(dynamic[i] if size is None else size for i, size in enumerate(x.shape))


def matmul(x: tf.Tensor, y: tf.Tensor, **transposed) -> tf.Tensor:
    """The product of two stacks of matrices; of single matrices it is faster without the stack."""
    if x.shape[0] == y.shape[0] == 1:
        return tf.matmul(x[0], y[0], **transposed)[None]
    return tf.matmul(x, y, **transposed)
