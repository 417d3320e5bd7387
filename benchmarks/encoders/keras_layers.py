"""The encoder that a Keras user writes from stock layers, with the weights of ours.

Option: `jit_compile`.
"""

import keras

from benchmarks.encoders import ours, tensorflow_step
from benchmarks.encoders.workload import EPSILON, Case, Workload
from benchmarks.measuring import Work
from keras_attention.layers import Encoder


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_step.set_policy(case)
    return tensorflow_step.step_work(build(ours.build(workload)), case, workload, options)


def build(encoder: Encoder) -> keras.Model:
    """Each stock layer gets the weights of its counterpart, which come in the same order."""
    copies = []

    def copy(layer, source):
        copies.append((layer, source))
        return layer

    def normalization(source):
        return copy(keras.layers.LayerNormalization(epsilon=EPSILON), source)

    inputs = x = keras.Input((None, encoder.final_normalization.gamma.shape[0]))
    for layer in encoder.layers:
        heads, key_dim = layer.self_attention.num_heads, layer.self_attention.key_dim
        attention = keras.layers.MultiHeadAttention(heads, key_dim)
        y = normalization(layer.self_attention_residual.layer_normalization)(x)
        x = x + copy(attention, layer.self_attention)(y, y)
        y = normalization(layer.feed_forward_residual.layer_normalization)(x)
        inner, outer = layer.feed_forward.intermediate_dense, layer.feed_forward.output_dense
        y = copy(keras.layers.Dense(inner.bias.shape[0], activation="relu"), inner)(y)
        x = x + copy(keras.layers.Dense(outer.bias.shape[0]), outer)(y)
    x = normalization(encoder.final_normalization)(x)
    for layer, source in copies:
        layer.set_weights(source.get_weights())
    return keras.Model(inputs, x)
