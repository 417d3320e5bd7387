"""Products in which each head has a matrix of its own."""

from keras import ops

from keras_attention.ops.tensordot import tensordot


def matmul_per_head(x, kernel):
    """`x @ kernel`, where both have heads or neither has.

    Args:
        x: Float tensor `[..., heads, rows, inner]`, or `[..., rows, inner]` without heads.
        kernel: Float tensor `[heads, inner, columns]`, or `[inner, columns]`.

    Returns:
        Float tensor of the shape of `x`, with `columns` in place of `inner`.

    Example:

    >>> from keras_attention.ops.per_head import matmul_per_head
    >>> matmul_per_head(np.ones((2, 3, 5, 7), "float32"), np.ones((3, 7, 11), "float32")).shape
    (2, 3, 5, 11)
    """
    kernel = ops.cast(kernel, x.dtype)
    if len(kernel.shape) == 2:
        return tensordot(x, kernel)
    if kernel.shape[0] == 1:
        # Not `matmul`: TensorFlow 2.21 on a CPU (oneDNN) writes past the end of its output where
        # it broadcasts a single matrix over [batch, 1, rows, inner].
        return tensordot(x, kernel[0])
    return ops.matmul(x, kernel)
