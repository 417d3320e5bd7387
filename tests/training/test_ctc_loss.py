"""CTC's loss against the sum over all alignments, its gradient against differences."""

import keras
import numpy as np
import pytest

import keras_attention as ka

draw = np.random.default_rng(0)
LABELS = np.array([[1, 2, 1], [3, 3, 0], [2, 0, 0], [3, 1, 2]])
LOGITS = draw.normal(size=(4, 7, 4)).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def losses(labels, logits):
    return as_numpy(ka.CTCLoss().call(labels, logits))


def test_it_is_minus_the_log_probability_of_the_labels():
    log_probabilities = as_numpy(keras.ops.log_softmax(LOGITS))
    expected = [
        -ka.ctc_log_probability(frames, labels[labels > 0])
        for frames, labels in zip(log_probabilities, LABELS, strict=True)
    ]
    np.testing.assert_allclose(losses(LABELS, LOGITS), expected, rtol=1e-4)
    assert float(ka.CTCLoss()(LABELS, LOGITS)) == pytest.approx(np.mean(expected), rel=1e-4)


def test_frames_that_say_the_blank_change_nothing():
    silence = np.zeros((4, 5, 4), "float32")
    silence[..., 0] = 1e4
    longer = np.concatenate([LOGITS, silence], axis=1)
    np.testing.assert_allclose(losses(LABELS, longer), losses(LABELS, LOGITS), rtol=1e-4)


@pytest.mark.tensorflow
def test_it_is_that_of_keras_and_has_its_gradient():
    import tensorflow as tf

    def found(loss):
        logits = tf.constant(LOGITS)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            value = loss(LABELS, logits)
        return value.numpy(), tape.gradient(value, logits).numpy()

    for ours, theirs in zip(found(ka.CTCLoss()), found(keras.losses.CTC()), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_half_precision_is_computed_in_float32():
    half = keras.ops.cast(LOGITS, "bfloat16")
    expected = losses(LABELS, keras.ops.cast(half, "float32"))
    np.testing.assert_allclose(losses(LABELS, half), expected, rtol=1e-5)
