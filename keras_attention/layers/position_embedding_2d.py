"""Positions in a grid, added to the embeddings of its places."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_number
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
