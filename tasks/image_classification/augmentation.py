"""Changed pictures to train on: flipped, moved, distorted, erased, mixed; anew in each epoch."""

from dataclasses import dataclass

import keras
import tensorflow as tf

from tasks.image_classification.rand_augment import distorted, operations
from tasks.image_classification.seeded import WHITE, Seeds, changed

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
            (config.erasing, config.erasing), _ERASED, value_range=(0, WHITE), dtype="float32"
        )
        self.mixup = keras.layers.MixUp(config.mixup, dtype="float32")
        self.cutmix = keras.layers.CutMix((config.cutmix, config.cutmix), dtype="float32")
        self.operations = operations(config.rand_augment_magnitude)

    def __call__(
        self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        config, seeds = self.config, Seeds(seed)
        shape = images.shape
        if config.flip:
            images = changed(self.flip, images, seeds)
        if config.crop:
            images = _moved(images, config.crop, seeds.next())
        for _ in range(config.rand_augment):
            images = distorted(images, self.operations, seeds)
        if config.erasing:
            images = _erased(self.erase, images, seeds)
        images = tf.ensure_shape(images, shape)
        if (config.mixup or config.cutmix) and config.mixing:
            return self._mixed(images, labels, seeds)
        return images, labels

    def _mixed(
        self, images: tf.Tensor, labels: tf.Tensor, seeds: Seeds
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
                lambda: _cut_mixed(self.cutmix, images, labels, Seeds(own)),
                lambda: _mixed_up(self.mixup, images, labels, Seeds(own)),
            ),
            lambda: (images, labels),
        )


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


def _erased(layer: keras.layers.RandomErasing, images: tf.Tensor, seeds: Seeds) -> tf.Tensor:
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    # All values alike, as in the paper. Keras' noise is normal and clipped: half of it is black.
    drawn["fill_value"] = tf.random.stateless_uniform(tf.shape(images), seeds.next(), 0.0, WHITE)
    return layer.transform_images(images, drawn, training=True)


def _mixed_up(
    layer: keras.layers.MixUp, images: tf.Tensor, labels: tf.Tensor, seeds: Seeds
) -> tuple[tf.Tensor, tf.Tensor]:
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    return layer.transform_images(images, drawn), layer.transform_labels(labels, drawn)


def _cut_mixed(
    layer: keras.layers.CutMix, images: tf.Tensor, labels: tf.Tensor, seeds: Seeds
) -> tuple[tf.Tensor, tf.Tensor]:
    drawn = layer.get_random_transformation(images, training=True, seed=seeds)
    # The share of the pixels: Keras takes that of the rectangle before it is rounded to pixels,
    # which is up to 0.07 beside it in pictures of 28 x 28.
    pasted = tf.cast(drawn["batch_masks"], tf.float32)
    drawn["mix_weight"] = 1.0 - tf.reduce_mean(pasted, axis=(1, 2, 3))
    return layer.transform_images(images, drawn), layer.transform_labels(labels, drawn)
