"""What layers do with a sequence that arrives chunk by chunk."""

from keras import ops


def no_stream(batch_size, length, d_model, dtype):
    """What a layer knows before the first chunk: room for `length` earlier positions, none of them
    real.

    Args:
        batch_size: Number of sequences.
        length: How many positions before a chunk are looked back on.
        d_model: Number of features.
        dtype: Of the features.

    Returns:
        Dictionary of `inputs` `[batch, length, d_model]` and `real` `[batch, length]`.
    """
    inputs = ops.zeros((batch_size, length, d_model), dtype)
    return {"inputs": inputs, "real": ops.zeros((batch_size, length), "bool")}


def lengthened(state, more):
    """The same with room for `more` earlier positions."""
    inputs = ops.pad(state["inputs"], [(0, 0), (more, 0), (0, 0)])
    return {"inputs": inputs, "real": ops.pad(state["real"], [(0, 0), (more, 0)])}


def joined(state, x, mask):
    """A chunk behind what was before it.

    Args:
        state: From `no_stream`, or what came out for the chunk before.
        x: Float tensor `[batch, chunk, d_model]`.
        mask: Boolean tensor `[batch, chunk]`, True = real position.

    Returns:
        `(seen, real, state)`: both `[batch, length + chunk, ...]`, and the state for the next one.
    """
    seen = ops.concatenate([state["inputs"], x], axis=1)
    real = ops.concatenate([state["real"], mask], axis=1)
    chunk = x.shape[1]
    return seen, real, {"inputs": seen[:, chunk:], "real": real[:, chunk:]}


def attended_stream(layer, x, mask, state):
    """Self-attention of a chunk, with its residual connection, to itself and to what came before.

    The inputs of earlier positions are kept, not their keys and values: positions then count from
    the first that there is room for, as relative ones may.

    Args:
        layer: A layer with `self_attention` and its residual connection.
        x, mask, state: As for `joined`; the state is of normalised inputs.

    Returns:
        `(x, state)` with the chunk attended, and the state for the next one.
    """
    y = layer.self_attention_residual.before(x)
    seen, real, state = joined(state, y, mask)
    start = seen.shape[1] - x.shape[1]
    attended = layer.self_attention(y, seen, attention_mask=real[:, None, :], start=start)
    return layer.self_attention_residual.after(x, attended), state
