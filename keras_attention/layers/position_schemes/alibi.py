"""Attention with linear biases."""

import keras

from keras_attention.layers.position_schemes.relative_positions import RelativePositions
from keras_attention.layers.scores.score import num_heads
from keras_attention.ops.position_bias import alibi_bias


@keras.saving.register_keras_serializable(package="keras_attention")
class ALiBi(RelativePositions):
    """Lowers the score of a key by how far away it is, in each head by another factor.

    The equation is that of the function `alibi_bias`. It has no weights, and models trained with
    it take longer sequences than they were trained on. Meant for causal attention; without a
    causal mask, keys ahead are as far as those behind.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=keras_attention.ALiBi())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32)), use_causal_mask=True).shape
    (2, 5, 32)

    References:
        [Press et al., 2021](https://arxiv.org/abs/2108.12409)
    """

    has_distance_bias = True

    def build(self, query_shape, key_shape, value_shape=None):  # noqa: ARG002 - as all schemes
        (self.num_heads,) = num_heads(query_shape) or (1,)

    def distance_bias(self, distances):
        return alibi_bias(self.num_heads, distances)
