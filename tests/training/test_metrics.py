"""Metrics against Keras' own on the real tokens, over batches of unequal length."""

import keras
import numpy as np

from keras_attention.training import MaskedAccuracy, Perplexity

DRAW = np.random.default_rng(3)
LABELS = np.array([[7, 5, 3, 0, 0], [2, 10, 1, 4, 0], [6, 0, 0, 0, 0]])
LOGITS = DRAW.normal(size=(3, 5, 11)).astype("float32")
LOGITS[0, :2] += 10 * np.eye(11, dtype="float32")[LABELS[0, :2]]
REAL = LABELS > 0


def over_batches(metric):
    for batch in (slice(0, 1), slice(1, 3)):
        metric.update_state(LABELS[batch], LOGITS[batch])
    return float(metric.result())


def test_accuracy_equals_keras_on_the_real_tokens():
    expected = keras.metrics.SparseCategoricalAccuracy()(LABELS[REAL], LOGITS[REAL])
    np.testing.assert_allclose(over_batches(MaskedAccuracy()), expected, rtol=1e-6)
    expected = keras.metrics.SparseCategoricalAccuracy()(LABELS, LOGITS)
    np.testing.assert_allclose(over_batches(MaskedAccuracy(padding_id=None)), expected, rtol=1e-6)


def test_perplexity_is_the_exponential_of_the_mean_over_all_tokens():
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    expected = np.exp(entropy(LABELS[REAL], LOGITS[REAL]))
    np.testing.assert_allclose(over_batches(Perplexity()), expected, rtol=1e-5)
    np.testing.assert_allclose(
        over_batches(Perplexity(padding_id=None)), np.exp(entropy(LABELS, LOGITS)), rtol=1e-5
    )


def test_weights_of_examples():
    weights = np.array([1.0, 0.0, 0.0])
    for metric in (MaskedAccuracy, Perplexity):
        first = metric()(LABELS[:1], LOGITS[:1])
        np.testing.assert_allclose(metric()(LABELS, LOGITS, weights), first, rtol=1e-6)
