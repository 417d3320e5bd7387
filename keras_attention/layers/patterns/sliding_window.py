"""Only near keys."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.blocked_pattern import BlockedPattern
from keras_attention.layers.patterns.window_blocks import check_reach, window_blocks


@keras.saving.register_keras_serializable(package="keras_attention")
class SlidingWindow(BlockedPattern):
    """Each query sees the keys that are less than `window` away, on both sides.

    With `use_causal_mask`, and in a decoder, only those behind it. Stacked layers see further: `n`
    layers up to `n * (window - 1)` tokens away. Time and memory grow with `length * window`.

    Args:
        window: Positive integer; a window of 1 is the query's own position.

    Raises:
        ValueError: If `window` is not a positive integer, or longer than the sequence.

    Example:

    >>> pattern = keras_attention.SlidingWindow(3)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=pattern)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150), section 3.1
    """

    def __init__(self, window):
        self.window = positive_integer("window", window)

    def check_lengths(self, q_len, k_len):  # noqa: ARG002 - as all patterns
        check_reach({"window": self.window}, self.window - 1, k_len)

    def mask(self, query_positions, key_positions):
        distances = key_positions[..., None, :] - query_positions[..., :, None]
        return ops.less(ops.abs(distances), self.window)

    def blocks(self, pairs):
        q_len = ops.shape(pairs.query)[-2]
        blocks, places = window_blocks(q_len, pairs.start, self.window, causal=pairs.causal)
        return [blocks], places

    def get_config(self):
        return {"window": self.window}
