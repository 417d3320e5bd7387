"""KerasHub's `TransformerEncoder` layers, with the weights of ours. Option: `jit_compile`."""

import keras

from benchmarks.encoders import ours, tensorflow_step
from benchmarks.encoders.workload import EPSILON, Case, Workload
from benchmarks.measuring import Work
from keras_attention.interop import to_keras


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_step.set_policy(case)
    source = ours.build(workload)
    last = keras.layers.LayerNormalization(epsilon=EPSILON)
    encoder = keras.Sequential([*map(to_keras, source.layers), last])
    encoder.build((None, None, workload.sizes.d_model))
    last.set_weights(source.final_normalization.get_weights())
    return tensorflow_step.step_work(encoder, case, workload, options)
