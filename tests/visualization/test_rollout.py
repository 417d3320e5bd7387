"""Attention through all layers."""

import numpy as np
import pytest

from keras_attention import attention_rollout

draw = np.random.default_rng(3)


def weights(*shape):
    raw = draw.random((*shape, shape[-1]))
    return raw / raw.sum(axis=-1, keepdims=True)


def test_it_is_the_product_of_the_layers():
    layers = weights(3, 2, 5)
    expected = np.eye(5)
    for layer in layers:
        expected = (0.3 * np.eye(5) + 0.7 * (layer[0] + layer[1]) / 2) @ expected
    np.testing.assert_allclose(attention_rollout(layers, residual=0.3), expected, atol=1e-12)


def test_what_arrives_sums_to_one_for_each_text_of_a_batch():
    layers = weights(7, 3, 2, 5)
    rollout = attention_rollout(layers)
    assert rollout.shape == (7, 5, 5)
    np.testing.assert_allclose(rollout.sum(axis=-1), 1.0)
    np.testing.assert_allclose(rollout[4], attention_rollout(layers[4]))


def test_the_residual_alone_leaves_every_token_in_its_place():
    np.testing.assert_array_equal(attention_rollout(weights(3, 2, 5), residual=1.0), np.eye(5))


def test_weights_that_are_no_squares():
    with pytest.raises(ValueError, match=r"num_heads, length, length\].*shape \(2, 3, 5\)"):
        attention_rollout(np.ones((2, 3, 5)))
    with pytest.raises(ValueError, match=r"in \[0, 1\]. Received: residual=1.5"):
        attention_rollout(weights(3, 2, 5), residual=1.5)
