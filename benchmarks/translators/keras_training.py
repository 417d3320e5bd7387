"""What the Keras contestants share: the loss as a Keras user writes it, and timed `fit` calls.

Options: `jit_compile`, whether XLA compiles.
"""

import keras
import tensorflow as tf
from keras import ops

from benchmarks.measuring import Work
from benchmarks.translators.workload import (
    LABEL_SMOOTHING,
    LEARNING_RATE,
    PADDING_ID,
    STEPS,
    Case,
    Workload,
)
from tasks.common.untuned import untuned


def set_policy(case: Case) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16" if case.dtype == "bfloat16" else "float32")


def smoothed_cross_entropy(labels, logits):
    """Mean over tokens; with sparse labels, for which Keras' own losses do not smooth."""
    log_probabilities = ops.log_softmax(ops.cast(logits, "float32"))
    picked = ops.take_along_axis(log_probabilities, labels[..., None], axis=-1)[..., 0]
    spread = ops.mean(log_probabilities, axis=-1)
    losses = -(1 - LABEL_SMOOTHING) * picked - LABEL_SMOOTHING * spread
    real = ops.cast(labels != PADDING_ID, "float32")
    return ops.sum(losses * real) / ops.sum(real)


def compile_stock(model: keras.Model, options: dict) -> None:
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=smoothed_cross_entropy,
        jit_compile=options["jit_compile"],
    )


def fit_work(model: keras.Model, workload: Workload) -> Work:
    """`fit` on one repeated batch of `{"source_ids", "target_ids"}` and labels."""
    sources, targets, labels = workload.training_batch()
    batch = ({"source_ids": sources, "target_ids": targets}, labels)
    dataset = untuned(tf.data.Dataset.from_tensors(batch).repeat())

    def fit(steps: int) -> float:
        return model.fit(dataset, steps_per_epoch=steps, verbose=0).history["loss"][0]

    return Work(lambda: fit(1), lambda: fit(STEPS), STEPS * workload.training_tokens)
