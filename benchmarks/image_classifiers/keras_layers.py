"""The vision transformer that a Keras user writes from stock layers, with the weights of ours.

Its patches and layers are made as in the example of Keras' documentation: patches are cut out and
projected by a dense layer, layers are stock attention and dense layers. The head is the usual one.

Option: `jit_compile`.
"""

import keras
import numpy as np
from keras import layers, ops

from benchmarks.classification import tensorflow_model
from benchmarks.image_classifiers import ours
from benchmarks.image_classifiers.workload import CHANNELS, EPSILON, Case, Workload
from benchmarks.measuring import Work


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_model.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    return tensorflow_model.stock_work(build(case, workload), case, workload, options)


def build(case: Case, workload: Workload) -> keras.Model:
    """Each stock layer gets the weights of its counterpart, which come in the same order."""
    sizes, source, copies = workload.sizes, ours.build(case, workload), []

    def copy(layer, counterpart):
        copies.append((layer, counterpart))
        return layer

    def normalized(x, counterpart):
        return copy(layers.LayerNormalization(epsilon=EPSILON), counterpart)(x)

    images = keras.Input((case.image_size, case.image_size, CHANNELS), name="images")
    embedding = PatchesAndPositions(case.patch_size, sizes.d_model)
    x = embedding(images)
    for layer in source.encoder.encoder.layers:
        attention = layers.MultiHeadAttention(sizes.num_heads, sizes.d_model // sizes.num_heads)
        y = normalized(x, layer.self_attention_residual.layer_normalization)
        x = x + copy(attention, layer.self_attention)(y, y)
        inner, outer = layer.feed_forward.intermediate_dense, layer.feed_forward.output_dense
        y = normalized(x, layer.feed_forward_residual.layer_normalization)
        y = copy(layers.Dense(sizes.dff, activation="gelu"), inner)(y)
        x = x + copy(layers.Dense(sizes.d_model), outer)(y)
    x = normalized(x, source.encoder.encoder.final_normalization)
    head = copy(layers.Dense(sizes.num_classes), source.head.output_dense)
    model = keras.Model(images, head(x[:, 0]))
    kernel, bias = workload.projection(case)
    embedding.projection.set_weights([kernel.reshape(-1, sizes.d_model), bias])
    embedding.positions.set_weights([workload.positions_of_all(case)])
    embedding.class_token.assign(workload.class_token()[None, None])
    for layer, counterpart in copies:
        layer.set_weights(counterpart.get_weights())
    return model


class PatchesAndPositions(layers.Layer):
    """Cuts patches out, projects them, puts a class token before them, and adds positions.

    Args:
        patch_size: length of a patch's sides.
        d_model: number of features.
    """

    def __init__(self, patch_size, d_model):
        super().__init__()
        self.patch_size = patch_size
        self.d_model = d_model
        self.projection = layers.Dense(d_model)

    def build(self, images_shape):
        _, height, width, channels = images_shape
        patches = (height // self.patch_size) * (width // self.patch_size)
        self.projection.build((None, patches, self.patch_size**2 * channels))
        self.positions = layers.Embedding(1 + patches, self.d_model)
        self.positions.build((1 + patches,))
        self.class_token = self.add_weight(shape=(1, 1, self.d_model), name="class_token")
        self.places = np.arange(1 + patches)

    def call(self, images):
        patches = ops.image.extract_patches(images, self.patch_size)
        batch, rows, columns, pixels = ops.shape(patches)
        x = self.projection(ops.reshape(patches, (batch, rows * columns, pixels)))
        class_tokens = ops.tile(ops.cast(self.class_token, x.dtype), (batch, 1, 1))
        return ops.concatenate([class_tokens, x], axis=1) + self.positions(self.places)
