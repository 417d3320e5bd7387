"""Attention without its weights equals attention with them, and so do the gradients."""

import keras
import numpy as np
import pytest

from keras_attention import ops

SHAPES = {  # query, key, value
    "one head": [(2, 1, 5, 7), (2, 1, 5, 7), (2, 1, 5, 7)],
    "groups": [(2, 6, 5, 7), (2, 3, 11, 7), (2, 3, 11, 3)],
    "more axes": [(2, 3, 4, 5, 7), (2, 3, 2, 11, 7), (2, 3, 2, 11, 7)],
    "no heads": [(4, 5, 7), (4, 11, 7), (4, 11, 3)],
}


def arrays(name, seed=0):
    random = np.random.default_rng(seed)
    return [random.normal(size=shape).astype("float32") for shape in SHAPES[name]]


def masks(name):
    query, key, _ = SHAPES[name]
    random = np.random.default_rng(1)
    every_pair = random.random((*query[:-1], key[-2])) < 0.6
    every_pair[..., 2, :] = False  # a query that sees nothing
    of_keys = random.random((1, key[-2])) < 0.6
    of_queries = random.random((query[-2], 1)) < 0.6
    return [None, every_pair, of_keys, of_queries]


def as_float(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def composed(query, key, value, mask=None, scale=None):
    return ops.scaled_dot_product_attention(query, key, value, mask, scale=scale)[0]


@pytest.mark.parametrize("scale", [None, 0.3])
@pytest.mark.parametrize("name", SHAPES)
def test_equals_attention_with_weights(name, scale):
    for mask in masks(name):
        attended = ops.attended_values(*arrays(name), mask, scale=scale)
        expected = composed(*arrays(name), mask, scale)
        np.testing.assert_allclose(as_float(attended), as_float(expected), atol=1e-6)


def gradients_of(function, inputs, upstream, mask, dtype):
    import tensorflow as tf

    inputs = [tf.cast(x, dtype) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        attended = function(*inputs, mask)
    assert attended.dtype == dtype
    return [attended, *tape.gradient(attended, inputs, tf.cast(upstream, dtype))]


@pytest.mark.tensorflow
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("name", SHAPES)
def test_gradients_equal_those_of_its_parts(name, dtype):
    inputs = arrays(name)
    upstream = np.random.default_rng(2).normal(size=composed(*inputs).shape).astype("float32")
    tolerance = {"bfloat16": 3e-2, "float16": 4e-3}.get(dtype, 1e-5)
    for mask in masks(name):
        ours = gradients_of(ops.attended_values, inputs, upstream, mask, dtype)
        expected = gradients_of(composed, inputs, upstream, mask, "float32")
        for one, other in zip(ours, expected, strict=True):
            bound = tolerance * np.abs(other).max()
            np.testing.assert_allclose(as_float(one), as_float(other), atol=bound)


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "XLA"])
def test_compiled_equals_eager(jit_compile):
    import tensorflow as tf

    inputs, mask = arrays("groups"), masks("groups")[1]
    upstream = np.random.default_rng(2).normal(size=(2, 6, 5, 3)).astype("float32")

    def both(*inputs):
        return gradients_of(ops.attended_values, inputs, upstream, mask, "float32")

    unknown = [tf.TensorSpec((None, x.shape[1], None, x.shape[3])) for x in inputs]
    signature = None if jit_compile else unknown
    compiled = tf.function(both, input_signature=signature, jit_compile=jit_compile)
    for one, other in zip(compiled(*map(tf.constant, inputs)), both(*inputs), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.tensorflow
def test_bfloat16_is_about_as_near_the_truth_as_its_parts():
    inputs = arrays("groups")
    inputs[2] += 3  # most of what arrives at the weights is their mean, which rounding must survive
    upstream = 1 + np.random.default_rng(2).normal(size=(2, 6, 5, 3)).astype("float32")
    exact = gradients_of(composed, inputs, upstream, None, "float64")
    distances = [
        [np.square(as_float(x) - as_float(y)).mean() for x, y in zip(each, exact, strict=True)]
        for each in (
            gradients_of(function, inputs, upstream, None, "bfloat16")
            for function in (ops.attended_values, composed)
        )
    ]
    # Twice where the processor multiplies bfloat16; elsewhere products round their sums as well.
    assert np.all(np.array(distances[0]) <= 6 * np.array(distances[1]))


def test_shapes_that_do_not_fit():
    query, key, value = arrays("groups")
    with pytest.raises(ValueError, match="same last dimension"):
        ops.attended_values(query, key[..., :5], value)
    with pytest.raises(ValueError, match="multiple of those of `key`"):
        ops.attended_values(query[:, :4], key, value)
