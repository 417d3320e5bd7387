"""Near keys and a few that everybody sees."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.blocked_pattern import BlockedPattern, Blocks
from keras_attention.layers.patterns.window_blocks import check_reach, window_blocks


@keras.saving.register_keras_serializable(package="keras_attention")
class GlobalWindow(BlockedPattern):
    """A sliding window, and first tokens that see all others and are seen by all: Longformer.

    With `use_causal_mask`, and in a decoder, queries see the first tokens and the window behind
    them. Time and memory grow with `length * (window + num_global)`.

    Args:
        window: Positive integer; a window of 1 is the query's own position.
        num_global: Positive integer, the number of global tokens, the first of the sequence.

    Raises:
        ValueError: If an argument is not a positive integer, or longer than the sequence.

    Example:

    >>> pattern = keras_attention.GlobalWindow(2, num_global=1)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=pattern)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150), section 3.1
    """

    def __init__(self, window, num_global):
        self.window = positive_integer("window", window)
        self.num_global = positive_integer("num_global", num_global)

    def check_lengths(self, q_len, k_len):  # noqa: ARG002 - as all patterns
        check_reach({"window": self.window}, self.window - 1, k_len)
        if k_len is not None and self.num_global > k_len:
            raise ValueError(
                "`num_global` must not be more than the tokens of the sequence. Received: "
                f"num_global={self.num_global} for {k_len} tokens."
            )

    def mask(self, query_positions, key_positions):
        query, key = query_positions[..., :, None], key_positions[..., None, :]
        near = ops.less(ops.abs(key - query), self.window)
        return near | ops.less(query, self.num_global) | ops.less(key, self.num_global)

    def blocks(self, pairs):
        q_len, k_len = ops.shape(pairs.query)[-2], ops.shape(pairs.key)[-2]
        if isinstance(q_len, int) and q_len <= self.num_global:
            return None
        first, everyone = (ops.arange(n, dtype="int32") for n in (self.num_global, k_len))
        # The first queries meet all keys, be they global or stand after a memory that is; of the
        # others, none can be global.
        others = q_len - self.num_global
        if not isinstance(others, int):
            others = ops.maximum(others, 1)
        window, places = window_blocks(
            others, pairs.start + self.num_global, self.window, causal=pairs.causal
        )
        near = ops.where(window.keys < self.num_global, -1, window.keys)
        shape = (ops.shape(near)[0], self.num_global)
        keys = ops.concatenate([ops.broadcast_to(first, shape), near], axis=-1)
        groups = [
            Blocks(first[None], everyone[None]),
            Blocks(window.queries + self.num_global, keys),
        ]
        places = ops.concatenate([first, places + self.num_global], axis=0)
        return groups, places[:q_len]

    def get_config(self):
        return {"window": self.window, "num_global": self.num_global}
