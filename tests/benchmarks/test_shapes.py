"""Shapes on the command line."""

import pytest

from benchmarks.shapes import batch_and_image, batch_and_length, batch_and_seconds


def test_batch_and_length():
    assert batch_and_length("5x17") == (5, 17)


@pytest.mark.parametrize("shape", ["64", "64x", "ax32", "0x32"])
def test_a_wrong_shape_is_named(shape):
    with pytest.raises(SystemExit, match=f"such as 64x32. Received: {shape}"):
        batch_and_length(shape)


def test_batch_and_image():
    assert batch_and_image("5x21/7") == (5, 21, 7)


@pytest.mark.parametrize("shape", ["8x224", "8x224/", "0x224/16", "8x224/0", "8x225/16", "8/16x4"])
def test_a_wrong_image_shape_is_named(shape):
    with pytest.raises(SystemExit, match=f"such as 8x224/16.* Received: {shape}"):
        batch_and_image(shape)


def test_batch_and_seconds():
    assert batch_and_seconds("5x2.5") == (5, 2.5)


@pytest.mark.parametrize("shape", ["8", "8x", "0x5", "8x0", "8x5s"])
def test_a_wrong_shape_of_recordings_is_named(shape):
    with pytest.raises(SystemExit, match=f"such as 8x2.5. Received: {shape}"):
        batch_and_seconds(shape)
