"""What all image tokenizers have in common."""

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.part import Part


class ImageTokenizer(Part):
    """Makes a grid of tokens of a picture.

    A value that is passed to `PatchEmbedding` and `ImageEncoder`. A subclass defines `grid` and
    `call`, which returns a grid of that size.

    Args:
        d_model: Number of features of each token.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`, of a known size.

    Returns:
        Tensor `[batch, rows, columns, d_model]`.

    Raises:
        ValueError: If `d_model` is not a positive integer.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class Pixels(keras_attention.ImageTokenizer):
    ...     def build(self, images_shape):
    ...         self.dense = keras.layers.Dense(self.d_model)
    ...         self.dense.build(images_shape)
    ...     def grid(self, image_size):
    ...         return image_size
    ...     def call(self, images):
    ...         return self.dense(images)
    >>> keras_attention.PatchEmbedding(Pixels(16))(np.ones((2, 3, 5, 1))).shape
    (2, 16, 16)
    """

    def __init__(self, d_model, **kwargs):
        super().__init__(**kwargs)
        self.d_model = positive_integer("d_model", d_model)

    def grid(self, image_size):
        """The size of the grid of tokens.

        Args:
            image_size: Pair of integers, `(height, width)` of a picture.

        Returns:
            Pair of integers, `(rows, columns)`.

        Raises:
            ValueError: If the tokenizer takes no picture of that size.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `grid`.")

    def compute_output_shape(self, images_shape):
        return (images_shape[0], *self.grid(images_shape[1:3]), self.d_model)

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model}


def check_known(image_size):
    """Refuses a picture whose size is known only when it comes."""
    if None in image_size:
        raise ValueError(
            "Tokens of a picture need its size when the model is built: resize or crop pictures "
            f"to one size. Received: image_size={tuple(image_size)}."
        )


def number_of_patches(length, patch_size, stride, remainder):
    """How many patches lie along a side of a picture, the last perhaps reaching beyond it."""
    gaps, left = divmod(length - patch_size, stride)
    if (left or gaps < 0) and remainder == "refuse":
        raise ValueError(
            "Patches must cover a picture exactly: each side must be `patch_size` plus a multiple "
            f"of `stride`. Received: a side of {length}, patch_size={patch_size}, stride={stride}. "
            'Resize the pictures, or give `remainder="pad"`.'
        )
    return max(gaps + (left > 0), 0) + 1


def covered(patches, patch_size, stride):
    """The length of a side that so many patches cover."""
    return (patches - 1) * stride + patch_size
