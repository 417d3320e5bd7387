"""Our Adam beside Keras': the same weights after the same gradients."""

import keras
import numpy as np
import pytest

from keras_attention.training import Adam

pytestmark = pytest.mark.tensorflow

DRAW = np.random.default_rng(5)
START = [DRAW.normal(size=(3, 5)).astype("float32"), DRAW.normal(size=(7,)).astype("float32")]
GRADIENTS = [[DRAW.normal(size=w.shape).astype("float32") for w in START] for _ in range(6)]


def train(optimizer_class, jit_compile=False, **arguments):
    import tensorflow as tf

    weights = [keras.Variable(w) for w in START]
    optimizer = optimizer_class(**{"learning_rate": 0.1, **arguments})
    optimizer.build(weights)

    @tf.function(jit_compile=jit_compile, autograph=False)
    def step(*gradients):
        optimizer.apply(list(gradients))

    for gradients in GRADIENTS:
        step(*map(tf.constant, gradients))
    optimizer.finalize_variable_values(weights)
    return [np.asarray(w) for w in [*weights, *optimizer.variables]]


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"beta_1": 0.8, "beta_2": 0.98, "epsilon": 1e-3},
        {"weight_decay": 0.1, "global_clipnorm": 0.5},
        {"learning_rate": keras.optimizers.schedules.CosineDecay(0.1, 6)},
        {"use_ema": True, "ema_momentum": 0.5},
        {"gradient_accumulation_steps": 2},
        {"amsgrad": True},
    ],
    ids=lambda one: ",".join(one) or "default",
)
def test_equals_keras(arguments, jit_compile):
    expected = train(keras.optimizers.Adam, jit_compile, **arguments)
    found = train(Adam, jit_compile, **arguments)

    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


def test_an_embedding_and_a_plain_keras_model():
    """The gradient of an embedding is sparse; `fit` of Keras hands it over as it is."""

    def weights_after_fit(optimizer):
        keras.utils.set_random_seed(3)
        layers = [keras.layers.Embedding(11, 4), keras.layers.Flatten(), keras.layers.Dense(1)]
        model = keras.Sequential(layers)
        model.compile(optimizer, "mse")
        model.fit(np.array([[1, 2], [3, 7], [5, 4]]), np.ones((3, 1)), epochs=3, verbose=0)
        return model.get_weights()

    expected = weights_after_fit(keras.optimizers.Adam(0.1))
    for one, other in zip(expected, weights_after_fit(Adam(0.1)), strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-6)


def test_it_is_saved_with_a_model():
    again = keras.optimizers.deserialize(keras.optimizers.serialize(Adam(0.1, beta_2=0.98)))
    assert isinstance(again, Adam)
    assert again.beta_2 == 0.98


def test_the_kernel_is_used():
    import tensorflow as tf

    weight = keras.Variable(START[0])
    optimizer = Adam(0.1)
    optimizer.build([weight])
    step = tf.function(lambda g: optimizer.apply([g])).get_concrete_function(
        tf.TensorSpec(weight.shape)
    )
    kinds = {operation.type for operation in step.graph.get_operations()}
    nested = {
        node.op
        for function in step.graph.as_graph_def().library.function
        for node in function.node_def
    }
    assert "ResourceApplyAdam" in kinds | nested
