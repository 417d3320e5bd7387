"""The pictures that the project draws: no small part of them tells the class."""

import numpy as np
import pytest
from sklearn.cluster import MiniBatchKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tasks.image_classification import builtin
from tasks.image_classification.builtin import CLASSES, generate


def parts(splits):
    return splits.train, splits.validation, splits.test


def test_the_same_arguments_give_the_same_pictures():
    one, same, other = (generate(101, 17, 19, seed=seed) for seed in (3, 3, 4))
    for part, again, different in zip(parts(one), parts(same), parts(other), strict=True):
        np.testing.assert_array_equal(part.images, again.images)
        np.testing.assert_array_equal(part.labels, again.labels)
        assert (part.images != different.images).any()


def test_the_test_stays_the_same_whatever_one_learns_from():
    small, large = generate(13, 11, 17), generate(1009, 23, 17)
    np.testing.assert_array_equal(small.test.images, large.test.images)


def test_the_splits_are_balanced_and_share_no_picture():
    splits = generate(803, 80, 160)
    assert splits.classes == CLASSES
    assert [part.images.shape for part in parts(splits)] == [
        (803, 32, 32, 1),
        (80, 32, 32, 1),
        (160, 32, 32, 1),
    ]
    seen = {image.tobytes() for part in parts(splits) for image in part.images}
    assert len(seen) == 803 + 80 + 160
    for part in parts(splits):
        counts = np.bincount(part.labels, minlength=len(CLASSES))
        assert counts.max() - counts.min() <= 1
        assert part.images.dtype == np.uint8
        assert part.labels.dtype == np.int32


def plain(monkeypatch, labels):
    """The outlines alone, all of one size, in the middle, upright and solid."""
    for name, value in (("_SHIFT", 0.0), ("_TILT", 0.0), ("_SCALE", (1.0, 1.0))):
        monkeypatch.setattr(builtin, name, value)
    monkeypatch.setattr(builtin, "_WIDTHS", (1.5, 1.5))
    monkeypatch.setattr(builtin, "_GAP", (0.1, 0.1))
    monkeypatch.setattr(builtin, "_APART", 0.0)
    monkeypatch.setattr(builtin, "_DOUBLE_WIDTH", 1.5)
    monkeypatch.setattr(builtin, "_DASH", 2.0)
    return builtin._outlines(np.random.default_rng(0), np.array(labels))


def test_the_classes_of_a_kind_are_made_of_the_same_quarters(monkeypatch):
    outlines = plain(monkeypatch, range(len(CLASSES)))
    quarters = [(slice(a, a + 16), slice(b, b + 16)) for a in (0, 16) for b in (0, 16)]
    for kind in (range(4), range(4, 8)):
        ink = [outlines[number].sum() for number in kind]
        assert max(ink) < 1.02 * min(ink)
        # Those that are turned along one axis are each other's mirror images along the diagonal.
        beside, above = outlines[kind[2]], outlines[kind[3]]
        np.testing.assert_allclose(beside, above.T, atol=1e-5)
        # Each class is the same seen in a mirror: all of its quarters are alike.
        for number in kind:
            one = outlines[number][quarters[0]]
            np.testing.assert_allclose(one, outlines[number][quarters[1]][:, ::-1], atol=1e-5)
            np.testing.assert_allclose(one, outlines[number][quarters[2]][::-1], atol=1e-5)


def test_the_eight_outlines_differ(monkeypatch):
    outlines = plain(monkeypatch, range(len(CLASSES)))
    for first in range(len(CLASSES)):
        for second in range(first):
            assert np.abs(outlines[first] - outlines[second]).sum() > 0.5 * outlines[first].sum()


def patches(pictures):
    """All parts of 4 x 4 pixels, every other row and column, less their mean brightness."""
    images = pictures.images[..., 0].astype(np.float32) / 255.0
    windows = np.lib.stride_tricks.sliding_window_view(images, (4, 4), axis=(1, 2))[:, ::2, ::2]
    windows = windows.reshape(len(images), -1, 16)
    return windows - windows.mean(axis=-1, keepdims=True)


@pytest.mark.slow
def test_what_small_parts_occur_says_little_and_where_they_are_says_more():
    splits = generate(train=4000, validation=1, test=1000)
    train, test = splits.train, splits.test
    kinds = MiniBatchKMeans(100, random_state=0, n_init=1, batch_size=4096)
    kinds.fit(patches(train)[:1000].reshape(-1, 16))

    def counts(pictures):
        return [np.bincount(kinds.predict(one), minlength=100) for one in patches(pictures)]

    bag = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    bag.fit(counts(train), train.labels)
    by_parts = bag.score(counts(test), test.labels)

    def pixels(pictures):
        return pictures.images.reshape(len(pictures.images), -1) / 255.0

    neighbours = KNeighborsClassifier(5).fit(pixels(train), train.labels)
    by_whole = neighbours.score(pixels(test), test.labels)
    # Arcs and corners can be told apart (1 of 2), their arrangement hardly (1 of 4).
    assert by_parts < 0.5
    assert by_whole > 0.8


@pytest.mark.parametrize("name", ["train", "validation", "test"])
def test_a_number_of_pictures_must_be_positive(name):
    numbers = {"train": 3, "validation": 3, "test": 3, name: 0}
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        generate(**numbers)
