"""Augmented training examples: their labels, their number, their seed, and what stays as it is."""

import logging
from collections import Counter
from dataclasses import replace

import pytest

from tasks.common.config_json import from_json, to_json
from tasks.common.run_folder import RunFolder
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification import train as train_module
from tasks.text_classification.augmentation import augment as augment_module
from tasks.text_classification.augmentation.augment import augment, augmented_examples
from tasks.text_classification.augmentation.settings import AugmentationConfig
from tasks.text_classification.builtin import generate
from tasks.text_classification.config import (
    ClassificationConfig,
    ModelConfig,
    TextConfig,
)
from tasks.text_classification.corpora import Builtin, Table, label_kind
from tasks.text_classification.examples import Example
from tasks.text_classification.train import train

pytestmark = pytest.mark.tensorflow

KINDS = ("sentiment", "entailment", "aspects", "rating", "words")
ALL = {"deletion": 0.1, "swap": 0.1}


def examples_of(kind, count=101):
    return generate(kind, count, 1, 1).train, label_kind(Builtin(kind))


@pytest.fixture
def synonyms(tmp_path):
    path = tmp_path / "synonyms.tsv"
    path.write_text("the\tthis\nis\twas\tseems\n")
    return path


def run_of(**settings):
    """The settings of a small run."""
    return ClassificationConfig(
        **{
            "name": "test",
            "data": Builtin("sentiment", train=101, validation=11, test=7),
            "text": TextConfig(vocabulary_size=120, max_length=64),
            "model": ModelConfig(num_layers=1, d_model=14, num_heads=2, dff=17),
            **settings,
        }
    )


def test_nothing_is_added_by_default():
    assert augment(examples_of("sentiment")[0], AugmentationConfig(), "one") == []


@pytest.mark.parametrize("kind", KINDS)
def test_copies_keep_their_labels(kind, synonyms):
    examples, labels = examples_of(kind, count=31)
    config = AugmentationConfig(copies=3, synonyms=synonyms, **ALL)
    found = augment(examples, config, labels)
    assert len(found) > 60
    for one in found:
        # Some example has this label and, but for synonyms, these words.
        assert any(
            bag(one, labels) <= bag(example, labels)
            and (labels == "words" or one.label == example.label)
            for example in examples
        )


def bag(example, labels):
    """How often each word occurs in which text and, if words have labels, with which label."""
    before = {"this": "the", "was": "is", "seems": "is"}  # what a synonym stands for
    counts = Counter()
    for number, text in enumerate(example.texts):
        words = [before.get(word.lower(), word.lower()) for word in text.split()]
        carried = example.label if labels == "words" else [None] * len(words)
        counts.update((number, *both) for both in zip(words, carried, strict=True))
    return counts


def test_both_texts_of_a_pair_change_by_themselves():
    examples, labels = examples_of("entailment")
    found = augment(examples, AugmentationConfig(deletion=0.1), labels)
    first = {example.text for example in examples}
    second = {example.second for example in examples}
    changed = Counter((one.text not in first, one.second not in second) for one in found)
    assert changed[False, False] == 0  # such copies are left out
    assert min(changed[True, False], changed[False, True], changed[True, True]) > 5


def test_the_seed_decides():
    examples, labels = examples_of("sentiment")
    config = AugmentationConfig(copies=2, **ALL)
    assert augment(examples, config, labels, seed=5) == augment(examples, config, labels, seed=5)
    assert augment(examples, config, labels, seed=5) != augment(examples, config, labels, seed=6)


def test_each_copy_is_made_by_one_change():
    examples = [Example(" ".join(f"w{i}" for i in range(53)), "x")] * 300
    found = augment(examples, AugmentationConfig(deletion=0.2, swap=0.2), "one", seed=3)
    whole = sum(len(one.text.split()) == 53 for one in found)
    assert whole / len(found) == pytest.approx(0.5, abs=0.1)
    for one in found:
        if len(one.text.split()) < 53:
            assert one.text.split() == sorted(one.text.split(), key=lambda word: int(word[1:]))


def test_what_changes_nothing_is_left_out_and_counted(caplog):
    examples = [Example("a b", "x"), Example("alone", "y"), Example("same same", "x")]
    with caplog.at_level(logging.INFO):
        found = augment(examples, AugmentationConfig(copies=3, swap=0.1), "one")
    assert found == [Example("b a", "x")]
    assert "1 changed copies of 3 training examples; left out are 8 that are empty" in caplog.text


def test_a_number_and_white_space():
    found = augment([Example("a  b\n", 3.5)], AugmentationConfig(swap=0.1), "number")
    assert found == [Example("b a", 3.5)]
    # Other white space alone is no change.
    assert augment([Example("a  b\n", 3.5)], AugmentationConfig(deletion=1e-9), "number") == []


# Settings.


@pytest.mark.parametrize("name", ["copies", "neighbour_count"])
def test_counts_must_be_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        AugmentationConfig(**{name: 0})


@pytest.mark.parametrize("name", ["synonym_share", "neighbour_share", "deletion", "swap"])
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_shares_must_be_shares(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be from 0 to 1. Received: {name}={value}"):
        AugmentationConfig(**{name: value})


def test_paraphrases_have_no_labels_of_words(tmp_path):
    config = AugmentationConfig(back_translation=(tmp_path, tmp_path))
    for data in (Builtin("words"), Table(tmp_path / "a.tsv", labels="words")):
        with pytest.raises(ValueError, match="whose labels nobody knows. Received: labels of the"):
            ClassificationConfig(name="test", data=data, augmentation=config)
    with pytest.raises(ValueError, match="Use `synonyms`, `neighbours`, `deletion` or `swap`"):
        augment([Example("a b", ("x", "y"))], config, "words")


def test_the_settings_survive_json(tmp_path):
    config = AugmentationConfig(
        copies=3,
        synonyms=tmp_path / "a",
        synonym_share=0.2,
        neighbours=tmp_path / "b",
        neighbour_share=0.3,
        neighbour_count=7,
        deletion=0.4,
        swap=0.5,
        back_translation=(tmp_path / "c", tmp_path / "d"),
        bad_rows="skip",
    )
    assert from_json(AugmentationConfig, to_json(config)) == config


# Runs.


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_goes_on_with_its_copies(tmp_path, kind, monkeypatch):
    examples, _ = examples_of(kind)
    run = run_of(data=Builtin(kind), augmentation=AugmentationConfig(copies=2, **ALL))
    folder = RunFolder(tmp_path)
    found = augmented_examples(examples, run, folder, writes=True)
    assert len(found) > 150
    monkeypatch.setattr(augment_module, "augment", None)
    assert augmented_examples(examples, run, folder, writes=True) == found


def test_only_one_worker_writes(tmp_path):
    run = run_of(augmentation=AugmentationConfig(swap=0.1))
    assert augmented_examples(examples_of("sentiment")[0], run, RunFolder(tmp_path), writes=False)
    assert list(tmp_path.iterdir()) == []


def test_tags_are_removed_before_they_are_torn_apart(tmp_path):
    examples = [Example("so <br /><br /> good <i> a </i> film", "x")]
    run = run_of(
        text=TextConfig(remove_tags=True), augmentation=AugmentationConfig(copies=9, swap=0.5)
    )
    found = augmented_examples(examples, run, RunFolder(tmp_path), writes=True)
    assert found
    assert all(sorted(one.text.split()) == ["a", "film", "good", "so"] for one in found)


def test_only_training_is_augmented(tmp_path, monkeypatch):
    read, seen = {}, []

    class Recorded(train_module.EncodedExamples):
        def __init__(self, examples, text, labels, balanced, where):
            read[where] = list(examples)
            super().__init__(examples, text, labels, balanced, where)

    monkeypatch.setattr(train_module, "EncodedExamples", Recorded)
    # What takes longest: it is given the sets, and the splits as they were read.
    monkeypatch.setattr(train_module, "_fit", lambda *given: seen.extend(given[4]))
    monkeypatch.setattr(train_module, "choose_weights", lambda *_: None)
    monkeypatch.setattr(
        train_module, "_scores", lambda *given: seen.extend(given[2].values()) or ([], [])
    )
    run = run_of(augmentation=AugmentationConfig(copies=2, **ALL))
    folder = RunFolder(tmp_path / "run")
    train(run, folder)
    splits = generate("sentiment", 101, 11, 7)
    assert read["builtin_sentiment (train)"][:101] == splits.train
    assert len(read["builtin_sentiment (train)"]) > 250
    assert read["builtin_sentiment (validation)"] == splits.validation
    assert [one.size for one in seen[:2]] == [len(read["builtin_sentiment (train)"]), 11]
    assert seen[2] == splits
    expected = Vocabulary.train([[one.text for one in splits.train]], size=120)
    assert folder.load_vocabulary().fingerprint == expected.fingerprint
    with pytest.raises(ValueError, match=r"augmentation\.copies: 2 before, now 3"):
        train(replace(run, augmentation=replace(run.augmentation, copies=3)), folder)
