"""Which backend has a kernel of its own for attention."""

import keras


def has_fused_kernel(query, bias=None):
    """Whether the backend has a kernel for attention that takes these arguments.

    PyTorch has one for everything; that of JAX is for GPUs, half precision and heads of up to 128
    features; TensorFlow has none.

    Args:
        query: Float tensor `[batch, heads, q_len, key_dim]`.
        bias: What is added to the scores, or None.

    Returns:
        Boolean.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow" or len(query.shape) != 4:
        return False
    if backend == "torch":
        return True
    import jax

    half = keras.backend.standardize_dtype(query.dtype) in ("float16", "bfloat16")
    size = query.shape[-1]
    return (
        jax.default_backend() == "gpu" and half and size <= 128 and size % 8 == 0 and bias is None
    )
