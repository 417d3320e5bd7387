"""Monotonic attention against the recursion of its paper and TensorFlow Addons' formulas."""

import keras
import numpy as np
import pytest

from keras_attention import ops
from keras_attention.ops.recurrence import linear_recurrence

LENGTHS = [1, 2, 3, 7, 16, 17, 61]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def recursion(p, previous):
    """Raffel et al., equations 10 and 11, key by key; `mode="recursive"` of TensorFlow Addons."""
    weights = np.zeros(p.shape)
    for place in np.ndindex(p.shape[:-1]):
        q = 0.0
        for j in range(p.shape[-1]):
            q = (1 - p[place][j - 1] if j else 0.0) * q + previous[place][j]
            weights[place][j] = p[place][j] * q
    return weights


def parallel(p, previous):
    """`mode="parallel"` of TensorFlow Addons, with its clipping."""
    product = exclusive_product(np.clip(1 - p, np.finfo("float32").tiny, 1))
    return p * product * np.cumsum(previous / np.clip(product, 1e-10, 1), -1)


def hard(p, previous):
    """`mode="hard"` of TensorFlow Addons."""
    p = p * np.cumsum(previous, -1)
    return p * exclusive_product(1 - p)


def exclusive_product(x):
    return np.cumprod(np.concatenate([np.ones_like(x[..., :1]), x[..., :-1]], -1), -1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def scores_and_weights(length, scale=1.0, seed=0):
    random = np.random.default_rng(seed)
    previous = random.random((2, 3, length))
    return scale * random.normal(size=(2, 3, length)), previous / previous.sum(-1, keepdims=True)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_expected_weights_equal_the_recursion(length, scale):
    scores, previous = scores_and_weights(length, scale)
    ours = as_numpy(ops.monotonic_weights(scores, previous))
    np.testing.assert_allclose(ours, recursion(sigmoid(scores), previous), atol=1e-6)
    assert (ours.sum(-1) < 1 + 1e-5).all()


def test_expected_weights_equal_the_parallel_form_where_that_is_exact():
    scores, previous = scores_and_weights(7)
    ours = as_numpy(ops.monotonic_weights(scores, previous))
    np.testing.assert_allclose(ours, parallel(sigmoid(scores), previous), atol=1e-6)


@pytest.mark.parametrize("length", LENGTHS)
def test_hard_weights_equal_those_of_tf_addons(length):
    scores, _ = scores_and_weights(length)
    previous = np.eye(length)[np.arange(6).reshape(2, 3) % length]
    previous[0, 0] = 0  # a query that has come to the end
    ours = as_numpy(ops.monotonic_weights(scores, previous, hard=True))
    np.testing.assert_array_equal(ours, hard(1.0 * (scores > 0), previous))


def test_where_scores_are_certain_expected_weights_are_hard():
    scores, _ = scores_and_weights(17, scale=1e5)
    previous = np.eye(17)[np.arange(6).reshape(2, 3)]
    soft, certain = (ops.monotonic_weights(scores, previous, hard=x) for x in (False, True))
    np.testing.assert_allclose(as_numpy(soft), as_numpy(certain), atol=1e-6)


@pytest.mark.parametrize("is_hard", [False, True])
def test_forbidden_keys_are_passed_by(is_hard):
    scores, previous = scores_and_weights(17)
    previous = np.eye(17)[np.arange(6).reshape(2, 3)] if is_hard else previous
    mask = np.random.default_rng(1).random((2, 1, 17)) < 0.6
    ours = as_numpy(ops.monotonic_weights(scores, previous, mask, is_hard))
    p = 1.0 * (scores > 0) if is_hard else sigmoid(scores)
    np.testing.assert_allclose(ours, recursion(p * mask, previous), atol=1e-6)
    nothing = ops.monotonic_weights(scores, previous, np.zeros((1, 17), bool), is_hard)
    assert (as_numpy(nothing) == 0).all()


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("length", [None, 13])
def test_gradient_equals_finite_differences(jit_compile, length):
    import tensorflow as tf

    scores, previous = scores_and_weights(13)
    mask = np.arange(13) != 5
    random = np.random.default_rng(1)
    direction, *shifts = random.normal(size=(3, 2, 3, 13))

    @tf.function(jit_compile=jit_compile, input_signature=[tf.TensorSpec((None, None, length))] * 2)
    def gradients(scores, previous):
        with tf.GradientTape() as tape:
            tape.watch([scores, previous])
            weights = ops.monotonic_weights(scores, previous, tf.constant(mask))
            loss = tf.reduce_sum(weights * tf.constant(direction, "float32"))
        return tape.gradient(loss, [scores, previous])

    ours = gradients(tf.constant(scores, "float32"), tf.constant(previous, "float32"))
    for i, (gradient, shift) in enumerate(zip(ours, shifts, strict=True)):
        after, before = (
            recursion(
                sigmoid(scores + sign * shift * (i == 0)) * mask,
                previous + sign * shift * (i == 1),
            )
            for sign, shift in ((1, 1e-6 * shift), (-1, 1e-6 * shift))
        )
        expected = ((after - before) * direction / 2e-6).sum(-1)
        np.testing.assert_allclose((gradient.numpy() * shift).sum(-1), expected, atol=1e-4)
    assert (ours[0].numpy()[..., 5] == 0).all()


@pytest.mark.tensorflow
@pytest.mark.parametrize("length", LENGTHS)
def test_a_recurrence_of_unknown_length_is_the_same(length):
    import tensorflow as tf

    factors, inputs = scores_and_weights(length)
    expected = np.zeros(inputs.shape)
    for j in range(length):
        expected[..., j] = factors[..., j] * expected[..., j - 1] + inputs[..., j]
    unknown = tf.function(linear_recurrence, input_signature=[tf.TensorSpec((None, 3, None))] * 2)
    for function in (unknown, linear_recurrence):
        ours = function(tf.constant(factors, "float32"), tf.constant(inputs, "float32"))
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)
