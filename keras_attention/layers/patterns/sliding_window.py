"""Only near keys."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.pattern import Pattern


@keras.saving.register_keras_serializable(package="keras_attention")
class SlidingWindow(Pattern):
    """Each query sees the keys that are less than `window` away, on both sides.

    With `use_causal_mask`, and in a decoder, only those behind it. Stacked layers see further: `n`
    layers up to `n * (window - 1)` tokens away. Time and memory grow with `length * window`.

    Args:
        window: Positive integer; a window of 1 is the query's own position.

    Raises:
        ValueError: If `window` is not a positive integer.

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

    def mask(self, query_positions, key_positions):
        distances = key_positions[..., None, :] - query_positions[..., :, None]
        return ops.less(ops.abs(distances), self.window)

    def get_config(self):
        return {"window": self.window}
