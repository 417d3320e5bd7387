"""Positions in a grid, added to the embeddings of its places."""

import keras
from keras import ops

from keras_attention.layers.arguments import one_of, positive_number
from keras_attention.ops.grids import resample_grid
from keras_attention.ops.positions import sinusoidal_positions_2d


@keras.saving.register_keras_serializable(package="keras_attention")
class SinusoidalPositionEmbedding2D(keras.layers.Layer):
    """Adds sines and cosines of row and column: for the patches of a picture, of any size.

    It has no weights. The numbers are those of the function `sinusoidal_positions_2d`: the first
    half of the features tells the row, the second half the column.

    Args:
        max_wavelength: Base of the geometric series of wavelengths.
        interleaved: Sine and cosine in turn (True) or all sines first (False), see
            `sinusoidal_positions`.

    Call arguments:
        x: Float tensor `[batch, height, width, d_model]`, `d_model` a multiple of 4.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `max_wavelength` is not positive, `x` has other axes or `d_model` is not a
            multiple of 4.

    Example:

    >>> keras_attention.SinusoidalPositionEmbedding2D()(np.zeros((2, 3, 5, 16))).shape
    (2, 3, 5, 16)

    References:
        [Parmar et al., 2018](https://arxiv.org/abs/1802.05751)
    """

    def __init__(self, max_wavelength=10000.0, interleaved=True, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_wavelength = positive_number("max_wavelength", max_wavelength)
        self.interleaved = interleaved

    def build(self, x_shape):
        if len(x_shape) != 4 or x_shape[-1] % 4:
            raise ValueError(
                "`x` must be `[batch, height, width, d_model]`, `d_model` a multiple of 4. "
                f"Received: x.shape={tuple(x_shape)}."
            )

    def call(self, x):
        height, width, d_model = ops.shape(x)[1:]
        rows, columns = ops.meshgrid(ops.arange(height), ops.arange(width), indexing="ij")
        table = sinusoidal_positions_2d(
            rows, columns, d_model, self.max_wavelength, self.interleaved
        )  # [height, width, d_model], float32
        return x + ops.cast(table, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "max_wavelength": self.max_wavelength,
            "interleaved": self.interleaved,
        }


@keras.saving.register_keras_serializable(package="keras_attention")
class LearnedPositionEmbedding2D(keras.layers.Layer):
    """Adds a learned vector for each place of a grid, such as that of a picture's patches.

    The table is made for the first grid that comes, or the one that the layer is built for. For a
    grid of another size it is resampled, see the function `resample_grid`, and what is learned
    there changes the table as well.

    Args:
        interpolation: `"bicubic"` or `"bilinear"`.
        embeddings_initializer: Initializer of the vectors.

    Call arguments:
        x: Float tensor `[batch, height, width, d_model]`, of a known height and width.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `interpolation` is neither, or `x` has other axes or an unknown size.

    Example:

    >>> scheme = keras_attention.LearnedPositionEmbedding2D()
    >>> scheme(np.zeros((2, 3, 5, 16))).shape, scheme(np.zeros((2, 7, 11, 16))).shape
    ((2, 3, 5, 16), (2, 7, 11, 16))

    References:
        [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), section 3.2
    """

    def __init__(
        self, interpolation="bicubic", embeddings_initializer="truncated_normal", **kwargs
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.interpolation = one_of("interpolation", interpolation, ("bicubic", "bilinear"))
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, x_shape):
        _check_grid(x_shape)
        self.embeddings = self.add_weight(
            shape=tuple(x_shape[1:]), initializer=self.embeddings_initializer, name="embeddings"
        )

    def call(self, x):
        _check_grid(x.shape)
        table = resample_grid(self.embeddings, x.shape[1:3], self.interpolation)
        return x + ops.cast(table, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "interpolation": self.interpolation,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }


def _check_grid(x_shape):
    if len(x_shape) != 4 or None in x_shape[1:]:
        raise ValueError(
            "`x` must be `[batch, height, width, d_model]`, all but the batch known. Received: "
            f"x.shape={tuple(x_shape)}."
        )
