"""What the classifiers on TensorFlow share: the policy, timed `fit` calls and predictions.

Options: `jit_compile`, whether XLA compiles.
"""

import functools
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from benchmarks.classification.work import LEARNING_RATE, STEPS, Case, proof
from benchmarks.measuring import Work
from tasks.common.untuned import untuned


def set_policy(case: Case) -> None:
    half = "mixed_bfloat16" if case.trains else "bfloat16"
    keras.config.set_dtype_policy(half if case.dtype == "bfloat16" else "float32")


def stock_work(model: keras.Model, case: Case, workload: Any, options: dict) -> Work:
    """Of a model that is compiled as a Keras user does it."""
    if not case.trains:
        return predict_work(model, case, workload, options)
    model.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=options["jit_compile"],
    )
    return fit_work(model, case, workload)


def fit_work(model: keras.Model, case: Case, workload: Any) -> Work:
    """`fit` on one repeated batch of inputs and classes."""
    dataset = untuned(tf.data.Dataset.from_tensors(workload.batch(case)).repeat())

    def fit(steps: int) -> float:
        return model.fit(dataset, steps_per_epoch=steps, verbose=0).history["loss"][0]

    return Work(
        lambda: proof([fit(1)], model.count_params()), lambda: fit(STEPS), STEPS * case.batch
    )


def predict_work(model: keras.Model, case: Case, workload: Any, options: dict) -> Work:
    """As it is served: arrays in, logits as an array out, one traced function between."""
    inputs, _ = workload.batch(case)
    specs = tf.nest.map_structure(lambda array: tf.TensorSpec(array.shape, array.dtype), inputs)

    @tf.function(jit_compile=options["jit_compile"], autograph=False)
    def logits_of(inputs):
        return tf.cast(model(inputs, training=False), tf.float32)

    @functools.cache
    def concrete():
        return logits_of.get_concrete_function(specs)

    def predict() -> np.ndarray:
        return concrete()(tf.nest.map_structure(tf.constant, inputs)).numpy()

    return Work(lambda: proof(predict().ravel(), model.count_params()), predict, case.batch)
