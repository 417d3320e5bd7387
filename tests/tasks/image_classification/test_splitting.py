"""A validation split that is made, and splits that cannot be used."""

import logging

import numpy as np
import pytest

from tasks.image_classification.pictures import Pictures, Splits
from tasks.image_classification.splitting import check_splits, only_per_class, split_off


def pictures(*counts, seed=0):
    """So many pictures of each class, mixed."""
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    draw = np.random.default_rng(seed)
    images = draw.integers(0, 256, (len(labels), 5, 3, 1), np.uint8)
    files = tuple(map(str, range(len(labels))))
    return Pictures(images, draw.permutation(labels), files)


def rows(part):
    return {image.tobytes() for image in part.images}


def test_each_class_gives_its_share():
    every = pictures(700, 300, 50)
    first, second = split_off(every, 0.1)
    assert np.bincount(second.labels).tolist() == [70, 30, 5]
    assert np.bincount(first.labels).tolist() == [630, 270, 45]
    assert sorted(first.files + second.files) == sorted(every.files)
    assert list(map(int, first.files)) == sorted(map(int, first.files))
    for number, image in zip(second.files, second.images, strict=True):
        np.testing.assert_array_equal(image, every.images[int(number)])


def test_the_order_of_the_pictures_decides_nothing():
    every = pictures(70, 30)
    _, second = split_off(every, 0.2)
    _, again = split_off(every.take(np.arange(100)[::-1]), 0.2)
    assert set(second.files) == set(again.files)


def test_equal_pictures_are_in_one_part_whatever_their_labels():
    few = pictures(40)
    every = Pictures(np.tile(few.images, (10, 1, 1, 1)), np.arange(400, dtype=np.int32) % 3)
    first, second = split_off(every, 0.25)
    assert len(first.labels) + len(second.labels) == 400
    assert not rows(first) & rows(second)
    assert len(second.labels)


def test_too_few_pictures():
    with pytest.raises(ValueError, match=r"2 pictures are too few .* \(2 and 0\)"):
        split_off(pictures(1, 1), 0.1)
    with pytest.raises(ValueError, match="between 0 and 1. Received: share=1.5"):
        split_off(pictures(9, 9), 1.5)


def test_fewer_pictures_of_each_class_are_a_part_of_more():
    every = pictures(30, 20)
    small, large = only_per_class(every, 5), only_per_class(every, 20)
    assert np.bincount(small.labels).tolist() == [5, 5]
    assert np.bincount(large.labels).tolist() == [20, 20]
    assert set(small.files) < set(large.files)
    for count in (0, 21):
        with pytest.raises(ValueError, match=f"between 1 and 20, .* per_class={count}"):
            only_per_class(every, count)


GOOD, NONE = pictures(2, 2), pictures(0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Splits(("a", "b"), NONE, GOOD, GOOD), "the training split is empty"),
        (Splits(("a", "b"), GOOD, GOOD, NONE), "the test split is empty"),
        (Splits(("a",), GOOD, GOOD, GOOD), "at least two classes .* Received: 'a'"),
        (Splits(("a", "b", "c"), GOOD, GOOD, GOOD), "in the training split. Received none of 'c'"),
    ],
)
def test_splits_that_cannot_be_used(bad, message):
    with pytest.raises(ValueError, match=f"pets: .*{message}"):
        check_splits(bad, "pets")


def test_pictures_in_two_splits_are_reported(caplog):
    test = pictures(3, 3, seed=1)
    test.images[4] = GOOD.images[1]
    with caplog.at_level(logging.WARNING):
        check_splits(Splits(("a", "b"), GOOD, pictures(3, 3, seed=2), test), "pets")
    (record,) = caplog.records
    message = record.getMessage()
    assert "pets: 1 of 6 pictures of the test split occur in the training split" in message
    assert message.endswith("The first: 4")
