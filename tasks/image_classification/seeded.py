"""Keras' layers of augmentation, drawing from a seed that is given."""

import keras
import tensorflow as tf

WHITE = 255.0  # the brightest pixel


class Seeds(keras.random.SeedGenerator):
    """Seeds made of a given one, for Keras' layers.

    Keras' own generator counts in a variable, so that what a batch gets would depend on how many
    were made before, and on which of several threads came first.
    """

    def __init__(self, seed: tf.Tensor):
        # Without Keras' constructor, which makes that variable.
        self.seed = seed
        self.drawn = 0

    def next(self, **_) -> tf.Tensor:
        self.drawn += 1
        return tf.random.experimental.stateless_fold_in(self.seed, self.drawn)


def changed(layer: keras.Layer, images: tf.Tensor, seeds: Seeds) -> tf.Tensor:
    """What a layer of Keras makes of the pictures.

    In two steps, since the layer called as a whole takes no seed.
    """
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    return layer.transform_images(images, drawn, training=True)
