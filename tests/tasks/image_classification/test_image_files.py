"""Files of every mode, and files that are no pictures."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.image_classification import image_files
from tasks.image_classification.image_files import read_image

SLOPE = np.arange(0, 240, 8, dtype=np.uint8).reshape(5, 6)


def file(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colours():
    return np.stack([SLOPE, 255 - SLOPE, SLOPE // 2], axis=-1)


def test_a_colour_picture():
    for kind in ("PNG", "BMP"):
        image = read_image(file(Image.fromarray(colours()), kind), "x")
        np.testing.assert_array_equal(image, colours())
    lossless = file(Image.fromarray(colours()), "WEBP", lossless=True)
    np.testing.assert_array_equal(read_image(lossless, "x"), colours())


def test_a_grey_picture_may_become_coloured_and_the_reverse():
    content = file(Image.fromarray(SLOPE))
    np.testing.assert_array_equal(read_image(content, "x"), SLOPE[..., np.newaxis])
    np.testing.assert_array_equal(read_image(content, "x", 3), np.stack([SLOPE] * 3, axis=-1))
    grey = read_image(file(Image.fromarray(colours())), "x", 1)
    np.testing.assert_array_equal(grey[..., 0], np.asarray(Image.fromarray(colours()).convert("L")))


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_what_is_transparent_becomes_white(mode):
    image = Image.new("RGBA", (3, 2), (100, 100, 100, 255))
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 128))
    if mode == "PA":
        content = file(image.quantize(4, method=Image.Quantize.FASTOCTREE))
    else:
        content = file(image.convert(mode))
    pixels = read_image(content, "x")
    assert pixels.shape == (2, 3, 1 if mode == "LA" else 3)
    assert pixels[0, :, 0].tolist() == [255, 127, 100]


def test_a_palette_and_black_and_white():
    image = Image.fromarray(colours()).quantize(64)
    np.testing.assert_array_equal(read_image(file(image), "x"), np.asarray(image.convert("RGB")))
    bits = Image.fromarray(SLOPE > 100)
    assert bits.mode == "1"
    np.testing.assert_array_equal(read_image(file(bits), "x")[..., 0], 255 * (SLOPE > 100))


def test_sixteen_bits_are_scaled_and_not_clipped():
    deep = SLOPE.astype(np.uint16) * 257
    content = file(Image.fromarray(deep))
    assert Image.open(io.BytesIO(content)).mode.startswith("I")
    np.testing.assert_array_equal(read_image(content, "x")[..., 0], SLOPE)
    np.testing.assert_array_equal(read_image(content, "x", 3)[..., 2], SLOPE)


def test_cmyk():
    image = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # no cyan: red
    pixels = read_image(file(image, "JPEG"), "x")
    assert pixels.shape == (16, 16, 3)
    assert pixels[..., 0].min() > 240
    assert pixels[..., 1:].max() < 15


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    content = file(Image.fromarray(SLOPE), "PNG", exif=exif)
    np.testing.assert_array_equal(read_image(content, "x")[..., 0], np.rot90(SLOPE, -1))


def test_the_first_frame_of_a_film():
    frames = [Image.new("RGB", (7, 5), colour) for colour in ("red", "blue")]
    content = file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (read_image(content, "x") == [255, 0, 0]).all()


def test_a_single_pixel():
    assert read_image(file(Image.new("L", (1, 1), 7)), "x").tolist() == [[[7]]]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_hundred_million_pixels(kind):
    image = Image.new("L", (10_000, 10_000), 93)
    image.paste(0, (0, 0, 10_000, 4000))
    pixels = read_image(file(image, kind), "x")
    # A JPEG is decoded at a quarter of its size, which fills a sixteenth of the memory.
    assert pixels.shape == ((2500, 2500, 1) if kind == "JPEG" else (10_000, 10_000, 1))
    assert pixels[0, 0, 0] < 3
    assert abs(int(pixels[-1, -1, 0]) - 93) < 3


def test_a_large_jpeg_is_decoded_at_a_fraction(monkeypatch):
    monkeypatch.setattr(image_files, "_MANY_PIXELS", 5000)
    monkeypatch.setattr(image_files, "_ENOUGH", (20, 20))
    image = Image.new("RGB", (90, 100), "white")
    assert read_image(file(image, "JPEG"), "x").shape == (25, 23, 3)
    assert read_image(file(image, "PNG"), "x").shape == (100, 90, 3)


def test_a_picture_that_would_fill_the_memory(monkeypatch):
    content = file(Image.new("L", (30, 20)))
    monkeypatch.setattr(image_files, "MOST_PIXELS", 599)
    with pytest.raises(ValueError, match="big.png: a picture may have 599 .* 30 x 20 pixels"):
        read_image(content, "big.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 200)  # Pillow itself stops at twice as many
    with pytest.raises(ValueError, match="big.png: a picture may have 599 pixels at most"):
        read_image(content, "big.png")


def test_files_that_are_no_pictures():
    with pytest.raises(ValueError, match="a.png is empty: expected a picture"):
        read_image(b"", "a.png")
    with pytest.raises(ValueError, match="a.png is no picture: .* begins with b'Dear reader'"):
        read_image(b"Dear reader", "a.png")
    with pytest.raises(ValueError, match="a.png is no picture"):
        read_image(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "a.png")


def detailed(kind):
    noise = np.random.default_rng(5).integers(0, 256, (40, 40, 3), np.uint8)
    return file(Image.fromarray(noise), kind)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "GIF"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_a_file_that_is_cut_off(kind, part):
    content = detailed(kind)
    with pytest.raises(ValueError, match=r"photo (cannot be decoded: .* cut off|is no picture)"):
        read_image(content[: int(part * len(content))], "photo")


@given(
    kind=st.sampled_from(["JPEG", "PNG", "BMP", "WEBP", "GIF"]),
    place=st.floats(0, 1, exclude_max=True),
    junk=st.binary(min_size=1, max_size=30),
)
def test_a_damaged_file_gives_pixels_or_an_error_with_its_name(kind, place, junk):
    content = bytearray(detailed(kind))
    start = int(place * min(len(content), 400))
    content[start : start + len(junk)] = junk
    message = "photo"
    try:
        pixels = read_image(bytes(content), "photo")
    except ValueError as error:
        pixels, message = np.zeros((1, 1, 1), np.uint8), str(error)
    assert message.startswith("photo")
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
