"""Changed pictures to train on: flipped, moved, distorted, erased, mixed; anew in each epoch."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import keras
import tensorflow as tf

# RandAugment: how far the paper's operations go at a magnitude of 1.
_DEGREES = 30.0
_SHEAR = 0.3  # pixels for each pixel of distance
_SHIFT = 0.45  # of the height or width
_CHANGE = 0.9  # of colour, contrast, brightness and sharpness
_LOST_BITS = 4  # of the eight of a pixel, when posterized
_WHITE = 255.0
_ERASED = (0.02, 0.33)  # least and greatest share of a picture that is erased, as in the paper


@dataclass(frozen=True)
class AugmentationConfig:
    """Changes of the training pictures, drawn anew for each picture in each epoch; by default none.

    Validation and test pictures stay as they are.
    """

    flip: bool = False
    """Mirror half of the pictures, drawn by lot, left to right."""
    crop: int = 0
    """Move pictures by up to so many pixels up or down and left or right: a random crop of pictures
    padded with their own mirror image."""
    rand_augment: int = 0
    """Number of operations on each picture, drawn from the 14 of RandAugment (13 for grey
    pictures): turned, sheared, shifted, brighter, sharper, solarized, ..."""
    rand_augment_magnitude: float = 0.5
    """How far these operations go at most, from 0 to 1."""
    erasing: float = 0.0
    """Share of the pictures of which a rectangle is replaced by noise."""
    mixup: float = 0.0
    """Mix each picture and its label with another one's, by shares from the Beta distribution with
    this alpha, up to 1."""
    cutmix: float = 0.0
    """Paste a rectangle of another picture into each, with as much of its label, by shares from the
    Beta distribution with this alpha, up to 1. With `mixup`, each batch gets one of both."""
    mixing: float = 1.0
    """Share of the batches that `mixup` and `cutmix` change."""

    def __post_init__(self):
        for name in ("crop", "rand_augment"):
            value = getattr(self, name)
            if value < 0:
                raise ValueError(f"`{name}` must not be negative. Received: {name}={value}.")
        for name in ("rand_augment_magnitude", "erasing", "mixup", "cutmix", "mixing"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"`{name}` must be between 0 and 1. Received: {name}={value}.")


class Augmenter:
    """Changes batches of pictures as the settings say.

    What is drawn depends on the seed alone, not on what was drawn before: batches may be made in
    any order and at the same time, and a resumed run sees the pictures that it would have seen.

    Args:
        config: see `AugmentationConfig`.

    Call arguments:
        images: float32 `[batch, height, width, channels]`, from 0 to 255, 1 or 3 channels.
        labels: float32 `[batch, classes]`, probabilities.
        seed: int32 or int64 `[2]`.

    Returns:
        Images and labels of the same shapes and types.

    Raises:
        ValueError: if `crop` does not leave a pixel of a picture in its place.

    Example:

    >>> augmenter = Augmenter(AugmentationConfig(flip=True, mixup=0.2))
    >>> images, labels = augmenter(tf.zeros([5, 7, 7, 1]), tf.eye(5), seed=[1, 2])
    >>> images.shape, labels.shape
    (TensorShape([5, 7, 7, 1]), TensorShape([5, 5]))
    """

    def __init__(self, config: AugmentationConfig):
        self.config = config
        # float32 in spite of a policy of mixed precision: bfloat16 knows 129 of the 256 greys.
        self.flip = keras.layers.RandomFlip("horizontal", dtype="float32")
        self.erase = keras.layers.RandomErasing(
            (config.erasing, config.erasing), _ERASED, value_range=(0, _WHITE), dtype="float32"
        )
        self.mixup = keras.layers.MixUp(config.mixup, dtype="float32")
        self.cutmix = keras.layers.CutMix((config.cutmix, config.cutmix), dtype="float32")
        self.operations = _operations(config.rand_augment_magnitude)

    def __call__(
        self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        config, seeds = self.config, _Seeds(seed)
        shape = images.shape
        if config.flip:
            images = _changed(self.flip, images, seeds)
        if config.crop:
            images = _moved(images, config.crop, seeds.next())
        for _ in range(config.rand_augment):
            images = _distorted(images, self.operations, seeds)
        if config.erasing:
            images = _erased(self.erase, images, seeds)
        images = tf.ensure_shape(images, shape)
        if (config.mixup or config.cutmix) and config.mixing:
            return self._mixed(images, labels, seeds)
        return images, labels

    def _mixed(
        self, images: tf.Tensor, labels: tf.Tensor, seeds: "_Seeds"
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The batch mixed in one way or the other, or as it is: only that one is computed."""
        mixed, cut = (tf.random.stateless_uniform([], seeds.next()) for _ in range(2))
        own = seeds.next()
        config = self.config
        cut_share = bool(config.cutmix) / (bool(config.mixup) + bool(config.cutmix))
        return tf.cond(
            mixed < config.mixing,
            lambda: tf.cond(
                cut < cut_share,
                lambda: _cut_mixed(self.cutmix, images, labels, _Seeds(own)),
                lambda: _mixed_up(self.mixup, images, labels, _Seeds(own)),
            ),
            lambda: (images, labels),
        )


class _Seeds(keras.random.SeedGenerator):
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


def _changed(layer: keras.Layer, images: tf.Tensor, seeds: _Seeds) -> tf.Tensor:
    """What a layer of Keras makes of the pictures.

    In two steps, since the layer called as a whole takes no seed.
    """
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    return layer.transform_images(images, drawn, training=True)


def _moved(images: tf.Tensor, most: int, seed: tf.Tensor) -> tf.Tensor:
    """Each picture moved by its own two distances. Keras' RandomCrop moves a whole batch alike."""
    _, height, width, channels = images.shape
    if most >= min(height, width):
        raise ValueError(
            "`crop` must be less than the height and the width of the pictures. "
            f"Received: crop={most}, pictures of {height} x {width} pixels."
        )
    batch = tf.shape(images)[0]
    distances = tf.random.stateless_uniform([batch, 2], seed, -most, most + 1, tf.int32)
    rows = _mirrored(tf.range(height) + distances[:, :1], height)  # [batch, height]
    columns = _mirrored(tf.range(width) + distances[:, 1:], width)  # [batch, width]
    places = rows[:, :, None] * width + columns[:, None, :]  # [batch, height, width]
    pixels = tf.reshape(images, [batch, height * width, channels])
    return tf.gather(pixels, places, batch_dims=1)


def _mirrored(places: tf.Tensor, length: int) -> tf.Tensor:
    """Where a place beyond an edge lies when the edge is a mirror."""
    last = length - 1
    return last - tf.abs(last - tf.abs(places))


def _erased(layer: keras.layers.RandomErasing, images: tf.Tensor, seeds: _Seeds) -> tf.Tensor:
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    # All values alike, as in the paper. Keras' noise is normal and clipped: half of it is black.
    drawn["fill_value"] = tf.random.stateless_uniform(tf.shape(images), seeds.next(), 0.0, _WHITE)
    return layer.transform_images(images, drawn, training=True)


def _mixed_up(
    layer: keras.layers.MixUp, images: tf.Tensor, labels: tf.Tensor, seeds: _Seeds
) -> tuple[tf.Tensor, tf.Tensor]:
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    return layer.transform_images(images, drawn), layer.transform_labels(labels, drawn)


def _cut_mixed(
    layer: keras.layers.CutMix, images: tf.Tensor, labels: tf.Tensor, seeds: _Seeds
) -> tuple[tf.Tensor, tf.Tensor]:
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    # The share of the pixels: Keras takes that of the rectangle before it is rounded to pixels,
    # which is up to 0.07 beside it in pictures of 28 x 28.
    pasted = tf.cast(drawn["batch_masks"], tf.float32)
    drawn["mix_weight"] = 1.0 - tf.reduce_mean(pasted, axis=(1, 2, 3))
    return layer.transform_images(images, drawn), layer.transform_labels(labels, drawn)


_Operation = Callable[[tf.Tensor, _Seeds], tf.Tensor]


def _operations(magnitude: float) -> list[_Operation]:
    """The operations of RandAugment, each up to this magnitude; the last is for colours only.

    They are Keras' layers, but its RandAugment itself draws one operation for a whole batch, turns
    by up to 180 degrees at half its magnitude and always the same way, and posterizes more the
    smaller the magnitude is. It does all operations and keeps one: 740 pictures of 32 x 32 x 3 each
    second on one slow thread with two operations, where this does 7,400.
    """
    change = _CHANGE * magnitude
    settings = {"dtype": "float32"}
    colours = {"value_range": (0, _WHITE), "dtype": "float32"}
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
        *(partial(_changed, layer) for layer in found),
        partial(_equalized, layers.Equalization(**colours)),
        partial(_solarized, magnitude),
        partial(_changed, colour),
    ]


def _distorted(images: tf.Tensor, operations: list[_Operation], seeds: _Seeds) -> tf.Tensor:
    """One operation on each picture: the pictures are dealt out, changed and put back in place."""
    if images.shape[-1] == 1:
        operations = operations[:-1]  # grey pictures have no colours to change
    batch = tf.shape(images)[0]
    number = len(operations)
    choices = tf.random.stateless_uniform([batch], seeds.next(), 0, number, tf.int32)
    parts = tf.dynamic_partition(images, choices, number)
    places = tf.dynamic_partition(tf.range(batch), choices, number)
    changed = [
        _operated(operation, part, _Seeds(seeds.next()))
        for operation, part in zip(operations, parts, strict=True)
    ]
    return tf.dynamic_stitch(places, changed)


def _operated(operation: _Operation, images: tf.Tensor, seeds: _Seeds) -> tf.Tensor:
    """The operation on pictures, if there are any: outside a graph AutoContrast refuses none."""
    return tf.cond(
        tf.shape(images)[0] > 0, lambda: operation(images, seeds), lambda: tf.identity(images)
    )


def _equalized(layer: keras.layers.Equalization, images: tf.Tensor, _: _Seeds) -> tf.Tensor:
    """Each picture by itself: Keras equalizes the greys of a whole batch together."""
    return tf.map_fn(lambda image: layer.transform_images(image[None], None)[0], images)


def _solarized(magnitude: float, images: tf.Tensor, seeds: _Seeds) -> tf.Tensor:
    """What is brighter than a threshold, inverted.

    Keras' Solarization scales only the greater of its two thresholds from 0..1 to 0..255, and so
    inverts the most where it should the least.
    """
    threshold = tf.random.stateless_uniform(
        [tf.shape(images)[0], 1, 1, 1], seeds.next(), (1.0 - magnitude) * 256.0, 256.0
    )
    return tf.where(images < threshold, images, _WHITE - images)
