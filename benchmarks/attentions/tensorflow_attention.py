"""Ours and Keras' attention in a TensorFlow graph. Option: the `mechanism`, one of `MECHANISMS`."""

import keras
import tensorflow as tf

from benchmarks.attentions.workload import SHORT_LENGTH, WINDOW
from keras_attention.ops import (
    chunked_attention,
    linear_attention,
    log_elu_features,
    scaled_dot_product_attention,
)


def _linear(query, key, value):
    """As `MultiHeadAttention` computes it with the score `LinearAttention`."""
    return linear_attention(log_elu_features(query), log_elu_features(key), value)


MECHANISMS = {
    "plain": lambda *qkv: scaled_dot_product_attention(*qkv)[0],
    "chunked": chunked_attention,
    "window": lambda *qkv: chunked_attention(*qkv, window=WINDOW),
    "linear": _linear,
    "keras": lambda *qkv: keras.ops.dot_product_attention(*qkv, flash_attention=False),
}


def prepare(case, arrays, options):
    attend, heads_last = MECHANISMS[options["mechanism"]], options["mechanism"] == "keras"

    def tensor(x):
        return tf.cast(tf.constant(x.swapaxes(1, 2) if heads_last else x), case.dtype)

    def heads_first(x):
        return tf.transpose(x, (0, 2, 1, 3)) if heads_last else x

    @tf.function
    def work(query, key, value, upstream):
        if case.direction == "forward":
            return [attend(query, key, value)]
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            attended = attend(query, key, value)
        return tape.gradient(attended, (query, key, value), upstream)

    long = [tensor(x) for x in arrays]
    short = [tensor(x[:, :, :SHORT_LENGTH]) for x in arrays]

    def probe(results):
        return [float(x) for x in heads_first(results[0][..., :1])[0, :, -1, 0]]

    return lambda: work(*long), lambda: work(*short), probe
