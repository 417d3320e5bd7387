"""The Transformer that a Keras user writes from stock layers, the shared weights loaded into it.

It decodes greedily as the tutorials do: the decoder runs again over the whole prefix for every
token. Options: `jit_compile`, whether XLA compiles.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from benchmarks.measuring import Work
from benchmarks.translators import keras_training
from benchmarks.translators.workload import PADDING_ID, START_ID, Case, Workload


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    keras_training.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    sizes = workload.sizes
    train = case.task == "train"
    transformer = build(workload, sizes.target_length if train else 1 + sizes.new_tokens)
    load_weights(transformer, workload)
    if train:
        keras_training.compile_stock(transformer.model, options)
        return keras_training.fit_work(transformer.model, workload)
    return _decode(transformer, case, workload, options)


@dataclass(frozen=True)
class Transformer:
    """Post-norm, with tied embeddings. Its parts share their layers.

    Attributes:
        encoder: source ids to `[batch, source_length, d_model]`.
        decoder: target ids, encoded source and source ids to `[batch, target_length, d_model]`.
        embedding: with `reverse=True`, the decoder's output to logits.
        model: source and target ids to logits.
    """

    encoder: keras.Model
    decoder: keras.Model
    embedding: layers.ReversibleEmbedding
    model: keras.Model


def build(workload: Workload, target_length: int) -> Transformer:
    """Layers carry the names of their weights in `Workload.weights`."""
    sizes = workload.sizes
    embedding = layers.ReversibleEmbedding(
        sizes.vocabulary_size, sizes.d_model, name="model.shared"
    )
    positions = workload.positions()

    def embed(ids, length):
        x = embedding(ids)
        x = x * sizes.d_model**0.5 + ops.convert_to_tensor(positions[:length], x.dtype)
        return layers.Dropout(sizes.dropout)(x)

    def add(x, output, name):
        x = x + layers.Dropout(sizes.dropout)(output)
        return layers.LayerNormalization(epsilon=1e-5, name=f"{name}_layer_norm")(x)

    def attend(x, value, mask, name, causal=False):
        key_dim = sizes.d_model // sizes.num_heads
        attention = layers.MultiHeadAttention(
            sizes.num_heads, key_dim, dropout=sizes.attention_dropout, name=name
        )
        return add(x, attention(x, value, attention_mask=mask, use_causal_mask=causal), name)

    def feed_forward(x, name):
        hidden = layers.Dense(sizes.dff, activation="relu", name=f"{name}.fc1")(x)
        output = layers.Dense(sizes.d_model, name=f"{name}.fc2")(hidden)
        return add(x, output, f"{name}.final")

    source_ids = keras.Input((sizes.source_length,), dtype="int32", name="source_ids")
    source_mask = (source_ids != PADDING_ID)[:, None, :]
    x = embed(source_ids, sizes.source_length)
    for index in range(sizes.num_layers):
        name = f"model.encoder.layers.{index}"
        x = attend(x, x, source_mask, f"{name}.self_attn")
        x = feed_forward(x, name)
    encoder = keras.Model(source_ids, x, name="encoder")

    target_ids = keras.Input((target_length,), dtype="int32", name="target_ids")
    encoded = keras.Input((sizes.source_length, sizes.d_model), name="encoded")
    target_mask = (target_ids != PADDING_ID)[:, None, :]
    x = embed(target_ids, target_length)
    for index in range(sizes.num_layers):
        name = f"model.decoder.layers.{index}"
        x = attend(x, x, target_mask, f"{name}.self_attn", causal=True)
        x = attend(x, encoded, source_mask, f"{name}.encoder_attn")
        x = feed_forward(x, name)
    decoder = keras.Model([target_ids, encoded, source_ids], x, name="decoder")

    hidden = decoder([target_ids, encoder(source_ids), source_ids])
    inputs = {"source_ids": source_ids, "target_ids": target_ids}
    model = keras.Model(inputs, embedding(hidden, reverse=True))
    return Transformer(encoder, decoder, embedding, model)


def load_weights(transformer: Transformer, workload: Workload) -> None:
    weights, num_heads = workload.weights(), workload.sizes.num_heads

    def dense(name):
        return weights[f"{name}.weight"].T, weights[f"{name}.bias"]

    def heads(name):
        kernel, bias = dense(name)
        return kernel.reshape(len(kernel), num_heads, -1), bias.reshape(num_heads, -1)

    for layer in (*transformer.encoder.layers, *transformer.decoder.layers):
        name = layer.name
        if isinstance(layer, layers.ReversibleEmbedding):
            layer.set_weights([weights[f"{name}.weight"]])
        elif isinstance(layer, layers.LayerNormalization):
            layer.set_weights([weights[f"{name}.weight"], weights[f"{name}.bias"]])
        elif isinstance(layer, layers.Dense):
            layer.set_weights(dense(name))
        elif isinstance(layer, layers.MultiHeadAttention):
            kernel, bias = dense(f"{name}.out_proj")
            inputs = [array for letter in "qkv" for array in heads(f"{name}.{letter}_proj")]
            layer.set_weights([*inputs, kernel.reshape(num_heads, -1, len(bias)), bias])


def _decode(parts: Transformer, case: Case, workload: Workload, options: dict) -> Work:
    length = workload.sizes.new_tokens
    sources = tf.constant(workload.sources(case.batch))

    @tf.function(jit_compile=options["jit_compile"])
    def greedy(source_ids):
        encoded = parts.encoder(source_ids)

        def step(index, ids):
            hidden = parts.decoder([ids, encoded, source_ids])
            newest = ops.slice(hidden, (0, index, 0), (case.batch, 1, hidden.shape[-1]))
            chosen = ops.argmax(parts.embedding(newest, reverse=True), axis=-1)
            return index + 1, ops.slice_update(ids, (0, index + 1), ops.cast(chosen, "int32"))

        # What is not yet written is the start id: the causal mask hides it.
        ids = ops.full((case.batch, length + 1), START_ID, dtype="int32")
        _, ids = ops.while_loop(lambda index, _: index < length, step, (0, ids))
        return ids[:, 1:]

    def translate() -> np.ndarray:
        return greedy(sources).numpy()

    return Work(translate, translate, workload.decoded_tokens(case))
