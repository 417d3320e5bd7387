"""What the classifiers on TensorFlow share: the policy, timed `fit` calls and predictions.

Options: `jit_compile`, whether XLA compiles.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from benchmarks.classifiers.workload import (
    LEARNING_RATE,
    STEPS,
    Case,
    Workload,
    proof,
)
from benchmarks.measuring import Work
from tasks.common.untuned import untuned


def set_policy(case: Case) -> None:
    half = "mixed_bfloat16" if case.trains else "bfloat16"
    keras.config.set_dtype_policy(half if case.dtype == "bfloat16" else "float32")


def stock_work(model: keras.Model, case: Case, workload: Workload, options: dict) -> Work:
    """Of a model that is compiled as a Keras user does it."""
    if not case.trains:
        return predict_work(model, case, workload, options)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=options["jit_compile"],
    )
    return fit_work(model, case, workload)


def fit_work(model: keras.Model, case: Case, workload: Workload) -> Work:
    """`fit` on one repeated batch of `{"token_ids"}` and classes."""
    ids, labels = workload.batch(case)
    dataset = untuned(tf.data.Dataset.from_tensors(({"token_ids": ids}, labels)).repeat())

    def fit(steps: int) -> float:
        return model.fit(dataset, steps_per_epoch=steps, verbose=0).history["loss"][0]

    return Work(
        lambda: proof([fit(1)], model.count_params()), lambda: fit(STEPS), STEPS * case.batch
    )


def predict_work(model: keras.Model, case: Case, workload: Workload, options: dict) -> Work:
    """As it is served: ids as an array in, logits as an array out, one traced function between."""
    ids, _ = workload.batch(case)

    @tf.function(jit_compile=options["jit_compile"], autograph=False)
    def logits_of(token_ids):
        return tf.cast(model({"token_ids": token_ids}, training=False), tf.float32)

    @functools.cache
    def concrete():
        return logits_of.get_concrete_function(tf.TensorSpec(ids.shape, tf.int32))

    def predict() -> np.ndarray:
        return concrete()(tf.constant(ids)).numpy()

    return Work(lambda: proof(predict().ravel(), model.count_params()), predict, case.batch)
