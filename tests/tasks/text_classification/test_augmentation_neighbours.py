"""The nearest words of an embedding, beside a loop over all pairs."""

import numpy as np
import pytest

from keras_attention.training.checkpoint_file import Checkpoint, write_checkpoint
from tasks.common.run_folder import RunFolder
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.augmentation import neighbours
from tasks.text_classification.augmentation.augment import augment
from tasks.text_classification.augmentation.neighbours import nearest_words
from tasks.text_classification.augmentation.settings import AugmentationConfig
from tasks.text_classification.augmentation.words import core
from tasks.text_classification.examples import Example

pytestmark = pytest.mark.tensorflow

WORDS = ("good", "Good", "fine", "bad", "poor", "day", "night", "soup", "undo", "und")
TABLE = "encoder/token_embedding/embedding/embeddings"


@pytest.fixture(scope="module")
def vocabulary():
    lines = [" ".join(np.random.default_rng(i).permutation(WORDS)) for i in range(50)]
    return Vocabulary.train([lines], size=60, model_type="bpe")


def run_with(path, vocabulary, weights, which="final"):
    """A run folder that holds a vocabulary and these weights."""
    run = RunFolder(path)
    run.save_vocabulary(vocabulary)
    write_checkpoint(run.weights(which), Checkpoint(weights))
    return path


@pytest.fixture
def table(vocabulary):
    """One row more than the vocabulary has pieces, as for the mask."""
    return np.random.default_rng(5).normal(size=(vocabulary.size + 1, 7)).astype("float16")


def cosine(a, b):
    a, b = a.astype("float64"), b.astype("float64")
    return sum(x * y for x, y in zip(a, b, strict=True)) / (np.sqrt(sum(a**2)) * np.sqrt(sum(b**2)))


@pytest.mark.parametrize("portion", [3, 1024])
@pytest.mark.parametrize("which", ["final", "encoder"])
def test_neighbours_have_the_least_angles(tmp_path, vocabulary, table, portion, which, monkeypatch):
    monkeypatch.setattr(neighbours, "_PORTION", portion)
    found = nearest_words(run_with(tmp_path, vocabulary, {TABLE: table}, which), WORDS, count=3)
    pieces = vocabulary.pieces(range(vocabulary.size))
    vectors = {word: table[pieces.index(f"▁{word}")] for word in WORDS if f"▁{word}" in pieces}
    assert len(vectors) > 7
    assert found.keys() == vectors.keys()
    for word, near in found.items():
        others = [other for other in vectors if other.lower() != word.lower()]
        others.sort(key=lambda other: -cosine(vectors[word], vectors[other]))
        assert near == tuple(others[:3])


def test_only_whole_words_of_the_texts_are_neighbours(tmp_path, vocabulary, table):
    run = run_with(tmp_path, vocabulary, {TABLE: table})
    pieces = vocabulary.pieces(range(vocabulary.size))
    assert any(piece[1:] not in ("", *WORDS) for piece in pieces if piece.startswith("▁"))
    assert set(nearest_words(run, WORDS, count=99)) <= set(WORDS)
    few = nearest_words(run, ["fine", "bad", "soup", "unheard"], count=99)
    assert {word: set(near) for word, near in few.items()} == {
        word: {"fine", "bad", "soup"} - {word} for word in ("fine", "bad", "soup")
    }


def test_words_of_examples_become_their_neighbours(tmp_path, vocabulary, table):
    run = run_with(tmp_path, vocabulary, {TABLE: table})
    examples = [Example("Good soup, bad day! unheard poor night", "x")] * 50
    config = AugmentationConfig(neighbours=run, neighbour_share=0.3, neighbour_count=2)
    near = nearest_words(run, [core(word) for word in examples[0].text.split()], count=2)
    found = augment(examples, config, "one")
    assert len({one.text for one in found}) > 10
    for one in found:
        words = zip(examples[0].text.split(), one.text.split(), strict=True)
        changed = [(core(old), core(new)) for old, new in words if old != new]
        assert len(changed) == 2
        assert all(new in near[old] for old, new in changed)


def test_a_vocabulary_of_other_words(tmp_path, vocabulary, table):
    run = run_with(tmp_path, vocabulary, {TABLE: table})
    with pytest.raises(ValueError, match="no two of the words of the texts .* larger vocabulary"):
        nearest_words(run, ["Katze", "Hund", "good", "Good"], count=3)


def test_a_run_without_an_embedding_or_without_weights(tmp_path, vocabulary, table):
    run = run_with(tmp_path / "a", vocabulary, {"other": table})
    with pytest.raises(ValueError, match="is no run with one token embedding. It has 0"):
        nearest_words(run, WORDS, count=3)
    RunFolder(tmp_path / "b").save_vocabulary(vocabulary)
    with pytest.raises(FileNotFoundError, match=r"final\.npz"):
        nearest_words(tmp_path / "b", WORDS, count=3)
    with pytest.raises(FileNotFoundError, match="There is no vocabulary"):
        nearest_words(tmp_path / "c", WORDS, count=3)
