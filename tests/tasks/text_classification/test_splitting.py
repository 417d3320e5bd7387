"""A validation split that is made, and splits that cannot be used."""

import logging
from collections import Counter

import pytest

from tasks.text_classification.examples import Example, Splits
from tasks.text_classification.splitting import check_splits, split_off


def examples(**counts):
    return [Example(f"{label} {i}", label) for label, n in counts.items() for i in range(n)]


def test_each_class_gives_its_share():
    first, second = split_off(examples(a=700, b=300, c=50), 0.1)
    assert Counter(example.label for example in second) == {"a": 70, "b": 30, "c": 5}
    assert len(first) == 1050 - 105
    assert (first, second) == split_off(examples(a=700, b=300, c=50), 0.1)


def test_a_class_that_is_too_small_stays_in_the_first_part():
    first, _ = split_off(examples(a=100, b=2), 0.1)
    assert Counter(example.label for example in first)["b"] == 2


def test_equal_texts_are_in_one_part():
    many = [Example(f"text {i % 40}", "ab"[i % 2]) for i in range(400)]
    first, second = split_off(many, 0.25)
    assert len(first) + len(second) == 400
    assert not {one.text for one in first} & {one.text for one in second}


def test_small_and_great_numbers_are_in_both_parts():
    first, second = split_off([Example(str(i), float(i)) for i in range(1000)], 0.1)
    assert len(second) == 100
    for part in (first, second):
        assert min(one.label for one in part) < 100
        assert max(one.label for one in part) >= 900


def test_too_few_examples():
    with pytest.raises(ValueError, match="2 examples are too few"):
        split_off(examples(a=1, b=1), 0.1)
    with pytest.raises(ValueError, match="between 0 and 1. Received: share=1.5"):
        split_off(examples(a=9, b=9), 1.5)


def splits(train, validation, test):
    return Splits(train, validation, test)


GOOD = examples(a=2, b=2)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (splits([], GOOD, GOOD), "the training split is empty"),
        (splits(GOOD, GOOD, []), "the test split is empty"),
        (splits(examples(a=3), GOOD, GOOD), "at least two classes .* the only class 'a'"),
        (splits(GOOD, GOOD, examples(c=1, d=1)), "'c', 'd' in the test split only"),
        (splits(GOOD, [Example("x", "e")], GOOD), "'e' in the validation split only"),
    ],
)
def test_splits_that_cannot_be_used(bad, message):
    with pytest.raises(ValueError, match=f"file.tsv: .*{message}"):
        check_splits(bad, "file.tsv")


def test_numbers_have_no_classes():
    numbers = [Example("x", 1.0)]
    check_splits(splits(numbers, [Example("y", 2.0)], [Example("z", 3.0)]), "file.tsv")


def test_texts_in_two_splits_are_reported(caplog):
    with caplog.at_level(logging.WARNING):
        check_splits(splits(GOOD, [Example("new", "a")], [*GOOD[:1], Example("new 2", "b")]), "f")
    (record,) = caplog.records
    assert "f: 1 of 2 texts of the test split occur in the training split" in record.getMessage()
