"""Pictures as patches: cutting, padding, shifting."""

from keras import ops


def image_patches(images, patch_size):
    """Cuts pictures into square patches that do not overlap.

    Args:
        images: Tensor `[batch, height, width, channels]`; height and width are multiples of
            `patch_size`.
        patch_size: Positive integer.

    Returns:
        Tensor `[batch, rows, columns, patch_size * patch_size * channels]`: each patch row by row,
        its channels last.

    Raises:
        ValueError: If height or width is no multiple of `patch_size`.

    Example:

    >>> keras_attention.ops.image_patches(np.ones((2, 8, 12, 3)), patch_size=4).shape
    (2, 2, 3, 48)
    """
    images = ops.convert_to_tensor(images)
    height, width, channels = images.shape[1:]
    if height % patch_size or width % patch_size:
        raise ValueError(
            "Height and width of `images` must be multiples of `patch_size`; `pad_images` makes "
            f"them so. Received: images.shape={tuple(images.shape)}, patch_size={patch_size}."
        )
    rows, columns = height // patch_size, width // patch_size
    patches = ops.reshape(images, (-1, rows, patch_size, columns, patch_size, channels))
    patches = ops.transpose(patches, (0, 1, 3, 2, 4, 5))
    return ops.reshape(patches, (-1, rows, columns, patch_size * patch_size * channels))


def pad_images(images, image_size):
    """Pictures with zeros below and on the right, up to a size.

    Args:
        images: Tensor `[batch, height, width, channels]`.
        image_size: Pair of integers `(height, width)`, none less than that of `images`.

    Returns:
        Tensor `[batch, *image_size, channels]`; `images` itself if it has that size.

    Example:

    >>> keras_attention.ops.pad_images(np.ones((2, 7, 12, 3)), (8, 12)).shape
    (2, 8, 12, 3)
    """
    images = ops.convert_to_tensor(images)
    missing = [new - old for new, old in zip(image_size, images.shape[1:3], strict=True)]
    if not any(missing):
        return images
    return ops.pad(images, [(0, 0), *((0, n) for n in missing), (0, 0)])


def shifted_images(images, shift):
    """Pictures and four copies of each, moved to the four corners, as more channels.

    What leaves a picture is gone, what enters is zero.

    Args:
        images: Tensor `[batch, height, width, channels]`.
        shift: Positive integer, by how many rows and columns the copies are moved.

    Returns:
        Tensor `[batch, height, width, 5 * channels]`: the picture; that moved up and left, up and
        right, down and left, down and right.

    Example:

    >>> keras_attention.ops.shifted_images(np.ones((2, 8, 12, 3)), shift=2).shape
    (2, 8, 12, 15)

    References:
        [Lee et al., 2021](https://arxiv.org/abs/2112.13492), section 3.2
    """
    images = ops.convert_to_tensor(images)
    height, width = images.shape[1:3]
    padded = ops.pad(images, [(0, 0), (shift, shift), (shift, shift), (0, 0)])
    corners = [(row, column) for row in (2 * shift, 0) for column in (2 * shift, 0)]
    moved = [padded[:, row : row + height, column : column + width] for row, column in corners]
    return ops.concatenate([images, *moved], axis=-1)
