"""Square patches of a picture, side by side or overlapping."""

import keras

from keras_attention.layers.arguments import one_of, positive_integer
from keras_attention.layers.image_tokenizers.image_tokenizer import (
    ImageTokenizer,
    check_known,
    covered,
    number_of_patches,
)
from keras_attention.ops.patches import pad_images


@keras.saving.register_keras_serializable(package="keras_attention")
class Patches(ImageTokenizer):
    r"""Cuts pictures into square patches and projects the pixels of each.

    $$ t_{ij} = \mathrm{flat}(\mathrm{patch}_{ij})\, W + b $$

    As a convolution it is one whose kernel is a patch. With a `stride` below `patch_size` patches
    overlap, so that no edge between two of them is lost.

    Args:
        d_model: Number of features of each token.
        patch_size: Length of a patch's sides, in pixels.
        stride: Distance of two neighbouring patches. Defaults to `patch_size`: no overlap.
        remainder: What happens to a picture that patches do not cover exactly: `"refuse"` raises an
            error, `"pad"` puts zeros below and on the right.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.

    Returns:
        Tensor `[batch, rows, columns, d_model]`.

    Raises:
        ValueError: If an argument is out of range, the size of the pictures is unknown, or patches
            do not cover it and `remainder` refuses that.

    Example:

    >>> keras_attention.Patches(16, patch_size=4)(np.ones((2, 8, 12, 3))).shape
    (2, 2, 3, 16)
    >>> keras_attention.Patches(16, 4, stride=3, remainder="pad")(np.ones((2, 8, 12, 3))).shape
    (2, 3, 4, 16)

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), section 3.1
        - [Yuan et al., 2021](https://arxiv.org/abs/2101.11986), overlapping patches
    """

    def __init__(self, d_model, patch_size, stride=None, remainder="refuse", **kwargs):
        super().__init__(d_model, **kwargs)
        self.patch_size = positive_integer("patch_size", patch_size)
        self.stride = patch_size if stride is None else positive_integer("stride", stride)
        self.remainder = one_of("remainder", remainder, ("refuse", "pad"))
        if self.stride > patch_size:
            raise ValueError(
                "`stride` must not be more than `patch_size`, or pixels between the patches are "
                f"never seen. Received: stride={stride}, patch_size={patch_size}."
            )
        self.projection = keras.layers.Conv2D(
            d_model,
            patch_size,
            self.stride,
            data_format="channels_last",
            name="projection",
            dtype=self.dtype_policy,
        )

    def build(self, images_shape):
        self.projection.build((None, None, None, images_shape[-1]))

    def grid(self, image_size):
        check_known(image_size)
        sizes = self.patch_size, self.stride, self.remainder
        return tuple(number_of_patches(length, *sizes) for length in image_size)

    def call(self, images):
        grid = self.grid(images.shape[1:3])
        image_size = [covered(patches, self.patch_size, self.stride) for patches in grid]
        return self.projection(pad_images(images, image_size))

    def get_config(self):
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "stride": self.stride,
            "remainder": self.remainder,
        }
