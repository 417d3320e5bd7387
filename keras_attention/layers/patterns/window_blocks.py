"""Blocks of neighbouring queries, each with the window around it."""

from keras import ops

from keras_attention.layers.patterns.blocked_pattern import Blocks

# Products of smaller matrices cost more than the work that they would save.
_LEAST_BLOCK = 32


def window_blocks(q_len, start, window, dilation=1, causal=False):
    """Each query with the keys at less than `window` steps of `dilation` positions.

    Tokens that are a multiple of `dilation` apart make a sequence of their own, in which the window
    is an ordinary one.

    Args:
        q_len: Number of queries, an integer or a scalar tensor.
        start: Position of the first query among the keys, an integer or a scalar tensor.
        window: Positive integer; a window of 1 is the query's own position.
        dilation: Positive integer, the distance of two keys of a window.
        causal: Whether keys behind the query are enough.

    Returns:
        `(blocks, places)`: `Blocks` and the integer tensor `[q_len]`, where each query stands in
        them.
    """
    steps = (q_len + dilation - 1) // dilation
    block = max(window, _LEAST_BLOCK)
    if isinstance(steps, int):
        block = max(1, min(block, steps))
    blocks = (steps + block - 1) // block
    reach = window - 1
    keys = block + (reach if causal else 2 * reach)
    firsts = ops.arange(blocks, dtype="int32")[:, None] * block
    offsets = ops.arange(dilation, dtype="int32")[:, None, None]

    def tokens(first, number):
        indices = (firsts + first + ops.arange(number, dtype="int32")) * dilation + offsets
        return ops.reshape(indices, (dilation * blocks, number))

    queries = ops.arange(q_len, dtype="int32")
    places = queries % dilation * (blocks * block) + queries // dilation
    return Blocks(tokens(0, block), tokens(-reach, keys) + start), places


def check_reach(arguments, reach, k_len):
    """Refuses a window, given by `arguments`, that reaches `reach` positions to each side of a
    query, if that is beyond a sequence of `k_len` keys."""
    if k_len is not None and reach >= k_len:
        received = ", ".join(f"{name}={value}" for name, value in arguments.items())
        raise ValueError(
            f"{' and '.join(f'`{name}`' for name in arguments)} must not reach further than the "
            f"sequence, which is {k_len} long. Received: {received}, which reaches {reach} "
            "positions to each side. Choose less, leave the pattern away, or build the layer for "
            "an unknown length."
        )
