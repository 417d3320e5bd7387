"""Rotary positions of a grid."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_number
from keras_attention.layers.on_grid import OnGrid
from keras_attention.layers.position_schemes.relative_positions import RelativePositions
from keras_attention.ops.rotary import rotary


@keras.saving.register_keras_serializable(package="keras_attention")
class Rotary2D(OnGrid, RelativePositions):
    r"""Turns half of each head's features by the row of a token, half by its column.

    $$ (x^r, x^c) \mapsto (R_{\mathrm{row}}\, x^r,\; R_{\mathrm{column}}\, x^c) $$

    with the turn of the function `rotary`: a dot product knows how many rows and columns its two
    tokens are apart. For the patches of pictures; it has no weights, and models trained with it
    take other sizes. Tokens before the grid are not turned. `key_dim` must be a multiple of 4.

    Args:
        max_wavelength: The base of the geometric series of wavelengths; grids are short.
        interleaved: As in `Rotary`.
        grid: Pair of integers, `(rows, columns)` of the tokens. A model of pictures fills it in.
        num_prefix: Number of tokens before the grid, such as a class token.

    Raises:
        ValueError: If an argument is out of range, `key_dim` is no multiple of 4, or nobody says
            which grid it is.

    Example:

    >>> scheme = keras_attention.Rotary2D(grid=(2, 3), num_prefix=1)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=scheme)
    >>> layer(np.ones((2, 7, 32)), np.ones((2, 7, 32))).shape
    (2, 7, 32)

    References:
        - [Su et al., 2021](https://arxiv.org/abs/2104.09864)
        - [Heo et al., 2024](https://arxiv.org/abs/2403.13298), section 3.2, by axis
    """

    rotates = True

    def __init__(self, max_wavelength=100.0, interleaved=False, grid=None, num_prefix=0, **kwargs):
        super().__init__(**kwargs)
        self.max_wavelength = positive_number("max_wavelength", max_wavelength)
        self.interleaved = interleaved
        self._set_grid(grid, num_prefix)

    def build(self, query_shape, key_shape, value_shape=None):  # noqa: ARG002 - as all schemes
        self._check_grid()
        if query_shape[-1] % 4:
            raise ValueError(
                "`Rotary2D` turns pairs of features by row and by column, so `key_dim` must be a "
                f"multiple of 4. Received: key_dim={query_shape[-1]}."
            )

    def encode_query(self, query, positions):
        return self._turned(query, positions)

    def encode_key(self, key, positions):
        return self._turned(key, positions)

    def _turned(self, x, positions):
        halves = zip(ops.split(x, 2, axis=-1), self._places(positions), strict=True)
        turned = [rotary(half, p, self.max_wavelength, self.interleaved) for half, p in halves]
        return ops.concatenate(turned, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "max_wavelength": self.max_wavelength,
            "interleaved": self.interleaved,
            **self._grid_config(),
        }
