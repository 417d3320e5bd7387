"""The project's `TextClassifier`, the shared weights loaded into it; `BucketedPredictor` predicts.

Option: `jit_compile`.
"""

import keras
import numpy as np

from benchmarks.classification import tensorflow_model
from benchmarks.classification.work import LEARNING_RATE, proof
from benchmarks.measuring import Work
from benchmarks.text_classifiers.workload import EPSILON, Case, Workload
from keras_attention.interop import load_torch_weights
from keras_attention.layers import LearnedPositionEmbedding, SequenceHead, TextEncoder
from keras_attention.models import BucketedPredictor, TextClassifier
from keras_attention.training import Adam, MaskedCrossEntropy


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_model.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    model = build(workload)
    if not case.trains:
        return _predict_work(model, case, workload, options)
    model.compile(
        optimizer=Adam(LEARNING_RATE),
        loss=MaskedCrossEntropy(padding_id=None),
        jit_compile=options["jit_compile"],
    )
    return tensorflow_model.fit_work(model, case, workload)


def _predict_work(model, case: Case, workload: Workload, options: dict) -> Work:
    inputs, _ = workload.batch(case)
    predictor = BucketedPredictor(
        model, lengths=[case.length], batch_sizes=[case.batch], jit_compile=options["jit_compile"]
    )

    def predict() -> np.ndarray:
        return np.stack(predictor(inputs)).astype("float32")

    return Work(lambda: proof(predict().ravel(), model.count_params()), predict, case.batch)


def build(workload: Workload) -> TextClassifier:
    sizes = workload.sizes
    encoder = TextEncoder(
        sizes.vocabulary_size,
        sizes.num_layers,
        sizes.d_model,
        sizes.num_heads,
        sizes.dff,
        sizes.dropout,
        position_scheme=LearnedPositionEmbedding(sizes.max_length),
        attention_dropout=sizes.attention_dropout,
        normalization="post",
        epsilon=EPSILON,
    )
    model = TextClassifier(encoder, SequenceHead(sizes.num_classes))
    tokens, positions = workload.embeddings()
    embedding = encoder.token_embedding
    embedding.embedding.set_weights([tokens / sizes.d_model**0.5])  # it multiplies by the root
    embedding.position_scheme.set_weights([positions])
    for layer, weights in zip(encoder.encoder.layers, workload.layers(), strict=True):
        load_torch_weights(layer, weights)
    model.head.output_dense.set_weights(workload.head())
    return model
