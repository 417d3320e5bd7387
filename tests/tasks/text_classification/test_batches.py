"""Batches: every example once, of similar lengths, the same for the same seed."""

import logging

import numpy as np
import pytest

from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.batches import (
    Batching,
    EncodedExamples,
    make_dataset,
)
from tasks.text_classification.builtin import generate
from tasks.text_classification.labels import LabelSet
from tasks.text_classification.text import ClassifierText

pytestmark = pytest.mark.tensorflow

KINDS = {
    "sentiment": "one",
    "entailment": "one",
    "aspects": "several",
    "rating": "number",
    "words": "words",
}


@pytest.fixture(scope="module")
def vocabulary():
    texts = [text for one in generate("entailment", 300, 1, 1).train for text in one.texts]
    return Vocabulary.train([texts], size=300)


def encoded(vocabulary, kind="sentiment", count=101, max_length=64, **arguments):
    examples = generate(kind, count, 1, 1).train
    labels = LabelSet.of(examples, KINDS[kind])
    text = ClassifierText(vocabulary, max_length, by_words=kind == "words")
    return EncodedExamples(examples, text, labels, **arguments), examples, labels


@pytest.mark.parametrize("kind", KINDS)
def test_shapes_and_types(vocabulary, kind):
    examples, _, labels = encoded(vocabulary, kind)
    dataset = make_dataset(examples, Batching(batch_size=7))
    assert int(dataset.cardinality()) == 15
    rows = 0
    for inputs, y in dataset:
        batch, length = inputs["token_ids"].shape
        assert inputs["segment_ids"].shape == (batch, length)
        expected = {
            "one": (batch,),
            "several": (batch, labels.num_outputs),
            "number": (batch, 1),
            "words": (batch, length),
        }
        assert y.shape == expected[KINDS[kind]]
        rows += batch
    assert rows == 101


def test_every_example_once_with_its_label(vocabulary):
    examples, raw, labels = encoded(vocabulary)
    by_ids = {}
    for number in range(101):
        (inputs, y) = examples.batch(np.array([number]))
        by_ids[inputs["token_ids"].tobytes()] = labels.names[int(y[0])]
        assert labels.names[int(y[0])] == raw[number].label
    seen = []
    for inputs, y in make_dataset(examples, Batching(batch_size=7)):
        for ids, label in zip(inputs["token_ids"].numpy(), y.numpy(), strict=True):
            key = ids[: np.count_nonzero(ids)][None].tobytes()
            assert by_ids[key] == labels.names[int(label)]
            seen.append(key)
    assert len(set(seen)) == len(seen) == 101


def test_the_labels_of_words_are_at_their_first_pieces(vocabulary):
    examples, raw, labels = encoded(vocabulary, "words")
    inputs, y = examples.batch(np.arange(5))
    assert y.shape == inputs["token_ids"].shape
    for row, example in zip(y, raw, strict=False):
        assert tuple(labels.names[i] for i in row[row >= 0]) == example.label
    assert y.min() == -1


def test_epochs_differ_and_repeat(vocabulary):
    examples, _, _ = encoded(vocabulary)

    def epochs(count, **arguments):
        dataset = make_dataset(examples, Batching(batch_size=7), **arguments)
        return [
            [inputs["token_ids"].numpy().tobytes() for inputs, _ in dataset] for _ in range(count)
        ]

    first, second, third = epochs(3, seed=5)
    assert first != second
    assert epochs(2, seed=5, first_epoch=1) == [second, third]
    assert epochs(1, seed=6) != [first]
    ordered = epochs(2, shuffle=False)
    assert ordered[0] == ordered[1]


def test_lengths_are_padded_to_a_multiple(vocabulary):
    examples, _, _ = encoded(vocabulary)
    for inputs, _ in make_dataset(examples, Batching(batch_size=7, pad_to_multiple_of=16)):
        assert inputs["token_ids"].shape[1] % 16 == 0


def test_classes_can_be_balanced(vocabulary):
    examples, _, _ = encoded(vocabulary, balanced=True)
    _, _, weights = next(iter(make_dataset(examples, Batching(batch_size=101))))
    assert weights.numpy().mean() == pytest.approx(1.0)


def test_long_texts_are_counted(vocabulary, caplog):
    with caplog.at_level(logging.WARNING):
        encoded(vocabulary, max_length=8, where="the training split")
    (record,) = caplog.records
    assert (
        "101 of 101 texts of the training split are longer than max_length=8 tokens: the head"
        in (record.getMessage())
    )


@pytest.mark.parametrize("name", ["batch_size", "pad_to_multiple_of"])
def test_sizes_must_be_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        Batching(**{name: 0})
