"""KerasHub's embedding and `TransformerEncoder` layers, with the weights of ours.

Option: `jit_compile`.
"""

import keras
import keras_hub

from benchmarks.classification import tensorflow_model
from benchmarks.measuring import Work
from benchmarks.text_classifiers import ours
from benchmarks.text_classifiers.keras_layers import mean_of_real
from benchmarks.text_classifiers.workload import PADDING_ID, Case, Workload
from keras_attention.interop import to_keras


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_model.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    return tensorflow_model.stock_work(build(workload, case.length), case, workload, options)


def build(workload: Workload, length: int) -> keras.Model:
    sizes, source = workload.sizes, ours.build(workload)
    token_ids = keras.Input((length,), dtype="int32", name="token_ids")
    real = token_ids != PADDING_ID
    embedding = keras_hub.layers.TokenAndPositionEmbedding(
        sizes.vocabulary_size, sizes.max_length, sizes.d_model
    )
    x = keras.layers.Dropout(sizes.dropout)(embedding(token_ids))
    for layer in source.encoder.encoder.layers:
        x = to_keras(layer)(x, padding_mask=real)
    head = keras.layers.Dense(sizes.num_classes)
    model = keras.Model({"token_ids": token_ids}, head(mean_of_real(x, real)))
    embedding.set_weights(workload.embeddings())
    head.set_weights(workload.head())
    return model
