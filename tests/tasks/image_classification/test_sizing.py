"""Pictures of another size and other channels: in the graph as outside, as Pillow has it."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.image_classification.sizing import SizeConfig, as_input, resized, with_channels

pytestmark = pytest.mark.tensorflow
FITS = ("crop", "pad", "stretch")


def noise(*shape, seed=3):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_picture_of_the_right_size_stays_as_it_is(fit, dtype):
    image = noise(19, 23, 3)
    np.testing.assert_array_equal(resized(image.astype(dtype), 19, 23, fit), image)


@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    height=st.integers(1, 30),
    width=st.integers(1, 30),
    fit=st.sampled_from(FITS),
)
def test_every_size_becomes_every_other(rows, columns, height, width, fit):
    result = resized(np.full((rows, columns, 1), 77, np.uint8), height, width, fit).numpy()
    assert result.shape == (height, width, 1)
    assert result.dtype == np.uint8
    assert set(np.unique(result)) <= ({0, 77} if fit == "pad" else {77})
    assert 77 in result


@pytest.mark.parametrize("fit", FITS)
def test_a_graph_with_unknown_sizes_gives_the_same_pixels(fit):
    @tf.function(input_signature=[tf.TensorSpec([None, None, None], tf.uint8)])
    def in_graph(image):
        image = resized(tf.ensure_shape(image, [None, None, 3]), 17, 13, fit)
        assert image.shape == (17, 13, 3)
        return image

    for shape in ((17, 13, 3), (40, 31, 3), (5, 61, 3), (1, 1, 3), (300, 2, 3)):
        image = noise(*shape)
        np.testing.assert_array_equal(in_graph(image), resized(image, 17, 13, fit))


def test_a_batch_is_as_its_pictures():
    images = noise(5, 31, 29, 3)
    for fit in FITS:
        one_by_one = np.stack([resized(image, 11, 17, fit) for image in images])
        np.testing.assert_array_equal(resized(images, 11, 17, fit), one_by_one)


def test_crop_keeps_the_middle_and_pad_keeps_all():
    image = np.zeros((10, 30, 1), np.uint8)
    image[:, 10:20] = 200
    assert (resized(image, 10, 10, "crop").numpy() == 200).all()
    padded = resized(image, 30, 30, "pad").numpy()
    assert (padded[:10] == 0).all()
    assert (padded[20:] == 0).all()
    np.testing.assert_array_equal(padded[10:20], image)


def test_a_shrinking_picture_is_averaged():
    stripes = np.zeros((64, 64, 1), np.uint8)
    stripes[:, ::2] = 255
    small = resized(stripes, 8, 8, "stretch").numpy()
    assert np.abs(small.astype(int) - 127).max() <= 8


def test_floats_are_rounded_and_clipped():
    image = np.array([[[-3.0], [0.6], [254.4], [300.0]]], np.float32)
    assert resized(image, 1, 4, "stretch").numpy().ravel().tolist() == [0, 1, 254, 255]


def test_channels_are_those_of_pillow():
    image = noise(37, 41, 3)
    grey = with_channels(image, 1).numpy()
    np.testing.assert_array_equal(grey[..., 0], np.asarray(Image.fromarray(image).convert("L")))
    colour = with_channels(grey, 3).numpy()
    np.testing.assert_array_equal(colour, np.repeat(grey, 3, axis=-1))
    np.testing.assert_array_equal(with_channels(image, None), image)
    np.testing.assert_array_equal(with_channels(grey, 1), grey)


def test_what_a_size_leaves_open_stays():
    image = noise(20, 30, 3)
    assert as_input(image, SizeConfig()).shape == (20, 30, 3)
    assert as_input(image, SizeConfig(height=7)).shape == (7, 30, 3)
    assert as_input(image, SizeConfig(width=7, fit="pad")).shape == (20, 7, 3)
    assert as_input(image, SizeConfig(5, 7, 1)).shape == (5, 7, 1)


def test_sizes_and_channels_that_cannot_be():
    image = noise(5, 5, 3)
    for name in ("height", "width"):
        with pytest.raises(
            ValueError, match=f"`size.{name}` must be at least 1. Received: {name}=0"
        ):
            SizeConfig(**{name: 0})
    with pytest.raises(ValueError, match="`fit` must be 'crop', .* fit='squeeze'"):
        resized(image, 3, 3, "squeeze")
    with pytest.raises(ValueError, match=r"1 channel \(grey\) or 3 .* shape=\(5, 5, 4\)"):
        as_input(noise(5, 5, 4), SizeConfig())
