"""One picture file of any mode as pixels, or an error that names the file."""

import io
import struct
import warnings
import zlib
from typing import Literal

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif")
# Only these decoders are tried, whatever a file is called: some others start programs.
_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "GIF")
MOST_PIXELS = 150_000_000  # 450 MB in colour; Pillow itself stops at 179 million
# A JPEG of more pixels is decoded at a half, a quarter or an eighth of its size, as long as both
# sides keep more pixels than any model here takes.
_MANY_PIXELS = 16_000_000
_ENOUGH = (2048, 2048)
_GREY = ("1", "L", "LA")
# All that Pillow's decoders raise for damaged files.
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


def read_image(content: bytes, where: str, channels: Literal[1, 3] | None = None) -> np.ndarray:
    """The pixels of a JPEG, PNG, BMP, WebP or GIF (its first frame).

    What is transparent becomes white, as viewers show it. 16 bits per pixel become 8. A photograph
    is turned upright as its EXIF data say. A JPEG of more than 16 million pixels is decoded at a
    fraction of its size.

    Args:
        content: the bytes of the file.
        where: they come from, for messages.
        channels: 1 for grey, 3 for colour; by default as the file is.

    Returns:
        uint8 `[height, width, channels]`.

    Raises:
        ValueError: if it is no picture, is cut off or damaged, or has more than 150 million pixels.
    """
    if not content:
        raise ValueError(f"{where} is empty: expected a picture ({', '.join(_FORMATS)}).")
    # Pillow warns of what a picture's size or its EXIF data might mean; the size is checked here.
    with warnings.catch_warnings(action="ignore"):
        image = _opened(content, where)
        try:
            if image.width * image.height > _MANY_PIXELS:
                image.draft(None, _ENOUGH)
            image.load()
            return _pixels(ImageOps.exif_transpose(image), channels)
        except _DAMAGED as error:
            raise ValueError(
                f"{where} cannot be decoded: {error}. It is cut off or damaged."
            ) from error


def _opened(content: bytes, where: str) -> Image.Image:
    """The picture, of which only the header has been read."""
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
    except Image.UnidentifiedImageError as error:
        raise ValueError(
            f"{where} is no picture: expected {', '.join(_FORMATS)}. Received: a file that begins "
            f"with {content[:16]!r}."
        ) from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{where}: {_too_large(str(error))}") from error
    except _DAMAGED as error:
        raise ValueError(
            f"{where} cannot be decoded: {error}. It is cut off or damaged."
        ) from error
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"{where}: {_too_large(f'{image.width} x {image.height} pixels')}")
    return image


def _too_large(received: str) -> str:
    return (
        f"a picture may have {MOST_PIXELS:,} pixels at most, since a small file can fill the "
        f"memory. Received: {received}. Make it smaller."
    )


def _pixels(image: Image.Image, channels: Literal[1, 3] | None) -> np.ndarray:
    if image.mode.startswith("I"):
        # 16 bits per pixel, which Pillow would clip to 8 instead of scaling.
        image = Image.fromarray(np.round(np.asarray(image) / 257.0).astype(np.uint8))
    grey = channels == 1 or (channels is None and image.mode in _GREY)
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    if image.mode not in _GREY:
        image = image.convert("RGB")
    pixels = np.array(image.convert("L" if grey else "RGB"))
    return pixels[..., np.newaxis] if grey else pixels
