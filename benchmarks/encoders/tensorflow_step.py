"""What the encoders on TensorFlow share: the policy, and the step. Option: `jit_compile`."""

import keras
import tensorflow as tf

from benchmarks.encoders.workload import Case, Workload, proof
from benchmarks.measuring import Work


def set_policy(case: Case) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16" if case.dtype == "bfloat16" else "float32")


def step_work(encoder: keras.layers.Layer, case: Case, workload: Workload, options: dict) -> Work:
    x, upstream = (tf.constant(array) for array in workload.arrays(case))
    variables = [weight.value for weight in encoder.trainable_weights]

    @tf.function(jit_compile=options["jit_compile"])
    def step(x, upstream):
        if not case.backward:
            return encoder(x), []
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = encoder(x, training=True)
        gradients = tape.gradient(output, [x, *variables], tf.cast(upstream, output.dtype))
        return output, gradients

    def first() -> dict[str, list[float]]:
        output, gradients = step(x, upstream)
        return proof(*(tf.nest.map_structure(_array, each) for each in (output, gradients)))

    return Work(first, lambda: step(x, upstream), case.units)


def _array(tensor):
    return tf.cast(tensor, tf.float32).numpy()
