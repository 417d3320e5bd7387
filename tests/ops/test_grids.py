"""Places of tokens in a grid, and tables of grids of another size."""

import keras
import numpy as np
import pytest

from keras_attention import ops


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("num_prefix", [0, 2])
def test_places_read_the_grid_row_by_row(num_prefix):
    rows, columns = ops.grid_places(np.arange(15 + num_prefix), width=5, num_prefix=num_prefix)
    expected = [(0, 0)] * num_prefix + list(np.ndindex(3, 5))
    assert list(zip(as_numpy(rows).tolist(), as_numpy(columns).tolist(), strict=True)) == expected


SIZES = [((3, 5), (7, 11)), ((7, 11), (5, 3)), ((7, 5), (7, 11)), ((1, 2), (3, 1))]


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_resampling_is_that_of_keras(old, new, interpolation):
    table = np.random.default_rng(0).normal(size=(*old, 2)).astype("float32")
    expected = keras.ops.image.resize(
        table[None], new, interpolation=interpolation, data_format="channels_last"
    )
    resampled = as_numpy(ops.resample_grid(table, new, interpolation))
    # TensorFlow reads the cubic kernel from a table of 1024 values.
    atol = 3e-3 if interpolation == "bicubic" else 1e-5
    np.testing.assert_allclose(resampled, as_numpy(expected)[0], atol=atol)


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_resampling_to_the_same_size_is_the_identity(interpolation):
    table = np.random.default_rng(0).normal(size=(3, 5, 2, 7)).astype("float32")
    same = ops.resample_grid(table, (3, 5), interpolation)
    np.testing.assert_array_equal(as_numpy(same), table)


def test_resampling_keeps_a_constant_and_the_dtype():
    table = keras.ops.ones((3, 5, 2), "bfloat16")
    resampled = ops.resample_grid(table, (11, 7))
    assert keras.backend.standardize_dtype(resampled.dtype) == "bfloat16"
    np.testing.assert_array_equal(as_numpy(keras.ops.cast(resampled, "float32")), 1.0)


@pytest.mark.tensorflow
def test_resampling_can_be_compiled_and_sends_its_gradient_to_the_table():
    import tensorflow as tf

    table, cotangent = tf.random.stateless_normal((3, 5, 2), (0, 1)), tf.ones((7, 11, 2))

    @tf.function(jit_compile=True)
    def gradient(table):
        with tf.GradientTape() as tape:
            tape.watch(table)
            loss = tf.reduce_sum(ops.resample_grid(table, (7, 11)) * cotangent)
        return tape.gradient(loss, table)

    # What is sent back is as much as came: each row of shares sums to 1.
    np.testing.assert_allclose(tf.reduce_sum(gradient(table)), 7 * 11 * 2, rtol=1e-5)


def test_an_unknown_interpolation():
    with pytest.raises(ValueError, match="one of 'bicubic', 'bilinear'.*interpolation='nearest'"):
        ops.resample_grid(np.zeros((3, 5, 2)), (7, 11), "nearest")
