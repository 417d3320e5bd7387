"""Several tasks on one encoder: each example counts for its own head alone."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.common.run_folder import RunFolder
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification import train as train_module
from tasks.text_classification.batches import Batching, EncodedExamples, make_dataset
from tasks.text_classification.builtin import generate
from tasks.text_classification.config import ObjectiveConfig
from tasks.text_classification.corpora import Sst2, Table, name_of, parse_corpus
from tasks.text_classification.facts import Facts, RunFacts
from tasks.text_classification.labels import NO_LABEL, LabelSet
from tasks.text_classification.model import Classifier
from tasks.text_classification.multi_task import JoinedExamples, for_each_task, joined
from tasks.text_classification.text import ClassifierText

pytestmark = pytest.mark.tensorflow

KINDS = {"sentiment": "one", "rating": "number", "words": "words", "aspects": "several"}
COUNTS = {"sentiment": 17, "rating": 5, "words": 11, "aspects": 7}


@pytest.fixture(scope="module")
def parts():
    raw = {kind: generate(kind, count, 1, 1).train for kind, count in COUNTS.items()}
    texts = [one.text for examples in raw.values() for one in examples]
    vocabulary = Vocabulary.train([texts * 5], size=150)
    return {
        kind: EncodedExamples(
            examples,
            ClassifierText(vocabulary, 96, by_words=kind == "words"),
            LabelSet.of(examples, KINDS[kind]),
        )
        for kind, examples in raw.items()
    }


def test_each_example_comes_once_with_its_label_and_no_other(parts):
    both = JoinedExamples(parts)
    assert both.size == sum(COUNTS.values())
    seen = dict.fromkeys(COUNTS, 0)
    for inputs, labels, weights in make_dataset(both, Batching(batch_size=9), seed=3):
        rows = len(inputs["token_ids"])
        assert set(labels) == set(weights) == set(COUNTS)
        assert all(len(values) == rows for values in (*labels.values(), *weights.values()))
        np.testing.assert_array_equal(sum(w.numpy() for w in weights.values()), 1.0)
        for kind in COUNTS:
            seen[kind] += int(weights[kind].numpy().sum())
        assert labels["words"].shape == inputs["token_ids"].shape
    assert seen == COUNTS


@pytest.mark.parametrize("number", [0, 16, 17, 22, 33, 39])
def test_an_example_is_what_it_is_alone(parts, number):
    both = JoinedExamples(parts)
    inputs, labels, weights = both.batch(np.array([number, 3, 20]))
    (kind,) = (kind for kind in COUNTS if weights[kind][0])
    before = sum(list(COUNTS.values())[: list(COUNTS).index(kind)])
    alone_inputs, alone_labels = parts[kind].batch(np.array([number - before]))
    length = alone_inputs["token_ids"].shape[1]
    np.testing.assert_array_equal(inputs["token_ids"][0, :length], alone_inputs["token_ids"][0])
    assert not inputs["token_ids"][0, length:].any()
    expected = alone_labels[0]
    found = labels[kind][0]
    np.testing.assert_array_equal(found[:length] if kind == "words" else found, expected)
    if kind == "words":
        assert (alone_labels[0] == NO_LABEL).any()


def test_one_task_is_as_it_was(parts):
    assert joined({"sentiment": parts["sentiment"]}) is parts["sentiment"]
    one = Facts("a", LabelSet("number"))
    assert for_each_task(RunFacts((one,)), lambda task: task.name) == "a"
    two = RunFacts((one, replace(one, name="b")))
    assert for_each_task(two, lambda task: task.name) == {"a": "a", "b": "b"}


@pytest.mark.slow
def test_a_run_learns_all_tasks_and_answers_each(tiny_config, tmp_path, monkeypatch):
    monkeypatch.setattr(train_module, "_scores", lambda *_: ([], []))
    rating = "Builtin(kind='rating', train=97, validation=13, test=11)"
    words = "Builtin(kind='words', train=97, validation=13, test=11)"
    config = replace(tiny_config(monitor="val_accuracy", epochs=1), also=(rating, words))

    train_module.train(config, RunFolder(tmp_path / "run"))

    said = {
        task: Classifier.load(tmp_path / "run", task=task)(["The soup is not bad."])[0].label
        for task in (None, "builtin_rating", "builtin_words")
    }
    assert said[None] in ("negative", "positive")
    assert isinstance(said["builtin_rating"], float)
    assert len(said["builtin_words"]) == 5


def test_corpora_are_written_as_in_python(tmp_path):
    assert parse_corpus("Sst2", "also") == Sst2()
    table = parse_corpus(f"Table(path='{tmp_path}/my.tsv', labels='number')", "also")
    assert table == Table(tmp_path / "my.tsv", labels="number")
    assert name_of(table) == "table_my"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Sst3", "`also` cannot be made: there is no Sst3: did you mean Sst2"),
        ("Sst2(", "`also` cannot be made"),
        ("Sst2(where='x')", "`also` cannot be made.*where"),
        ("Builtin(kind='all')", r"`also`: `kind` must be one of .*'all'"),
        ("3", "`also` must be one of Builtin, Imdb"),
    ],
)
def test_what_is_no_corpus_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        parse_corpus(text, "also")


def test_r_drop_takes_one_task(tiny_config):
    with pytest.raises(ValueError, match="R-Drop .* takes one task"):
        replace(tiny_config(), also=("Sst2",), objective=ObjectiveConfig("r_drop"))
