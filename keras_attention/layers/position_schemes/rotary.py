"""Rotary positions."""

import keras

from keras_attention.layers.arguments import positive_number
from keras_attention.layers.position_schemes.relative_positions import RelativePositions
from keras_attention.ops.rotary import rotary


@keras.saving.register_keras_serializable(package="keras_attention")
class Rotary(RelativePositions):
    """Turns pairs of features of queries and keys by an angle that grows with their position.

    The equation is that of the function `rotary`. The usual choice for language models; it has no
    weights and costs nothing per pair. `key_dim` must be even.

    Args:
        max_wavelength: The base of the geometric series of wavelengths.
        interleaved: True pairs neighbouring features (GPT-J), False halves (GPT-NeoX, Llama).

    Raises:
        ValueError: If `max_wavelength` is not positive or `key_dim` is odd.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=keras_attention.Rotary())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        [Su et al., 2021](https://arxiv.org/abs/2104.09864)
    """

    rotates = True

    def __init__(self, max_wavelength=10000.0, interleaved=False, **kwargs):
        super().__init__(**kwargs)
        self.max_wavelength = positive_number("max_wavelength", max_wavelength)
        self.interleaved = interleaved

    def build(self, query_shape, key_shape, value_shape=None):  # noqa: ARG002 - as all schemes
        if query_shape[-1] % 2:
            raise ValueError(
                "`Rotary` turns pairs of features, so `key_dim` must be even. Received: "
                f"key_dim={query_shape[-1]}."
            )

    def encode_query(self, query, positions):
        return rotary(query, positions, self.max_wavelength, self.interleaved)

    def encode_key(self, key, positions):
        return rotary(key, positions, self.max_wavelength, self.interleaved)

    def get_config(self):
        return {
            **super().get_config(),
            "max_wavelength": self.max_wavelength,
            "interleaved": self.interleaved,
        }
