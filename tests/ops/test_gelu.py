"""GELU equals its definition, and its gradient the derivative of that."""

import math

import keras
import numpy as np
import pytest

from keras_attention.layers.dense import Dense
from keras_attention.ops.gelu import gelu


def values():
    return np.concatenate([np.linspace(-7, 7, 101), [-40, 0, 40]]).astype("float32")


def cumulative(x):
    return np.array([(1 + math.erf(each / math.sqrt(2))) / 2 for each in x])


def test_equals_the_definition():
    x = values()
    y = keras.ops.convert_to_numpy(gelu(x))
    np.testing.assert_allclose(y, x * cumulative(x), atol=1e-6)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("dtype", "atol"), [("float32", 1e-6), ("bfloat16", 2e-2), ("float16", 2e-3)]
)
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
def test_the_gradient_is_the_derivative(dtype, atol, jit_compile):
    import tensorflow as tf

    @tf.function(jit_compile=jit_compile)
    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = gelu(x)
        assert y.dtype == dtype
        return tape.gradient(y, x)

    rounded = tf.cast(values(), dtype)
    x = tf.cast(rounded, "float64").numpy()
    expected = cumulative(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    received = tf.cast(gradient(rounded), "float32").numpy()
    np.testing.assert_allclose(received, expected, atol=atol)


@pytest.mark.tensorflow
def test_has_second_derivatives():
    import tensorflow as tf

    x = tf.constant([-0.7, 0.0, 1.3])
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = gelu(x)
        slope = inner.gradient(y, x)
    density = np.exp(-(x.numpy() ** 2) / 2) / math.sqrt(2 * math.pi)
    expected = (2 - x.numpy() ** 2) * density
    np.testing.assert_allclose(outer.gradient(slope, x), expected, atol=1e-6)


def test_a_dense_layer_keeps_the_activation_that_it_was_given():
    layer = Dense(5, "gelu")
    x = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    reference = keras.layers.Dense(5, "gelu")
    reference.build(x.shape)
    layer.build(x.shape)
    layer.set_weights(reference.get_weights())
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(layer(x)), keras.ops.convert_to_numpy(reference(x)), atol=1e-6
    )
    assert layer.get_config()["activation"] == reference.get_config()["activation"]
