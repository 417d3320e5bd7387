"""Patches that know what stands around them."""

import keras

from keras_attention.layers.arguments import one_of, positive_integer
from keras_attention.layers.dense import Dense
from keras_attention.layers.image_tokenizers.image_tokenizer import (
    ImageTokenizer,
    check_known,
    covered,
    number_of_patches,
)
from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.ops.patches import image_patches, pad_images, shifted_images


@keras.saving.register_keras_serializable(package="keras_attention")
class ShiftedPatches(ImageTokenizer):
    r"""Patches of a picture and of four copies that are moved by half a patch to each corner.

    $$ t_{ij} = \mathrm{norm}(\mathrm{flat}(\mathrm{patch}_{ij}[x, x^1, …, x^4]))\, W + b $$

    So each token has seen twice as far as its patch reaches: the shifted patch tokenisation for
    small data sets, to be used with locality self-attention, `TemperedDotProduct` and
    `OffDiagonal`.

    Args:
        d_model: Number of features of each token.
        patch_size: Length of a patch's sides, in pixels, at least 2.
        remainder: `"refuse"` or `"pad"`, as in `Patches`.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.

    Returns:
        Tensor `[batch, rows, columns, d_model]`.

    Raises:
        ValueError: If an argument is out of range, the size of the pictures is unknown, or patches
            do not cover it and `remainder` refuses that.

    Example:

    >>> keras_attention.ShiftedPatches(16, patch_size=4)(np.ones((2, 8, 12, 3))).shape
    (2, 2, 3, 16)

    References:
        [Lee et al., 2021](https://arxiv.org/abs/2112.13492), section 3.2
    """

    def __init__(self, d_model, patch_size, remainder="refuse", **kwargs):
        super().__init__(d_model, **kwargs)
        self.patch_size = positive_integer("patch_size", patch_size)
        self.remainder = one_of("remainder", remainder, ("refuse", "pad"))
        if patch_size < 2:
            raise ValueError(
                "`patch_size` must be at least 2, as copies are moved by half of it. Received: "
                f"patch_size={patch_size}."
            )
        self.patch_normalization = LayerNormalization(
            name="patch_normalization", dtype=self.dtype_policy
        )
        self.projection = Dense(d_model, name="projection", dtype=self.dtype_policy)

    def build(self, images_shape):
        patch_shape = (None, None, None, 5 * images_shape[-1] * self.patch_size**2)
        self.patch_normalization.build(patch_shape)
        self.projection.build(patch_shape)

    def grid(self, image_size):
        check_known(image_size)
        sizes = self.patch_size, self.patch_size, self.remainder
        return tuple(number_of_patches(length, *sizes) for length in image_size)

    def call(self, images):
        grid = self.grid(images.shape[1:3])
        image_size = [covered(patches, self.patch_size, self.patch_size) for patches in grid]
        images = shifted_images(pad_images(images, image_size), self.patch_size // 2)
        patches = image_patches(images, self.patch_size)  # [batch, rows, columns, pixels]
        return self.projection(self.patch_normalization(patches))

    def get_config(self):
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "remainder": self.remainder,
        }
