"""Several sequences in one row."""

import keras

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.sliding_window import SlidingWindow
from keras_attention.layers.patterns.window_blocks import check_reach


@keras.saving.register_keras_serializable(package="keras_attention")
class PackedSegments(SlidingWindow):
    """Tokens see their own segment, of at most `max_length` tokens; other segments cost no work.

    For rows that pack several sequences, one after the other, whose numbers are passed as
    `segment_ids` to `MultiHeadAttention`; without them a row is one segment. As no token of a
    segment is further away than its length, time and memory grow with `length * max_length`. In a
    longer segment, tokens that are `max_length` or more apart do not see each other.

    Args:
        max_length: Positive integer, the length of the longest segment.

    Raises:
        ValueError: If `max_length` is not a positive integer, or longer than the sequence.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=keras_attention.PackedSegments(3))
    >>> x, segment_ids = np.ones((2, 5, 32)), np.array([[0, 0, 0, 1, 1], [0, 0, 1, 1, 2]])
    >>> layer(x, x, segment_ids=segment_ids).shape
    (2, 5, 32)

    References:
        [Krell et al., 2021](https://arxiv.org/abs/2107.02027)
    """

    def __init__(self, max_length):
        super().__init__(positive_integer("max_length", max_length))
        self.max_length = max_length

    def check_lengths(self, q_len, k_len):  # noqa: ARG002 - as all patterns
        check_reach({"max_length": self.max_length}, self.max_length - 1, k_len)

    def get_config(self):
        return {"max_length": self.max_length}
