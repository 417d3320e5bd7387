"""The loss against Keras' one-hot form, and its gradient against Keras' gradient."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_attention.training import MaskedCrossEntropy
from keras_attention.training.losses import cross_entropy, token_weights

VOCABULARY = 11
DRAW = np.random.default_rng(3)
LABELS = np.array([[7, 5, 3, 0, 0], [2, 10, 1, 4, 0]])
LOGITS = DRAW.normal(size=(2, 5, VOCABULARY), scale=3).astype("float32")
REAL = LABELS > 0


def keras_losses(labels, logits, label_smoothing):
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=label_smoothing, reduction="none"
    )
    return loss(ops.one_hot(labels, VOCABULARY), logits)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])
def test_equals_keras_on_one_hot_labels(label_smoothing):
    expected = keras_losses(LABELS, LOGITS, label_smoothing)
    ours = cross_entropy(LABELS, LOGITS, label_smoothing)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)
    mean = np.asarray(expected)[REAL].mean()
    loss = MaskedCrossEntropy(label_smoothing)
    np.testing.assert_allclose(loss(LABELS, LOGITS), mean, rtol=1e-5)
    everywhere = MaskedCrossEntropy(label_smoothing, padding_id=None)
    np.testing.assert_allclose(everywhere(LABELS, LOGITS), np.mean(expected), rtol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradient_equals_that_of_keras(label_smoothing, jit_compile):
    import tensorflow as tf

    upstream = DRAW.normal(size=LABELS.shape).astype("float32")

    @tf.function(jit_compile=jit_compile)
    def gradient(losses_of, logits):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            losses = losses_of(LABELS, logits, label_smoothing)
        return tape.gradient(losses, logits, output_gradients=upstream)

    expected, ours = (gradient(f, tf.constant(LOGITS)) for f in (keras_losses, cross_entropy))
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="runs in the part of the suite that is run on JAX"
)
def test_gradient_on_jax():
    import jax

    sums = [
        jax.grad(lambda z, f=f: f(LABELS, z, 0.1).sum())(LOGITS)
        for f in (keras_losses, cross_entropy)
    ]
    np.testing.assert_allclose(sums[1], sums[0], rtol=1e-4, atol=1e-6)


@pytest.mark.tensorflow
def test_padding_gets_no_gradient_and_extreme_logits_a_finite_one():
    import tensorflow as tf

    logits = tf.constant(np.where(np.arange(VOCABULARY) == 4, 1e4, -1e4) + LOGITS, "float32")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = MaskedCrossEntropy(0.1)(LABELS, logits)
    gradient = tape.gradient(loss, logits).numpy()
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()
    assert (gradient[~REAL] == 0).all()
    assert (
        np.abs(gradient[REAL]).sum(-1) > 0
    ).sum() >= REAL.sum() - 1  # the label 4 may be certain


@pytest.mark.tensorflow
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_low_precision_logits_are_summed_in_float32(dtype):
    import tensorflow as tf

    logits = tf.cast(LOGITS, dtype)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = MaskedCrossEntropy(0.1)(LABELS, logits)
    assert loss.dtype == "float32"
    np.testing.assert_allclose(
        loss, MaskedCrossEntropy(0.1)(LABELS, tf.cast(logits, "float32")), rtol=1e-6
    )
    assert tape.gradient(loss, logits).dtype == dtype


def test_sample_weights_say_how_often_a_token_counts():
    losses = np.asarray(cross_entropy(LABELS, LOGITS))
    by_example, by_token = np.array([0.5, 2.0]), DRAW.uniform(size=LABELS.shape)
    loss = MaskedCrossEntropy()
    for weights in (by_example, by_token):
        full = (weights[:, None] if weights.ndim == 1 else weights) * REAL
        expected = (full * losses).sum() / full.sum()
        np.testing.assert_allclose(loss(LABELS, LOGITS, weights), expected, rtol=1e-5)
        np.testing.assert_allclose(loss.total_weight(LABELS, weights), full.sum(), rtol=1e-6)
    assert loss.total_weight(LABELS) == REAL.sum()


def test_nothing_but_padding_costs_nothing():
    loss = MaskedCrossEntropy(0.1)(np.zeros((2, 3), "int32"), np.ones((2, 3, 5), "float32"))
    assert float(loss) == 0.0


def test_labels_of_any_shape():
    classes = MaskedCrossEntropy(padding_id=None)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    labels, logits = LABELS[0], LOGITS[0]
    np.testing.assert_allclose(classes(labels, logits), expected(labels, logits), rtol=1e-5)
    np.testing.assert_array_equal(token_weights(labels, padding_id=5), [1, 0, 1, 1, 1])


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0])
def test_smoothing_out_of_range(label_smoothing):
    with pytest.raises(ValueError, match=f"label_smoothing={label_smoothing}"):
        MaskedCrossEntropy(label_smoothing)


def test_labels_of_the_wrong_shape():
    with pytest.raises(
        ValueError, match=r"labels of shape \(2, 5, 1\), logits of shape \(2, 5, 11\)"
    ):
        MaskedCrossEntropy()(LABELS[..., None], LOGITS)
