"""Attention that spoke for an answer, through all layers."""

import numpy as np
import pytest

from keras_attention.visualization import gradient_rollout

draw = np.random.default_rng(3)


def layers(*shape):
    """Weights and gradients of either sign."""
    raw = draw.random((*shape, shape[-1]))
    return raw / raw.sum(axis=-1, keepdims=True), draw.normal(size=raw.shape)


def by_loops(weights, gradients):
    """The rule as it is written, number by number."""
    num_layers, num_heads, length, _ = weights.shape
    relevance = np.eye(length)
    for layer in range(num_layers):
        mean = np.zeros((length, length))
        for head in range(num_heads):
            for row in range(length):
                for column in range(length):
                    place = layer, head, row, column
                    mean[row, column] += max(weights[place] * gradients[place], 0.0) / num_heads
        relevance = relevance + mean @ relevance
    return relevance


def test_it_is_the_rule_of_the_paper():
    weights, gradients = layers(3, 2, 5)
    expected = by_loops(weights, gradients)
    np.testing.assert_allclose(gradient_rollout(weights, gradients), expected, atol=1e-12)


def test_two_layers_by_hand():
    weights = [
        [[[0.5, 0.5], [1.0, 0.0]], [[0.0, 1.0], [0.5, 0.5]]],  # two heads
        [[[0.5, 0.5], [0.5, 0.5]], [[1.0, 0.0], [0.0, 1.0]]],
    ]
    gradients = [
        [[[2.0, -4.0], [0.0, 1.0]], [[3.0, 2.0], [-1.0, 4.0]]],
        [[[0.0, 8.0], [-2.0, 0.0]], [[0.0, 5.0], [7.0, -3.0]]],
    ]
    # The means of the heads' positive parts are [[0.5, 1], [0, 1]] and [[0, 2], [0, 0]], so that
    # after the first layer there is [[1.5, 1], [0, 2]], to which the second adds [[0, 4], [0, 0]].
    np.testing.assert_allclose(gradient_rollout(weights, gradients), [[1.5, 5.0], [0.0, 2.0]])


def test_each_picture_of_a_batch_for_itself():
    weights, gradients = layers(7, 3, 2, 5)
    found = gradient_rollout(weights, gradients)
    assert found.shape == (7, 5, 5)
    np.testing.assert_allclose(found[4], by_loops(weights[4], gradients[4]))


def test_attention_that_speaks_against_the_answer_is_left_out():
    weights, gradients = layers(3, 2, 5)
    np.testing.assert_array_equal(gradient_rollout(weights, -np.abs(gradients)), np.eye(5))


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"num_heads, length, length\].*shape \(2, 3, 5\)"):
        gradient_rollout(np.ones((2, 3, 5)), np.ones((2, 3, 5)))
    with pytest.raises(ValueError, match=r"num_heads, length, length\].*shape \(2, 3, 5, 7\)"):
        gradient_rollout(np.ones((2, 3, 5, 7)), np.ones((2, 3, 5, 7)))
    with pytest.raises(ValueError, match=r"gradients of shape \(3, 5, 5\), weights of shape \(2, "):
        gradient_rollout(np.ones((2, 3, 5, 5)), np.ones((3, 5, 5)))
