"""The classifier that a Keras user writes from stock layers, with the weights of ours.

Option: `jit_compile`.
"""

import keras
from keras import layers, ops

from benchmarks.classification import tensorflow_model
from benchmarks.measuring import Work
from benchmarks.text_classifiers import ours
from benchmarks.text_classifiers.workload import EPSILON, PADDING_ID, Case, Workload


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_model.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    return tensorflow_model.stock_work(build(workload, case.length), case, workload, options)


def build(workload: Workload, length: int) -> keras.Model:
    """Each stock layer gets the weights of its counterpart, which come in the same order."""
    sizes, source, copies = workload.sizes, ours.build(workload), []

    def copy(layer, counterpart):
        copies.append((layer, counterpart))
        return layer

    def add(x, y, residual):
        x = x + layers.Dropout(sizes.dropout)(y)
        normalization = layers.LayerNormalization(epsilon=EPSILON)
        return copy(normalization, residual.layer_normalization)(x)

    token_ids = keras.Input((length,), dtype="int32", name="token_ids")
    real = token_ids != PADDING_ID
    embedding = TokensAndPositions(*(array.shape for array in workload.embeddings()))
    x = layers.Dropout(sizes.dropout)(embedding(token_ids))
    for layer in source.encoder.encoder.layers:
        attention = layers.MultiHeadAttention(
            sizes.num_heads, sizes.d_model // sizes.num_heads, dropout=sizes.attention_dropout
        )
        y = copy(attention, layer.self_attention)(x, x, attention_mask=real[:, None, :])
        x = add(x, y, layer.self_attention_residual)
        inner, outer = layer.feed_forward.intermediate_dense, layer.feed_forward.output_dense
        y = copy(layers.Dense(sizes.dff, activation="relu"), inner)(x)
        y = copy(layers.Dense(sizes.d_model), outer)(y)
        x = add(x, y, layer.feed_forward_residual)
    head = copy(layers.Dense(sizes.num_classes), source.head.output_dense)
    model = keras.Model({"token_ids": token_ids}, head(mean_of_real(x, real)))
    embedding.set_weights(workload.embeddings())
    for layer, counterpart in copies:
        layer.set_weights(counterpart.get_weights())
    return model


class TokensAndPositions(layers.Layer):
    """The sum of two embeddings: of each id, and of its place.

    Args:
        tokens, positions: shapes of the embeddings.
    """

    def __init__(self, tokens, positions):
        super().__init__()
        self.tokens = layers.Embedding(*tokens)
        self.positions = layers.Embedding(*positions)

    def build(self, ids_shape):
        self.tokens.build(ids_shape)
        self.positions.build(ids_shape[1:])

    def call(self, ids):
        return self.tokens(ids) + self.positions(ops.arange(ids.shape[1]))


def mean_of_real(x, real):
    """The mean over the real tokens; Keras' own pooling does the same with an implicit mask."""
    return layers.GlobalAveragePooling1D()(x, mask=real)
