"""The backend's own fused attention kernel."""

from keras import ops


def fused_attention(
    query, key, value, attention_mask=None, bias=None, *, scale=None, flash_attention=None
):
    """Scaled dot-product attention by the fused kernel of JAX or PyTorch.

    It stores no weights, so it neither returns nor drops any. TensorFlow has no such kernel.

    Args:
        query: Float tensor `[batch, heads, q_len, key_dim]`.
        key: Float tensor `[batch, kv_heads, k_len, key_dim]`.
        value: Float tensor `[batch, kv_heads, k_len, value_dim]`.
        attention_mask: Boolean tensor that broadcasts to `[batch, heads, q_len, k_len]`; True = may
            attend.
        bias: Float tensor that broadcasts to `[batch, heads, q_len, k_len]`, added to the scores.
        scale: Factor of the scores. Defaults to `key_dim ** -0.5`.
        flash_attention: True demands the kernel whose memory grows with the length alone, None
            takes the best that there is.

    Returns:
        Tensor `[batch, heads, q_len, value_dim]`; zeros for a query that may attend to nothing.

    Raises:
        ValueError: On a backend without such a kernel, or with shapes that it does not take.
    """
    group = query.shape[1] // key.shape[1]
    heads_last = [
        ops.transpose(x, (0, 2, 1, 3))
        for x in (query, ops.repeat(key, group, axis=1), ops.repeat(value, group, axis=1))
    ]
    has_key = None
    if attention_mask is not None:
        # Kernels give NaN where nothing is permitted, so everything is, and the result is dropped.
        has_key = ops.any(attention_mask, axis=-1, keepdims=True)
        attention_mask = ops.logical_or(attention_mask, ops.logical_not(has_key))
    attended = ops.dot_product_attention(
        *heads_last, bias=bias, mask=attention_mask, scale=scale, flash_attention=flash_attention
    )
    attended = ops.transpose(attended, (0, 2, 1, 3))
    return attended if has_key is None else attended * ops.cast(has_key, attended.dtype)
