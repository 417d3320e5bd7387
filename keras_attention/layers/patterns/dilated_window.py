"""Near keys with gaps between them."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.blocked_pattern import BlockedPattern
from keras_attention.layers.patterns.window_blocks import check_reach, window_blocks


@keras.saving.register_keras_serializable(package="keras_attention")
class DilatedWindow(BlockedPattern):
    """Each query sees every `dilation`-th key, less than `window` such steps away, on both sides.

    With `use_causal_mask`, and in a decoder, only those behind it. Reaches `dilation` times as far
    as `SlidingWindow` for the same work; layers of different dilations see all keys.

    Args:
        window: Positive integer; a window of 1 is the query's own position.
        dilation: Positive integer, the distance of two keys that a query sees.

    Raises:
        ValueError: If an argument is not a positive integer, or the window reaches further than the
            sequence.

    Example:

    >>> pattern = keras_attention.DilatedWindow(2, dilation=3)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=pattern)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150), section 3.1
    """

    def __init__(self, window, dilation):
        self.window = positive_integer("window", window)
        self.dilation = positive_integer("dilation", dilation)

    def check_lengths(self, q_len, k_len):  # noqa: ARG002 - as all patterns
        check_reach(self.get_config(), (self.window - 1) * self.dilation, k_len)

    def mask(self, query_positions, key_positions):
        distances = ops.abs(key_positions[..., None, :] - query_positions[..., :, None])
        near = ops.less(distances, self.window * self.dilation)
        return ops.logical_and(near, ops.equal(distances % self.dilation, 0))

    def blocks(self, pairs):
        q_len = ops.shape(pairs.query)[-2]
        blocks, places = window_blocks(q_len, pairs.start, self.window, self.dilation, pairs.causal)
        return [blocks], places

    def get_config(self):
        return {"window": self.window, "dilation": self.dilation}
