"""KerasHub: a model of its Transformer layers for training, its BART for decoding.

BART has learned positions, GELU and a normalization behind the embeddings, so the shared weights do
not fit: these weights are random and the tokens are not compared. The sizes are the same.
Options: `jit_compile`, whether XLA compiles.
"""

import keras
import keras_hub
import numpy as np
from keras import ops

from benchmarks.measuring import Work
from benchmarks.translators import keras_training
from benchmarks.translators.workload import PADDING_ID, START_ID, Case, Sizes, Workload


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    keras_training.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    if case.task == "train":
        model = build(workload.sizes)
        keras_training.compile_stock(model, options)
        return keras_training.fit_work(model, workload)
    return _decode(case, workload, options)


def build(sizes: Sizes) -> keras.Model:
    source_ids = keras.Input((sizes.source_length,), dtype="int32", name="source_ids")
    target_ids = keras.Input((sizes.target_length,), dtype="int32", name="target_ids")
    source_mask, target_mask = source_ids != PADDING_ID, target_ids != PADDING_ID
    embedding = keras_hub.layers.ReversibleEmbedding(sizes.vocabulary_size, sizes.d_model)
    positions = keras_hub.layers.SinePositionEncoding()
    arguments = {
        "intermediate_dim": sizes.dff,
        "num_heads": sizes.num_heads,
        "dropout": sizes.dropout,
    }

    def embed(ids):
        x = embedding(ids) * sizes.d_model**0.5
        return keras.layers.Dropout(sizes.dropout)(x + positions(x))

    encoded = embed(source_ids)
    for _ in range(sizes.num_layers):
        layer = keras_hub.layers.TransformerEncoder(**arguments)
        encoded = layer(encoded, padding_mask=source_mask)
    hidden = embed(target_ids)
    for _ in range(sizes.num_layers):
        layer = keras_hub.layers.TransformerDecoder(**arguments)
        hidden = layer(
            hidden,
            encoded,
            decoder_padding_mask=target_mask,
            encoder_padding_mask=source_mask,
        )
    logits = embedding(hidden, reverse=True)
    return keras.Model({"source_ids": source_ids, "target_ids": target_ids}, logits)


def _decode(case: Case, workload: Workload, options: dict) -> Work:
    sizes = workload.sizes
    length = 1 + sizes.new_tokens
    backbone = keras_hub.models.BartBackbone(
        vocabulary_size=sizes.vocabulary_size,
        num_layers=sizes.num_layers,
        num_heads=sizes.num_heads,
        hidden_dim=sizes.d_model,
        intermediate_dim=sizes.dff,
        max_sequence_length=max(length, sizes.source_length),
    )
    model = keras_hub.models.BartSeq2SeqLM(backbone, preprocessor=None)
    if case.beams == 1:
        sampler = keras_hub.samplers.GreedySampler()
    else:
        sampler = keras_hub.samplers.BeamSampler(num_beams=case.beams)
    model.compile(sampler=sampler, jit_compile=options["jit_compile"])
    sources = workload.sources(case.batch)
    prefix = np.zeros((case.batch, length), "int32")
    prefix[:, 0] = START_ID
    inputs = {
        "encoder_token_ids": sources,
        "encoder_padding_mask": np.ones_like(sources),
        "decoder_token_ids": prefix,
        "decoder_padding_mask": (prefix == START_ID).astype("int32"),
    }

    def translate() -> np.ndarray:
        outputs = model.generate(inputs, stop_token_ids=None)
        return ops.convert_to_numpy(outputs["decoder_token_ids"])[:, 1:]

    return Work(translate, translate, workload.decoded_tokens(case))
