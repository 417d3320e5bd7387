import keras
import numpy as np
import pytest

from keras_attention import ops


def test_sinusoidal_is_the_papers_formula():
    d_model, positions = 6, np.array([[0, 1], [511, 512]])
    table = keras.ops.convert_to_numpy(ops.sinusoidal_positions(positions, d_model))
    for place, position in np.ndenumerate(positions):
        for i in range(d_model // 2):
            angle = position / 10000 ** (2 * i / d_model)
            pair = table[(*place, slice(2 * i, 2 * i + 2))]
            np.testing.assert_allclose(pair, [np.sin(angle), np.cos(angle)], atol=3e-5)


def test_halves_hold_the_same_numbers_in_another_order():
    interleaved = keras.ops.convert_to_numpy(ops.sinusoidal_positions(np.arange(5), 8))
    halves = ops.sinusoidal_positions(np.arange(5), 8, interleaved=False)
    order = np.concatenate([np.arange(0, 8, 2), np.arange(1, 8, 2)])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(halves), interleaved[:, order])


def test_odd_size_is_refused():
    with pytest.raises(ValueError, match="must be even for sinusoidal positions. Received: d_m"):
        ops.sinusoidal_positions(np.arange(3), 7)


def test_a_grid_has_rows_in_one_half_and_columns_in_the_other():
    rows, columns = np.meshgrid(np.arange(3), np.arange(5), indexing="ij")
    grid = keras.ops.convert_to_numpy(ops.sinusoidal_positions_2d(rows, columns, 12))
    line = keras.ops.convert_to_numpy(ops.sinusoidal_positions(np.arange(5), 6))
    for row, column in np.ndindex(3, 5):
        expected = [*line[row], *line[column]]
        np.testing.assert_allclose(grid[row, column], expected, atol=1e-6)


def test_a_grid_needs_a_multiple_of_four():
    with pytest.raises(ValueError, match="multiple of 4 .* Received: d_model=6"):
        ops.sinusoidal_positions_2d(np.arange(3), np.arange(3), 6)


@pytest.mark.parametrize(("old", "new"), [(5, 13), (13, 5), (7, 7), (1, 3), (3, 1)])
def test_resampled_positions_lie_on_the_lines_between(old, new):
    table = np.random.default_rng(0).normal(size=(old, 3)).astype("float32")
    resampled = keras.ops.convert_to_numpy(ops.resample_positions(table, new))
    assert resampled.dtype == np.float32
    for feature in range(3):
        expected = np.interp(np.linspace(0, old - 1, new), np.arange(old), table[:, feature])
        np.testing.assert_allclose(resampled[:, feature], expected, atol=1e-6)


def test_resampling_a_grid_is_bilinear():
    grid = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")
    resampled = ops.resample_positions(ops.resample_positions(grid, 7, axis=0), 11, axis=-2)
    resampled = keras.ops.convert_to_numpy(resampled)
    assert resampled.shape == (7, 11, 2)
    for i, j in np.ndindex(7, 11):
        row, column = i * 2 / 6, j * 4 / 10
        expected = np.zeros(2)
        for r, c in np.ndindex(3, 5):
            expected += max(1 - abs(r - row), 0) * max(1 - abs(c - column), 0) * grid[r, c]
        np.testing.assert_allclose(resampled[i, j], expected, atol=1e-5)


@pytest.mark.parametrize("length", [0, 2.0])
def test_resampling_needs_a_length(length):
    with pytest.raises(ValueError, match=f"`length` must be .* Received: length={length}"):
        ops.resample_positions(np.zeros((3, 2)), length)
