"""What layers do with a sequence that arrives chunk by chunk."""

from keras import ops


def attended_stream(layer, x, earlier, left):
    """Self-attention of a chunk, with its residual connection, to itself and to what came before.

    The inputs of earlier positions are kept, not their keys and values: positions then count from
    the first that is seen, as relative ones may.

    Args:
        layer: A layer with `self_attention` and its residual connection.
        x: Float tensor `[batch, chunk, d_model]`.
        earlier: Normalised inputs of earlier positions, `[batch, at most left, d_model]`, or None.
        left: How many of them to keep; None: all.

    Returns:
        `(x, earlier)` with the chunk attended, and what to keep for the next one.
    """
    y = layer.self_attention_residual.before(x)
    seen = y if earlier is None else ops.concatenate([earlier, y], axis=1)
    attended = layer.self_attention(seen, seen)[:, -x.shape[1] :]
    return layer.self_attention_residual.after(x, attended), latest(seen, left)


def latest(x, count):
    """The last `count` positions, or as many as there are; None: all."""
    return x if count is None else x[:, max(x.shape[1] - count, 0) :]
