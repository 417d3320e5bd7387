"""The epochs of training: which pictures each batch has, and with which changes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tasks.common.untuned import untuned
from tasks.image_classification.augmentation import AugmentationConfig, Augmenter
from tasks.image_classification.pictures import Pictures

_PREFETCHED = 4  # batches made ahead
_AT_ONCE = min(8, os.cpu_count() or 1)  # batches being changed, each in memory as float32


@dataclass(frozen=True)
class Batching:
    """How pictures become batches."""

    batch_size: int = 128
    """Number of pictures of a batch."""

    def __post_init__(self):
        if self.batch_size < 1:
            raise ValueError(
                f"`batch_size` must be at least 1. Received: batch_size={self.batch_size}."
            )


def make_dataset(
    pictures: Pictures,
    num_classes: int,
    batching: Batching,
    augmentation: AugmentationConfig | None = None,
    shuffle: bool = True,
    seed: int = 0,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches of pictures and the probabilities of their classes.

    Each iteration over the dataset is another epoch with an order and changes of its own; the same
    `seed` gives the same epochs again. Every epoch has equally many batches, and each picture once.

    Args:
        pictures: with their labels.
        num_classes: number of classes.
        batching: see `Batching`.
        augmentation: how pictures are changed; None for validation and test.
        shuffle: for training. Otherwise the pictures come in the order that they have.
        seed: of the shuffling and the changes, not negative.
        first_epoch: the number of the first epoch, for a run that is resumed.

    Returns:
        A `tf.data.Dataset` of known cardinality, of images (float32
        `[batch, height, width, channels]`, from 0 to 255) and labels (float32 `[batch, classes]`,
        one-hot unless they are mixed).

    Raises:
        ValueError: if `augmentation` moves pictures by more than their size.

    Example:

    >>> pictures = Pictures(np.zeros([7, 5, 5, 1], np.uint8), np.arange(7, dtype=np.int32))
    >>> for images, labels in make_dataset(pictures, 7, Batching(batch_size=4)):
    ...     print(images.shape, labels.shape)
    (4, 5, 5, 1) (4, 7)
    (3, 5, 5, 1) (3, 7)
    """
    epochs = iter(range(first_epoch, 2**31))

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        epoch = next(epochs)
        plan = plan_epoch(len(pictures.labels), batching.batch_size, (seed, epoch), shuffle)
        for number, members in enumerate(plan):
            drawn = np.random.SeedSequence((seed, epoch, number)).generate_state(2)
            yield pictures.images[members], pictures.labels[members], drawn.view(np.int32)

    augmenter = None if augmentation is None else Augmenter(augmentation)

    def prepare(
        images: tf.Tensor, labels: tf.Tensor, drawn: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.cast(images, tf.float32)
        labels = tf.one_hot(labels, num_classes)
        return (images, labels) if augmenter is None else augmenter(images, labels, drawn)

    signature = (
        tf.TensorSpec([None, *pictures.images.shape[1:]], tf.uint8),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([2], tf.int32),
    )
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    dataset = dataset.map(prepare, num_parallel_calls=_AT_ONCE, deterministic=True)
    count = -(-len(pictures.labels) // batching.batch_size)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    return untuned(dataset.prefetch(_PREFETCHED))


def plan_epoch(
    count: int, batch_size: int, seed: tuple[int, ...], shuffle: bool
) -> list[np.ndarray]:
    """The pictures of each batch, in an order drawn from the seed if they are shuffled."""
    order = np.random.default_rng(seed).permutation(count) if shuffle else np.arange(count)
    return np.split(order, range(batch_size, count, batch_size))
