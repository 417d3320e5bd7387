"""Augmentation: each change is what its paper says, drawn anew for each picture from the seed."""

import doctest

import keras
import numpy as np
import pytest
import tensorflow as tf

from tasks.image_classification import augmentation as augmentation_module
from tasks.image_classification.augmentation import AugmentationConfig, Augmenter

pytestmark = pytest.mark.tensorflow

COUNT, HEIGHT, WIDTH = 17, 11, 13
EVERYTHING = {"flip": True, "crop": 2, "rand_augment": 1, "erasing": 0.5, "cutmix": 1.0}


def noise(channels=3, count=COUNT):
    """Pictures of random pixels."""
    draw = np.random.default_rng(7)
    return draw.integers(0, 256, (count, HEIGHT, WIDTH, channels)).astype(np.float32)


def plain(count=COUNT):
    """The picture with number `n` has the value `n` everywhere."""
    values = np.arange(count, dtype=np.float32)[:, None, None, None]
    return np.tile(values, (1, HEIGHT, WIDTH, 1))


def augmented(images, seed=(3, 5), **settings):
    """Images and labels as `tf.data` makes them, of one class for each picture."""
    augmenter = Augmenter(AugmentationConfig(**settings))
    labels = np.eye(len(images), dtype=np.float32)
    # Of an unknown batch size, as in training.
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).batch(len(images))
    dataset = dataset.map(lambda images, labels: augmenter(images, labels, tf.constant(seed)))
    images_spec, _ = dataset.element_spec
    assert images_spec.shape.as_list() == [None, *images.shape[1:]]
    return next(dataset.as_numpy_iterator())


@pytest.mark.parametrize("channels", [1, 3])
def test_nothing_changes_by_default(channels):
    images, labels = augmented(noise(channels))
    np.testing.assert_array_equal(images, noise(channels))
    np.testing.assert_array_equal(labels, np.eye(COUNT))


@pytest.mark.parametrize("channels", [1, 3])
def test_some_pictures_are_mirrored(channels):
    before = noise(channels)
    after, labels = augmented(before, flip=True)
    mirrored = [np.array_equal(new, old[:, ::-1]) for new, old in zip(after, before, strict=True)]
    same = [np.array_equal(new, old) for new, old in zip(after, before, strict=True)]
    assert all(np.logical_xor(mirrored, same))
    assert 3 < sum(mirrored) < COUNT - 3
    np.testing.assert_array_equal(labels, np.eye(COUNT))


@pytest.mark.parametrize("channels", [1, 3])
def test_each_picture_is_moved_by_distances_of_its_own(channels):
    most, before = 3, noise(channels)
    after, _ = augmented(before, crop=most)
    found = [offset_of(new, old, most) for new, old in zip(after, before, strict=True)]
    assert len(set(found)) > 8
    for axis in range(2):
        distances = {offset[axis] for offset in found}
        assert min(distances) == 0
        assert max(distances) == 2 * most


def offset_of(new, old, most):
    """Where the crop lies in the picture with its own mirror image around it."""
    padded = np.pad(old, ((most, most), (most, most), (0, 0)), mode="reflect")
    (found,) = (
        (row, column)
        for row in range(2 * most + 1)
        for column in range(2 * most + 1)
        if np.array_equal(new, padded[row : row + HEIGHT, column : column + WIDTH])
    )
    return found


def test_pictures_are_not_moved_by_more_than_they_have():
    augmented(noise(), crop=HEIGHT - 1)
    with pytest.raises(ValueError, match="Received: crop=11, pictures of 11 x 13 pixels"):
        augmented(noise(), crop=HEIGHT)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_rectangle_is_erased_in_that_share_of_the_pictures(channels):
    count, grey = 499, 100.5  # noise is hardly ever just that
    before = np.full((count, HEIGHT, WIDTH, channels), grey, np.float32)
    after, labels = augmented(before, erasing=0.3)
    erased = after != grey
    np.testing.assert_array_equal(erased.all(axis=-1), erased.any(axis=-1))
    erased = erased[..., 0]
    rectangles = erased.any(axis=2, keepdims=True) & erased.any(axis=1, keepdims=True)
    np.testing.assert_array_equal(erased, rectangles)
    shares = erased.mean(axis=(1, 2))
    assert np.mean(shares > 0) == pytest.approx(0.3, abs=0.07)
    assert len(set(shares)) > 20
    assert shares.max() < 0.45  # a third, and what rounding to pixels adds
    found = after[after != grey]
    assert found.min() >= 0
    assert found.max() <= 255
    np.testing.assert_allclose(np.quantile(found, (0.25, 0.5, 0.75)), (64, 128, 191), atol=5)
    np.testing.assert_array_equal(labels, np.eye(count))


def test_mixup_mixes_pictures_and_labels_by_the_same_share():
    images, labels = augmented(plain(), mixup=1.0)
    np.testing.assert_allclose(labels.sum(axis=1), 1.0, rtol=1e-6)
    expected = labels @ np.arange(COUNT)
    np.testing.assert_allclose(
        images, np.ones_like(plain()) * expected[:, None, None, None], rtol=1e-5
    )
    assert (np.count_nonzero(labels, axis=1) <= 2).all()
    shares = labels[np.diag_indices(COUNT)]
    assert len(set(shares)) > COUNT - 5
    assert 0.1 < shares.mean() < 0.9


@pytest.mark.parametrize("alpha", [0.01, 0.2])
def test_mixup_with_a_small_alpha_hardly_mixes(alpha):
    images, labels = augmented(plain(1009), mixup=alpha)
    assert np.isfinite(images).all()
    assert np.isfinite(labels).all()
    assert np.mean(labels.max(axis=1) > 0.99) > 0.4


def test_cutmix_pastes_a_rectangle_with_as_much_of_its_label():
    images, labels = augmented(plain(), cutmix=1.0)
    np.testing.assert_array_equal(images, np.round(images))
    for number, (image, label) in enumerate(zip(images[..., 0], labels, strict=True)):
        shares = [np.mean(image == value) for value in range(COUNT)]
        np.testing.assert_allclose(label, shares, atol=1e-6)
        pasted = image != number
        assert np.array_equal(pasted, np.outer(pasted.any(axis=1), pasted.any(axis=0)))
    assert np.count_nonzero(labels) > COUNT + 8
    assert len({float(label.max()) for label in labels}) > 8


@pytest.mark.parametrize("alpha", [0.01, 0.2])
def test_cutmix_with_a_small_alpha_is_finite(alpha):
    images, labels = augmented(plain(1009), cutmix=alpha)
    assert np.isfinite(images).all()
    np.testing.assert_allclose(labels.sum(axis=1), 1.0, rtol=1e-6)


def ways(**settings):
    """How each of several batches was mixed."""
    augmenter = tf.function(Augmenter(AugmentationConfig(**settings)))
    found = []
    for number in range(40):
        images, labels = augmenter(
            plain(), np.eye(COUNT, dtype=np.float32), tf.constant([1, number])
        )
        if np.array_equal(labels, np.eye(COUNT)):
            found.append("none")
        else:
            # A pasted rectangle leaves more than one value in a picture.
            found.append("cutmix" if np.ptp(images, axis=(1, 2, 3)).any() else "mixup")
    return found


def test_each_batch_is_mixed_in_one_of_both_ways():
    found = ways(mixup=1.0, cutmix=1.0)
    assert set(found) == {"mixup", "cutmix"}
    assert 10 < found.count("mixup") < 30


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_a_share_of_the_batches_is_mixed(name):
    assert set(ways(**{name: 1.0})) == {name}
    assert set(ways(**{name: 1.0}, mixing=0.0)) == {"none"}
    found = ways(**{name: 1.0}, mixing=0.5)
    assert set(found) == {name, "none"}
    assert 10 < found.count("none") < 30


@pytest.mark.parametrize("channels", [1, 3])
def test_rand_augment_draws_an_operation_for_each_picture(channels):
    count = 97
    before = np.repeat(noise(channels, count=1), count, axis=0)
    after, labels = augmented(before, rand_augment=1)
    distinct = {image.tobytes() for image in after}
    # Operations that draw nothing give the same picture each time: all others differ.
    assert len(distinct) > count / 2
    unchanged = np.mean([np.array_equal(image, before[0]) for image in after])
    assert 0 < unchanged < 0.5
    assert after.min() >= 0
    assert after.max() <= 255
    np.testing.assert_array_equal(labels, np.eye(count))


@pytest.mark.parametrize("channels", [1, 3])
def test_rand_augment_at_no_magnitude_changes_no_picture_with_all_greys(channels):
    draw = np.random.default_rng(3)
    before = np.stack([draw.permutation(256).reshape(16, 16) for _ in range(61)])
    before = np.repeat(before[..., None], channels, axis=-1).astype(np.float32)
    after, _ = augmented(before, rand_augment=1, rand_augment_magnitude=0.0)
    np.testing.assert_allclose(after, before, atol=2)


def test_rand_augment_changes_more_at_a_greater_magnitude():
    # A ramp from black to white, of which a small change of place is a small change of values.
    ramp = np.linspace(0, 255, HEIGHT)[:, None] * np.ones([1, WIDTH])
    before = np.repeat(ramp[None, ..., None], 101, axis=0).astype(np.float32)
    changes = [
        np.abs(augmented(before, rand_augment=1, rand_augment_magnitude=m)[0] - before).mean()
        for m in (0.1, 0.5, 1.0)
    ]
    assert changes == sorted(changes)
    assert changes[2] > 3 * changes[0]


def test_rand_augment_of_pictures_of_one_grey_is_finite():
    greys = np.repeat([0.0, 127.0, 255.0], 31)[:, None, None, None]
    before = np.tile(greys, (1, HEIGHT, WIDTH, 3)).astype(np.float32)
    after, _ = augmented(before, rand_augment=1, rand_augment_magnitude=1.0)
    assert np.isfinite(after).all()


@pytest.mark.slow
def test_a_picture_does_not_depend_on_the_others():
    settings = {"flip": True, "crop": 2, "rand_augment": 1, "erasing": 0.5}
    first = noise(count=97)
    second = first.copy()
    second[::2] /= 3
    np.testing.assert_array_equal(
        augmented(first, **settings)[0][1::2], augmented(second, **settings)[0][1::2]
    )


@pytest.mark.parametrize("graph", [False, True], ids=["eager", "graph"])
def test_single_pictures_are_augmented(graph):
    augmenter = Augmenter(AugmentationConfig(**EVERYTHING))
    augmenter = tf.function(augmenter) if graph else augmenter
    for number in range(31):  # each time all operations of RandAugment but one have no picture
        images, labels = augmenter(
            tf.constant(noise(count=1)), tf.ones([1, 1]), tf.constant([1, number])
        )
        assert images.shape == (1, HEIGHT, WIDTH, 3)
        assert np.isfinite(images).all()
        np.testing.assert_array_equal(labels, [[1.0]])


def test_the_seed_alone_decides():
    first = augmented(noise(), **EVERYTHING)
    augmenter = Augmenter(AugmentationConfig(**EVERYTHING))
    labels = np.eye(COUNT, dtype=np.float32)
    augmenter(noise(), labels, tf.constant([3, 6]))  # what was drawn before does not matter
    keras.utils.set_random_seed(11)
    eager = augmenter(tf.constant(noise()), labels, tf.constant([3, 5]))
    for one, other in zip(first, eager, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)


@pytest.mark.parametrize(
    "settings",
    [{"flip": True}, {"crop": 2}, {"rand_augment": 1}, {"erasing": 0.5}, {"mixup": 1.0}],
    ids=lambda settings: next(iter(settings)),
)
def test_another_seed_changes_pictures_otherwise(settings):
    augmenter = tf.function(Augmenter(AugmentationConfig(**settings)))
    labels = np.eye(COUNT, dtype=np.float32)
    found = [
        augmenter(noise(), labels, tf.constant(seed))[0].numpy().tobytes()
        for seed in ((3, 5), (3, 6), (4, 5), (3, 5))
    ]
    assert len(set(found)) == 3
    assert found[0] == found[3]


@pytest.mark.slow
def test_mixed_precision_does_not_round_pictures():
    expected, _ = augmented(noise(), **EVERYTHING)
    keras.config.set_dtype_policy("mixed_bfloat16")
    images, labels = augmented(noise(), **EVERYTHING)
    assert images.dtype == labels.dtype == np.float32
    np.testing.assert_array_equal(images, expected)


@pytest.mark.parametrize("name", ["crop", "rand_augment"])
def test_numbers_are_not_negative(name):
    with pytest.raises(ValueError, match=f"`{name}` must not be negative. Received: {name}=-1"):
        AugmentationConfig(**{name: -1})


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
@pytest.mark.parametrize("name", ["rand_augment_magnitude", "erasing", "mixup", "cutmix", "mixing"])
def test_shares_are_between_0_and_1(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be between 0 and 1. Received: {name}="):
        AugmentationConfig(**{name: value})


def test_the_examples_in_the_documentation_are_right():
    failed, attempted = doctest.testmod(augmentation_module)
    assert attempted
    assert not failed
