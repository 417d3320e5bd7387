"""How a picture of any size and mode becomes one that the model takes; in the graph, too."""

from dataclasses import dataclass
from typing import Literal

import tensorflow as tf

Fit = Literal["crop", "pad", "stretch"]
# Brightness of red, green and blue (ITU-R 601) in 65536ths: as Pillow does it, to the last bit.
_RED, _GREEN, _BLUE = 19595, 38470, 7471


@dataclass(frozen=True)
class SizeConfig:
    """The pictures that the model takes."""

    height: int | None = None
    """Of the pictures; by default that of the data, which must then be of one size."""
    width: int | None = None
    """Of the pictures; by default that of the data."""
    channels: Literal[1, 3] | None = None
    """1 makes pictures grey, 3 coloured; by default as the data is."""
    fit: Fit = "crop"
    """What happens to another shape: the middle is kept (crop), black is added at both sides (pad),
    or it is stretched."""

    def __post_init__(self):
        for name in ("height", "width"):
            length = getattr(self, name)
            if length is not None and length < 1:
                raise ValueError(f"`size.{name}` must be at least 1. Received: {name}={length}.")


def as_input(images: tf.Tensor, size: SizeConfig) -> tf.Tensor:
    """Pictures with the channels, the height and the width that `size` asks for.

    Files go through this function when they are read, and so does what an exported model is given:
    both see the same pixels.

    Args:
        images: uint8 or float `[..., height, width, channels]` from 0 to 255, one picture or a
            batch, with 1 or 3 channels; the other sizes may be unknown in a graph.
        size: what it leaves open stays as it is.

    Returns:
        uint8 `[..., size.height, size.width, size.channels]`.

    Raises:
        ValueError: for another number of channels.
    """
    images = with_channels(images, size.channels)
    if size.height is None and size.width is None:
        return images
    height = tf.shape(images)[-3] if size.height is None else size.height
    width = tf.shape(images)[-2] if size.width is None else size.width
    return resized(images, height, width, size.fit)


def resized(
    image: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor, fit: Fit
) -> tf.Tensor:
    """A picture of another size; the same pixels if the size is right already.

    Args:
        image: uint8 or float `[..., height, width, channels]` from 0 to 255, one picture or a
            batch; its sizes may be unknown in a graph.
        height: of the result.
        width: of the result.
        fit: `"crop"` keeps the middle, `"pad"` adds black at both sides, `"stretch"` does not keep
            the shape of things.

    Returns:
        uint8 `[..., height, width, channels]`: bilinear, averaged where a picture shrinks.

    Raises:
        ValueError: if `fit` is another word.

    Example:

    >>> resized(tf.zeros((20, 30, 3), tf.uint8), 8, 8, "crop").shape
    TensorShape([8, 8, 3])
    """
    image = tf.convert_to_tensor(image)
    if fit == "crop":
        return _scaled(_middle(image, height, width), height, width)
    if fit == "pad":
        return _padded(image, height, width)
    if fit == "stretch":
        return _scaled(image, height, width)
    raise ValueError(f"`fit` must be 'crop', 'pad' or 'stretch'. Received: fit={fit!r}.")


def with_channels(image: tf.Tensor, channels: Literal[1, 3] | None) -> tf.Tensor:
    """A picture in grey (1 channel) or in red, green and blue (3); None leaves it as it is.

    Args:
        image: uint8 or float `[..., channels]` from 0 to 255, with 1 or 3 channels.
        channels: wanted.

    Returns:
        uint8 `[..., channels]`.

    Raises:
        ValueError: if the picture has another number of channels, or an unknown one.
    """
    image = _as_bytes(tf.convert_to_tensor(image))
    given = image.shape[-1]
    if given not in (1, 3):
        raise ValueError(
            "A picture must have 1 channel (grey) or 3 (red, green, blue), last. Received: shape="
            f"{tuple(image.shape)}."
        )
    if channels is None or channels == given:
        return image
    if channels == 3:
        return tf.image.grayscale_to_rgb(image)
    colours = tf.cast(image, tf.int32)
    bright = tf.reduce_sum(colours * [_RED, _GREEN, _BLUE], axis=-1, keepdims=True)
    return tf.cast((bright + 32768) // 65536, tf.uint8)


def _scaled(image: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor) -> tf.Tensor:
    return _as_bytes(tf.image.resize(image, (height, width), "bilinear", antialias=True))


def _middle(image: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor) -> tf.Tensor:
    """The largest part around the middle that has the wanted shape."""
    rows, columns = _lengths(image)
    kept_rows = tf.minimum(rows, _proportional(columns, height, width))
    kept_columns = tf.minimum(columns, _proportional(rows, width, height))
    top, left = (rows - kept_rows) // 2, (columns - kept_columns) // 2
    return image[..., top : top + kept_rows, left : left + kept_columns, :]


def _padded(image: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor) -> tf.Tensor:
    """As `tf.image.resize_with_pad`, which fails where a side would become shorter than 1."""
    rows, columns = _lengths(image)
    inner_height = tf.minimum(height, tf.cast(_proportional(rows, width, columns), tf.int32))
    inner_width = tf.minimum(width, tf.cast(_proportional(columns, height, rows), tf.int32))
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    inner = _scaled(image, inner_height, inner_width)
    return tf.image.pad_to_bounding_box(inner, top, left, height, width)


def _lengths(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Height and width as int64: their products do not fit into int32."""
    shape = tf.shape(image, tf.int64)
    return shape[-3], shape[-2]


def _proportional(length: tf.Tensor, numerator, denominator) -> tf.Tensor:
    """`length * numerator / denominator`, rounded, and at least 1."""
    numerator, denominator = tf.cast(numerator, tf.int64), tf.cast(denominator, tf.int64)
    return tf.maximum((length * numerator + denominator // 2) // denominator, 1)


def _as_bytes(image: tf.Tensor) -> tf.Tensor:
    return tf.saturate_cast(tf.round(image), tf.uint8)
