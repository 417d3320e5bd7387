"""Layer normalisation equals its definition, and its gradient the derivative of that."""

import keras
import numpy as np
import pytest

from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.ops.layer_normalization import layer_normalization


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_float(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def definition(x, gamma, beta, epsilon):
    centered = x - x.mean(-1, keepdims=True)
    return gamma * centered / np.sqrt((centered**2).mean(-1, keepdims=True) + epsilon) + beta


@pytest.mark.parametrize("shape", [(11,), (5, 11), (2, 3, 5, 11)], ids=str)
def test_equals_the_definition(shape):
    x, gamma, beta = 3 + normal(*shape), normal(11, seed=1), normal(11, seed=2)
    expected = definition(x.astype("float64"), gamma, beta, 1e-3)
    np.testing.assert_allclose(
        as_float(layer_normalization(x, gamma, beta, 1e-3)), expected, atol=1e-5
    )


def test_a_constant_row_becomes_the_shift():
    y = layer_normalization(np.full((2, 4), 1e4, "float32"), np.ones(4), np.arange(4.0))
    np.testing.assert_allclose(as_float(y), [[0, 1, 2, 3]] * 2, atol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("compiled", ["eager", "graph", "xla"])
def test_the_gradient_is_the_derivative(dtype, compiled):
    import tensorflow as tf

    inputs = [normal(2, 7, 11), normal(11, seed=1), normal(11, seed=2)]
    upstream = normal(2, 7, 11, seed=3)

    def gradients(function, dtype, inputs=inputs):
        x, *parameters = (tf.constant(each) for each in inputs)
        x = tf.cast(x, dtype)
        with tf.GradientTape() as tape:
            tape.watch([x, *parameters])
            y = function(x, *parameters)
        assert y.dtype == dtype
        return tape.gradient(y, [x, *parameters], tf.cast(upstream, dtype))

    def keras_own(x, gamma, beta):
        return tf.cast(keras.ops.layer_normalization(x, gamma, beta, -1, 1e-5), x.dtype)

    ours = {
        "eager": layer_normalization,
        "graph": tf.function(
            layer_normalization,
            input_signature=[tf.TensorSpec((None, None, 11), dtype), *2 * [tf.TensorSpec((11,))]],
        ),
        "xla": tf.function(layer_normalization, jit_compile=True),
    }[compiled]
    tolerance = {"bfloat16": 2e-2, "float16": 2e-3}.get(dtype, 1e-5)
    expected = gradients(keras_own, "float32")
    for one, other in zip(gradients(ours, dtype), expected, strict=True):
        np.testing.assert_allclose(
            as_float(one), as_float(other), atol=tolerance * np.abs(other).max()
        )


@pytest.mark.tensorflow
def test_the_gradient_has_a_gradient():
    import tensorflow as tf

    def second(function):
        x, gamma, beta = (tf.constant(each) for each in (normal(3, 5), normal(5), normal(5)))
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(tf.sin(function(x, gamma, beta)))
            squared = tf.reduce_sum(tf.square(inner.gradient(loss, x)))
        return outer.gradient(squared, x)

    expected = second(lambda *x: keras.ops.layer_normalization(*x, -1, 1e-5))
    np.testing.assert_allclose(second(layer_normalization), expected, rtol=1e-3, atol=1e-4)


def test_the_layer_has_the_weights_of_keras():
    ours, theirs = LayerNormalization(name="same"), keras.layers.LayerNormalization(name="same")
    x = normal(2, 5, 7)
    ours.build(x.shape)
    theirs.build(x.shape)
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    ours.set_weights([normal(7, seed=1), normal(7, seed=2)])
    theirs.set_weights(ours.get_weights())
    theirs.epsilon = ours.epsilon
    np.testing.assert_allclose(as_float(ours(x)), as_float(theirs(x)), atol=1e-5)
    copy = LayerNormalization.from_config(ours.get_config())
    assert copy.get_config() == ours.get_config()
