"""Dropout at rates that are numbers or tensors, and of whole heads."""

import keras
import numpy as np
import pytest

from keras_attention.ops.dropout import dropout, head_dropout

RATES = [0.25, np.float32(0.25)]  # the second becomes a tensor


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def rate_of(rate):
    return rate if isinstance(rate, float) else keras.ops.convert_to_tensor(rate)


@pytest.mark.parametrize("rate", RATES, ids=["number", "tensor"])
def test_a_share_is_dropped_and_the_mean_kept(rate):
    x = np.full((100, 300), 3.0, "float32")
    dropped = as_numpy(dropout(x, rate_of(rate), keras.random.SeedGenerator(5)))
    np.testing.assert_allclose(np.unique(dropped), [0.0, 4.0], rtol=1e-6)
    assert abs(np.mean(dropped == 0) - 0.25) < 0.01


def test_the_rates_at_the_ends():
    x, seed = np.ones((5, 7), "float32"), keras.random.SeedGenerator(5)
    for nothing in (0, 0.0, keras.ops.convert_to_tensor(0.0)):
        np.testing.assert_array_equal(as_numpy(dropout(x, nothing, seed)), x)
    everything = keras.ops.convert_to_tensor(1.0)
    np.testing.assert_array_equal(as_numpy(dropout(x, everything, seed)), 0 * x)


@pytest.mark.parametrize("rate", RATES, ids=["number", "tensor"])
@pytest.mark.parametrize("free", [(), (3,)])
def test_each_example_does_without_heads_of_its_own(rate, free):
    attended = np.random.default_rng(3).normal(size=(300, *free, 8, 5, 2)).astype("float32")
    dropped = as_numpy(head_dropout(attended, rate_of(rate), keras.random.SeedGenerator(5)))
    factors = dropped / attended
    of_heads = factors.reshape(300, -1, 8, 10)[:, 0, :, 0]  # [batch, heads]
    expected = of_heads.reshape(300, *[1] * len(free), 8, 1, 1)
    np.testing.assert_allclose(factors, np.broadcast_to(expected, factors.shape), rtol=1e-5)
    np.testing.assert_allclose(np.unique(of_heads.round(4)), [0.0, 1.3333], rtol=1e-4)
    assert abs(of_heads.mean() - 1.0) < 0.05
    assert len({row.tobytes() for row in of_heads}) > 50


def test_half_precision_stays_half_precision():
    x = keras.ops.ones((2, 3, 5, 7), "bfloat16")
    rate, seed = keras.ops.convert_to_tensor(0.5), keras.random.SeedGenerator(5)
    for dropped in (dropout(x, rate, seed), head_dropout(x, rate, seed)):
        assert keras.backend.standardize_dtype(dropped.dtype) == "bfloat16"
