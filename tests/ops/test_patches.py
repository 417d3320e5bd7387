"""Pictures as patches, beside slices of NumPy."""

import keras
import numpy as np
import pytest

from keras_attention import ops

IMAGES = np.random.default_rng(0).normal(size=(2, 6, 9, 5)).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_patches_are_slices():
    patches = as_numpy(ops.image_patches(IMAGES, 3))
    assert patches.shape == (2, 2, 3, 45)
    for row, column in np.ndindex(2, 3):
        square = IMAGES[:, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
        np.testing.assert_array_equal(patches[:, row, column], square.reshape(2, -1))


def test_patches_that_do_not_fit():
    with pytest.raises(ValueError, match=r"multiples of `patch_size`.*\(2, 6, 9, 5\), patch_si"):
        ops.image_patches(IMAGES, 2)


def test_padding_stands_below_and_on_the_right():
    padded = as_numpy(ops.pad_images(IMAGES, (7, 11)))
    np.testing.assert_array_equal(padded[:, :6, :9], IMAGES)
    assert padded.shape == (2, 7, 11, 5)
    assert not padded[:, 6:].any()
    assert not padded[:, :, 9:].any()
    np.testing.assert_array_equal(as_numpy(ops.pad_images(IMAGES, (6, 9))), IMAGES)


def test_shifted_images_are_moved_to_the_corners():
    shifted = as_numpy(ops.shifted_images(IMAGES, 2))
    np.testing.assert_array_equal(shifted[..., :5], IMAGES)
    moves = [(-2, -2), (-2, 2), (2, -2), (2, 2)]  # of rows down, of columns to the right
    for i, (down, right) in enumerate(moves):
        copy = shifted[..., 5 * (i + 1) : 5 * (i + 2)]
        for row, column in np.ndindex(6, 9):
            source = row - down, column - right
            inside = 0 <= source[0] < 6 and 0 <= source[1] < 9
            expected = IMAGES[:, source[0], source[1]] if inside else np.zeros((2, 5))
            np.testing.assert_array_equal(copy[:, row, column], expected)
