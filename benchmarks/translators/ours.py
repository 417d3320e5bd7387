"""The project's own Transformer, the shared weights loaded into it.

Options: `jit_compile`, whether XLA compiles.
"""

import keras
import numpy as np

from benchmarks.measuring import Work
from benchmarks.translators import keras_training
from benchmarks.translators.workload import (
    LABEL_SMOOTHING,
    LEARNING_RATE,
    PADDING_ID,
    Case,
    Workload,
)
from keras_attention.decoding import Beam, BucketedDecoder, Greedy, decode
from keras_attention.layers import SinusoidalPositionEmbedding
from keras_attention.models import Transformer
from keras_attention.training import Adam, MaskedCrossEntropy


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    keras_training.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    sizes = workload.sizes
    model = Transformer(
        sizes.vocabulary_size,
        num_layers=sizes.num_layers,
        d_model=sizes.d_model,
        num_heads=sizes.num_heads,
        dff=sizes.dff,
        dropout=sizes.dropout,
        attention_dropout=sizes.attention_dropout,
        normalization="post",
        position_scheme=SinusoidalPositionEmbedding(interleaved=False),
    )
    load_weights(model, workload)
    if case.task == "train":
        model.compile(
            optimizer=Adam(LEARNING_RATE),
            loss=MaskedCrossEntropy(LABEL_SMOOTHING, PADDING_ID),
            jit_compile=options["jit_compile"],
        )
        return keras_training.fit_work(model, workload)
    return _decode(model, case, workload, options)


def load_weights(model: Transformer, workload: Workload) -> None:
    weights, num_heads = workload.weights(), workload.sizes.num_heads

    def dense(name):
        return weights[f"{name}.weight"].T, weights[f"{name}.bias"]

    def attention(layer, residual, name):
        for projection, letter in (
            (layer.query_dense, "q"),
            (layer.key_dense, "k"),
            (layer.value_dense, "v"),
        ):
            kernel, bias = dense(f"{name}.{letter}_proj")
            kernel = kernel.reshape(len(kernel), num_heads, -1)
            projection.set_weights([kernel, bias.reshape(num_heads, -1)])
        kernel, bias = dense(f"{name}.out_proj")
        layer.output_dense.set_weights([kernel.reshape(num_heads, -1, len(bias)), bias])
        normalization(residual, f"{name}_layer_norm")

    def feed_forward(layer, name):
        layer.feed_forward.intermediate_dense.set_weights(dense(f"{name}.fc1"))
        layer.feed_forward.output_dense.set_weights(dense(f"{name}.fc2"))
        normalization(layer.feed_forward_residual, f"{name}.final_layer_norm")

    def normalization(residual, name):
        values = [weights[f"{name}.weight"], weights[f"{name}.bias"]]
        residual.layer_normalization.set_weights(values)

    model.token_embedding.embedding.set_weights([weights["model.shared.weight"]])
    for index, layer in enumerate(model.encoder.layers):
        name = f"model.encoder.layers.{index}"
        attention(layer.self_attention, layer.self_attention_residual, f"{name}.self_attn")
        feed_forward(layer, name)
    for index, layer in enumerate(model.decoder.layers):
        name = f"model.decoder.layers.{index}"
        attention(layer.self_attention, layer.self_attention_residual, f"{name}.self_attn")
        attention(layer.cross_attention, layer.cross_attention_residual, f"{name}.encoder_attn")
        feed_forward(layer, name)


def _decode(model: Transformer, case: Case, workload: Workload, options: dict) -> Work:
    """As the translation task does it: weights compiled in, batches padded to known shapes."""
    sizes = workload.sizes
    strategy = Greedy() if case.beams == 1 else Beam(case.beams)

    def search(source_ids, limits):
        cache = model.make_cache(source_ids, sizes.new_tokens, strategy.beams)
        return decode(
            model.step,
            cache,
            strategy,
            batch_size=case.batch,
            max_length=sizes.new_tokens,
            limits=limits,
        )

    decoder = BucketedDecoder(
        search,
        lengths=[sizes.source_length],
        batch_sizes=[case.batch],
        jit_compile=options["jit_compile"],
        constants=model.weights,
    )
    sources = workload.sources(case.batch)

    def translate() -> np.ndarray:
        return decoder(sources).token_ids[:, 0]

    return Work(translate, translate, workload.decoded_tokens(case))
