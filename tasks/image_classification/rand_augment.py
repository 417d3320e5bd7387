"""RandAugment: each picture gets an operation drawn from fourteen."""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf

from tasks.image_classification.seeded import WHITE, Seeds, changed

# How far the paper's operations go at a magnitude of 1.
_DEGREES = 30.0
_SHEAR = 0.3  # pixels for each pixel of distance
_SHIFT = 0.45  # of the height or width
_CHANGE = 0.9  # of colour, contrast, brightness and sharpness
_LOST_BITS = 4  # of the eight of a pixel, when posterized

Operation = Callable[[tf.Tensor, Seeds], tf.Tensor]


def operations(magnitude: float) -> list[Operation]:
    """The operations of RandAugment, each up to this magnitude; the last is for colours only.

    They are Keras' layers, but its RandAugment itself draws one operation for a whole batch, turns
    by up to 180 degrees at half its magnitude and always the same way, and posterizes more the
    smaller the magnitude is. It does all operations and keeps one: 740 pictures of 32 x 32 x 3 each
    second on one slow thread with two operations, where this does 7,400.
    """
    change = _CHANGE * magnitude
    settings = {"dtype": "float32"}
    colours = {"value_range": (0, WHITE), "dtype": "float32"}
    layers = keras.layers
    found = [
        layers.RandomRotation(_DEGREES / 360 * magnitude, **settings),
        layers.RandomShear(x_factor=_SHEAR * magnitude, **settings),
        layers.RandomShear(y_factor=_SHEAR * magnitude, **settings),
        layers.RandomTranslation(_SHIFT * magnitude, 0.0, **settings),
        layers.RandomTranslation(0.0, _SHIFT * magnitude, **settings),
        # It adds, so this is half of what the paper multiplies by, for a picture of middle grey.
        layers.RandomBrightness(change / 2, **colours),
        layers.RandomContrast((change, change), **colours),
        # 0.5 leaves a picture as it is.
        layers.RandomSharpness((0.5 - change / 2, 0.5 + change / 2), **colours),
        layers.RandomPosterization((8 - round(_LOST_BITS * magnitude), 8), **colours),
        layers.AutoContrast(**colours),
    ]
    colour = layers.RandomColorDegeneration((-change, change), **colours)
    return [
        lambda images, _: images,
        *(partial(changed, layer) for layer in found),
        partial(_equalized, layers.Equalization(**colours)),
        partial(_solarized, magnitude),
        partial(changed, colour),
    ]


def distorted(images: tf.Tensor, operations: list[Operation], seeds: Seeds) -> tf.Tensor:
    """One operation on each picture: the pictures are dealt out, changed and put back in place."""
    if images.shape[-1] == 1:
        operations = operations[:-1]  # grey pictures have no colours to change
    batch = tf.shape(images)[0]
    number = len(operations)
    choices = tf.random.stateless_uniform([batch], seeds.next(), 0, number, tf.int32)
    parts = tf.dynamic_partition(images, choices, number)
    places = tf.dynamic_partition(tf.range(batch), choices, number)
    results = [
        _operated(operation, part, Seeds(seeds.next()))
        for operation, part in zip(operations, parts, strict=True)
    ]
    return tf.dynamic_stitch(places, results)


def _operated(operation: Operation, images: tf.Tensor, seeds: Seeds) -> tf.Tensor:
    """The operation on pictures, if there are any: outside a graph AutoContrast refuses none."""
    return tf.cond(
        tf.shape(images)[0] > 0, lambda: operation(images, seeds), lambda: tf.identity(images)
    )


def _equalized(layer: keras.layers.Equalization, images: tf.Tensor, _: Seeds) -> tf.Tensor:
    """Each picture by itself: Keras equalizes the greys of a whole batch together."""
    return tf.map_fn(lambda image: layer.transform_images(image[None], None)[0], images)


def _solarized(magnitude: float, images: tf.Tensor, seeds: Seeds) -> tf.Tensor:
    """What is brighter than a threshold, inverted.

    Keras' Solarization scales only the greater of its two thresholds from 0..1 to 0..255, and so
    inverts the most where it should the least.
    """
    threshold = tf.random.stateless_uniform(
        [tf.shape(images)[0], 1, 1, 1], seeds.next(), (1.0 - magnitude) * 256.0, 256.0
    )
    return tf.where(images < threshold, images, WHITE - images)
