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
