"""The features of linear attention and of Performers."""

import keras
import numpy as np
import pytest

from keras_attention import ops


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_elu_features_are_those_of_the_paper():
    x = np.array([-1e4, -30.0, -2.0, -1e-3, 0.0, 1e-3, 2.0, 1e4])
    expected = np.where(x > 0, np.log1p(np.maximum(x, 0)), x)  # log(exp(x) - 1 + 1) is x
    np.testing.assert_allclose(as_numpy(ops.log_elu_features(x.astype("float32"))), expected, 1e-6)
    near = x[2:7]
    elu = as_numpy(keras.ops.elu(near.astype("float32"))).astype("float64")
    np.testing.assert_allclose(np.exp(as_numpy(ops.log_elu_features(near))), elu + 1, 1e-5)


def test_random_features_estimate_the_exponential_of_the_scaled_dot_product():
    q, k = np.random.default_rng(0).normal(size=(2, 5, 7)).astype("float32") / 2
    estimates = []
    for seed in range(40):
        projection = ops.orthogonal_projection(503, 7, seed)
        features = [np.exp(as_numpy(ops.log_softmax_features(x, projection))) for x in (q, k)]
        estimates.append(features[0] @ features[1].T)
    expected = np.exp(q @ k.T / np.sqrt(7))
    error = np.std(estimates, axis=0) / np.sqrt(len(estimates))
    assert (np.abs(np.mean(estimates, axis=0) - expected) < 4 * error).all()
    assert (error < 0.05 * expected).all()


@pytest.mark.parametrize("num_features", [3, 7, 17])
def test_directions_are_orthogonal_and_of_random_length(num_features):
    projection = ops.orthogonal_projection(num_features, 7, seed=3)
    assert projection.shape == (num_features, 7)
    for first in range(0, num_features, 7):
        rows = projection[first : first + 7]
        products = rows @ rows.T
        np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-5)
    many = ops.orthogonal_projection(7001, 7, seed=3)
    # As long as vectors of 7 normal numbers are, and as often on each side.
    np.testing.assert_allclose(np.square(many).sum(1).mean(), 7, rtol=0.05)
    np.testing.assert_allclose(many.mean(0), 0, atol=0.05)


def test_the_seed_decides():
    first, again, other = (ops.orthogonal_projection(11, 5, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
