"""All keys but one's own."""

import keras
from keras import ops

from keras_attention.layers.patterns.pattern import Pattern


@keras.saving.register_keras_serializable(package="keras_attention")
class OffDiagonal(Pattern):
    """Each query sees all keys but its own, which the residual connection brings anyway.

    Without it a token often answers its own query best and learns little of the others. Half of
    locality self-attention; the other is the score `TemperedDotProduct`. No work is skipped: it is
    a mask.

    Example:

    >>> mechanism = keras_attention.Mechanism(
    ...     score=keras_attention.TemperedDotProduct(), pattern=keras_attention.OffDiagonal()
    ... )
    >>> layer = keras_attention.EncoderLayer(16, num_heads=4, dff=64, attention=mechanism)
    >>> layer(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Lee et al., 2021](https://arxiv.org/abs/2112.13492), section 3.3
    """

    def mask(self, query_positions, key_positions):
        return ops.not_equal(query_positions[..., :, None], key_positions[..., None, :])
