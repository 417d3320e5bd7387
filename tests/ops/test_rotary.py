import keras
import numpy as np
import pytest

from keras_attention import ops


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("interleaved", [False, True])
def test_is_a_rotation_of_each_pair(interleaved):
    x, positions = normal(2, 3, 5, 6), np.array([0, 1, 7, 100, 511])
    turned = as_numpy(ops.rotary(x, positions, max_wavelength=1000.0, interleaved=interleaved))
    pairs = [(0, 1), (2, 3), (4, 5)] if interleaved else [(0, 3), (1, 4), (2, 5)]
    for i, pair in enumerate(pairs):
        numbers = x[..., pair[0]] + 1j * x[..., pair[1]]
        numbers = numbers * np.exp(1j * positions * 1000.0 ** (-i / 3))
        expected = np.stack([numbers.real, numbers.imag], -1)
        np.testing.assert_allclose(turned[..., list(pair)], expected, atol=3e-4)


@pytest.mark.parametrize("interleaved", [False, True])
def test_a_dot_product_knows_only_the_distance(interleaved):
    query, key = normal(1, 7, 8), normal(1, 7, 8, seed=1)

    def scores(shift):
        positions = np.arange(7) + shift
        q, k = (as_numpy(ops.rotary(x, positions, interleaved=interleaved)) for x in (query, key))
        return q @ k.swapaxes(-1, -2)

    np.testing.assert_allclose(scores(0), scores(1000), atol=2e-3)
    assert np.abs(scores(0) - query @ key.swapaxes(-1, -2)).max() > 0.1


def test_positions_may_differ_by_sequence():
    x, positions = normal(2, 3, 5, 4), np.array([[0, 1, 2, 3, 4], [0, 0, 1, 2, 3]])
    turned = as_numpy(ops.rotary(x, positions[:, None]))
    for row in range(2):
        alone = as_numpy(ops.rotary(x[row], positions[row]))
        np.testing.assert_allclose(turned[row], alone, atol=1e-6)


def test_far_positions_stay_apart_in_half_precision():
    x = keras.ops.ones((600, 4), "bfloat16")
    turned = ops.rotary(x, np.arange(600))
    assert keras.backend.standardize_dtype(turned.dtype) == "bfloat16"
    steps = np.diff(as_numpy(keras.ops.cast(turned, "float32")), axis=0)
    assert (np.abs(steps).max(axis=1) > 0).all()


def test_odd_size_is_refused():
    with pytest.raises(ValueError, match=r"must be even. Received: x.shape=\(2, 5, 7\)"):
        ops.rotary(np.zeros((2, 5, 7), "float32"), np.arange(5))
