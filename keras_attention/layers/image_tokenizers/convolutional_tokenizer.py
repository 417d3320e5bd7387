"""Tokens by convolution and pooling."""

import keras

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.image_tokenizers.image_tokenizer import ImageTokenizer, check_known

_POOLING_STRIDE = 2


@keras.saving.register_keras_serializable(package="keras_attention")
class ConvolutionalTokenizer(ImageTokenizer):
    r"""Convolutions, each with a ReLU and a pooling that halves the sides: any size of picture.

    $$ x \leftarrow \mathrm{maxpool}_{3 / 2}(\mathrm{relu}(\mathrm{conv}(x))) $$

    Overlap and locality come for nothing, so that a Transformer learns from few pictures, and needs
    no positions.

    Args:
        d_model: Number of features of each token.
        num_convolutions: Number of convolutions.
        kernel_size: Length of their kernels' sides.
        stride: Their stride. Defaults to `kernel_size // 2 - 1`, at least 1.
        filters: Number of features between two convolutions.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.

    Returns:
        Tensor `[batch, rows, columns, d_model]`.

    Raises:
        ValueError: If an argument is not a positive integer, or the size of the pictures is
            unknown.

    Example:

    >>> keras_attention.ConvolutionalTokenizer(16, num_convolutions=2)(np.ones((2, 8, 13, 3))).shape
    (2, 2, 4, 16)

    References:
        [Hassani et al., 2021](https://arxiv.org/abs/2104.05704), section 3.2
    """

    def __init__(
        self, d_model, num_convolutions=1, kernel_size=3, stride=None, filters=64, **kwargs
    ):
        super().__init__(d_model, **kwargs)
        self.num_convolutions = positive_integer("num_convolutions", num_convolutions)
        self.kernel_size = positive_integer("kernel_size", kernel_size)
        stride = max(1, kernel_size // 2 - 1) if stride is None else stride
        self.stride = positive_integer("stride", stride)
        self.filters = positive_integer("filters", filters)
        sizes = [filters] * (num_convolutions - 1) + [d_model]
        self.convolutions = [
            keras.layers.Conv2D(
                size,
                kernel_size,
                self.stride,
                padding="same",
                data_format="channels_last",
                activation="relu",
                use_bias=False,
                kernel_initializer="he_normal",
                name=f"convolution_{i}",
                dtype=self.dtype_policy,
            )
            for i, size in enumerate(sizes)
        ]
        self.pooling = keras.layers.MaxPooling2D(
            3, _POOLING_STRIDE, padding="same", data_format="channels_last", dtype=self.dtype_policy
        )

    def build(self, images_shape):
        channels = images_shape[-1]
        for convolution in self.convolutions:
            convolution.build((None, None, None, channels))
            channels = convolution.filters

    def grid(self, image_size):
        check_known(image_size)
        for stride in (self.stride, _POOLING_STRIDE) * self.num_convolutions:
            image_size = tuple(-(-length // stride) for length in image_size)
        return image_size

    def call(self, images):
        x = images
        for convolution in self.convolutions:
            x = self.pooling(convolution(x))
        return x

    def get_config(self):
        return {
            **super().get_config(),
            "num_convolutions": self.num_convolutions,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "filters": self.filters,
        }
