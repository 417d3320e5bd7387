"""Batches: every picture once in each epoch, the same epochs for the same seed, also resumed."""

import doctest

import numpy as np
import pytest
import tensorflow as tf

from tasks.image_classification import batches as batches_module
from tasks.image_classification.augmentation import AugmentationConfig
from tasks.image_classification.batches import Batching, make_dataset
from tasks.image_classification.pictures import Pictures

pytestmark = pytest.mark.tensorflow

COUNT, CLASSES = 101, 5
AUGMENTED = AugmentationConfig(flip=True, crop=2, erasing=0.3, mixup=0.4, cutmix=1.0, mixing=0.7)
DISTORTED = AugmentationConfig(rand_augment=1)


def numbered(channels=3):
    """Pictures of which each has its number everywhere."""
    images = np.arange(COUNT, dtype=np.uint8)[:, None, None, None]
    labels = (np.arange(COUNT) % CLASSES).astype(np.int32)
    return Pictures(np.tile(images, (1, 7, 11, channels)), labels)


def noise():
    draw = np.random.default_rng(3)
    images = draw.integers(0, 256, (COUNT, 7, 11, 3)).astype(np.uint8)
    return numbered()._replace(images=images)


def dataset_of(pictures=None, batch_size=7, **arguments):
    return make_dataset(
        pictures or numbered(), CLASSES, Batching(batch_size=batch_size), **arguments
    )


def epochs(count, **arguments):
    """The bytes of all batches of several epochs."""
    dataset = dataset_of(**arguments)
    return [
        [(images.tobytes(), labels.tobytes()) for images, labels in dataset.as_numpy_iterator()]
        for _ in range(count)
    ]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("augmentation", [None, AUGMENTED, DISTORTED])
def test_shapes_and_types(channels, augmentation):
    dataset = dataset_of(numbered(channels), augmentation=augmentation)
    images_spec, labels_spec = dataset.element_spec
    assert images_spec.shape.as_list() == [None, 7, 11, channels]
    assert labels_spec.shape.as_list() == [None, CLASSES]
    assert int(dataset.cardinality()) == 15
    sizes = []
    for images, labels in dataset:
        assert images.dtype == labels.dtype == tf.float32
        assert images.shape == (len(labels), 7, 11, channels)
        np.testing.assert_allclose(labels.numpy().sum(axis=1), 1.0, rtol=1e-6)
        sizes.append(len(labels))
    assert sizes == [7] * 14 + [3]


@pytest.mark.parametrize("augmentation", [None, AugmentationConfig()])
def test_every_picture_once_with_its_label(augmentation):
    seen = []
    for images, labels in dataset_of(augmentation=augmentation).as_numpy_iterator():
        numbers = images[:, 0, 0, 0]
        np.testing.assert_array_equal(images, numbers[:, None, None, None] * np.ones((7, 11, 3)))
        np.testing.assert_array_equal(labels, np.eye(CLASSES)[numbers.astype(int) % CLASSES])
        seen += list(numbers)
    assert sorted(seen) == list(range(COUNT))
    assert seen != list(range(COUNT))


def test_without_shuffling_pictures_keep_their_order():
    dataset = dataset_of(shuffle=False)
    for _ in range(2):
        seen = np.concatenate([images[:, 0, 0, 0] for images, _ in dataset.as_numpy_iterator()])
        np.testing.assert_array_equal(seen, np.arange(COUNT))


@pytest.mark.parametrize(
    "augmentation",
    [
        pytest.param(None, id="plain"),
        pytest.param(AUGMENTED, id="augmented"),
        pytest.param(DISTORTED, id="distorted", marks=pytest.mark.slow),
    ],
)
def test_epochs_differ_and_repeat_and_go_on_where_they_were_left(augmentation):
    arguments = {"pictures": noise(), "augmentation": augmentation}
    first, second, third = epochs(3, seed=5, **arguments)
    assert first != second != third
    assert epochs(2, seed=5, first_epoch=1, **arguments) == [second, third]
    assert epochs(1, seed=6, **arguments) != [first]


def test_changes_are_drawn_anew_for_each_batch_and_epoch():
    same = noise()
    same = same._replace(images=np.repeat(same.images[:1], COUNT, axis=0))
    augmentation = AugmentationConfig(crop=3)
    arguments = {"pictures": same, "augmentation": augmentation, "shuffle": False}
    found = epochs(3, **arguments)
    images = [batch for epoch in found for batch, _ in epoch]
    assert len(set(images)) == len(images)
    assert epochs(3, **arguments) == found


def test_replicas_share_the_pictures():
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    dataset = strategy.experimental_distribute_dataset(dataset_of(augmentation=AUGMENTED))
    sizes = [
        [len(part) for part in strategy.experimental_local_results(labels)] for _, labels in dataset
    ]
    assert sum(map(sum, sizes)) == COUNT
    assert sizes[0] == [4, 3]


def test_a_batch_has_a_picture():
    with pytest.raises(ValueError, match="`batch_size` must be at least 1. Received: batch_size=0"):
        Batching(batch_size=0)


def test_the_example_in_the_documentation_is_right():
    failed, attempted = doctest.testmod(batches_module)
    assert attempted
    assert not failed
