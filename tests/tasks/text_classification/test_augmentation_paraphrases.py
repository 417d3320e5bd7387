"""Texts that are translated there and back."""

import functools
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.common.run_folder import RunFolder
from tasks.text_classification.augmentation.augment import augment
from tasks.text_classification.augmentation.back_translation import back_translated
from tasks.text_classification.augmentation.settings import AugmentationConfig
from tasks.text_classification.examples import Example
from tasks.translation import presets
from tasks.translation import train as translation
from tasks.translation.corpora import Tsv
from tasks.translation.model import Translator
from tasks.translation.phrases import generate

pytestmark = pytest.mark.tensorflow

ENGLISH_TO_SPANISH = Path(__file__).parents[3] / "results" / "translation" / "tiny"
THERE, BACK = Path("there"), Path("back")


class Dictionary:
    """A translator of single sentences, which remembers what it was asked."""

    def __init__(self, sentences):
        self.sentences = sentences
        self.text = self
        self.asked = []

    def warn_unknown(self, sentences, where):
        pass

    def __call__(self, sentences):
        self.asked += sentences
        return [self.sentences.get(one, one) for one in sentences]


@pytest.fixture
def dictionaries(monkeypatch):
    """Two translators by their folders."""
    known = {
        THERE: Dictionary({"It is big.": "Es grande.", "It is large.": "Es grande.", "Oh.": ""}),
        BACK: Dictionary({"Es grande.": "It is large."}),
    }
    monkeypatch.setattr(Translator, "load", known.get)
    return known


def paraphrased(examples, labels="one"):
    return augment(examples, AugmentationConfig(back_translation=(THERE, BACK)), labels)


def test_texts_are_translated_sentence_by_sentence_and_each_once(dictionaries):
    texts = ["It is big. Why?\nIt is big.", "Why?", "Oh.", ""]
    assert back_translated(texts, THERE, BACK) == [
        "It is large. Why? It is large.",
        "Why?",
        "",
        "",
    ]
    assert dictionaries[THERE].asked == ["It is big.", "Why?", "Oh.", ""]
    assert dictionaries[BACK].asked == ["Es grande.", "Why?", "", ""]


@pytest.mark.usefixtures("dictionaries")
def test_what_comes_back_unchanged_or_empty_is_left_out(caplog):
    examples = [
        Example("It is big.", ("a", "b")),
        Example("It is  large.", ("a",)),
        Example("Oh.", ("b",)),
    ]
    with caplog.at_level(logging.INFO):
        assert paraphrased(examples, "several") == [Example("It is large.", ("a", "b"))]
    assert "1 changed copies of 3 training examples; left out are 2 that are empty" in caplog.text


@pytest.mark.usefixtures("dictionaries")
def test_both_texts_of_a_pair_are_translated():
    pairs = [Example("Why?", 1.0, "It is big."), Example("It is big.", 2.0, "Oh.")]
    assert paraphrased(pairs, "number") == [Example("Why?", 1.0, "It is large.")]


@pytest.mark.usefixtures("dictionaries")
def test_paraphrases_stand_beside_other_copies():
    config = AugmentationConfig(swap=0.1, back_translation=(THERE, BACK))
    found = augment([Example("It is big.", "x"), Example("a b", "y")], config, "one")
    assert len(found) == 3
    assert found[1:] == [Example("It is large.", "x"), Example("b a", "y")]


# Real translators.


def test_runs_of_the_translation_task_will_do(monkeypatch):
    # One model, loaded once, has to do for both ways; it says something of Spanish as well.
    load = functools.cache(Translator.load)
    monkeypatch.setattr(Translator, "load", load)
    folders = (ENGLISH_TO_SPANISH, ENGLISH_TO_SPANISH)
    examples = [Example("The house is red.", "x"), Example("Where is the dog? I see it.", "y")]
    found = augment(examples, AugmentationConfig(back_translation=folders), "one")
    translator = load(ENGLISH_TO_SPANISH)
    sentences = ["The house is red.", "Where is the dog?", "I see it."]
    first, second, third = translator(translator(sentences))
    assert found == [Example(first, "x"), Example(f"{second} {third}", "y")]


def test_a_folder_that_holds_no_translator(tmp_path):
    config = AugmentationConfig(back_translation=(tmp_path, tmp_path))
    with pytest.raises(FileNotFoundError, match="There is no run in"):
        augment([Example("a", "x")], config, "one")


@pytest.mark.slow
def test_paraphrases_mean_the_same(tmp_path):
    train, validation, test = generate(20_000, 200, 200)
    files = [tmp_path / f"{name}.tsv" for name in ("train", "validation", "test")]
    for path, phrases in zip(files, (train, validation, test), strict=True):
        rows = "".join(f"{one.spanish}\t{one.english}\n" for one in phrases)
        path.write_text(rows, encoding="utf-8")
    config = replace(
        presets.tiny(),
        data=Tsv(files[0], validation_path=files[1], test_path=files[2]),
        target_language="en",
    )
    translation.train(config, RunFolder(tmp_path / "run"))
    folders = (ENGLISH_TO_SPANISH, tmp_path / "run")
    examples = [Example(one.english, one.spanish) for one in train[:1000]]
    found = augment(examples, AugmentationConfig(back_translation=folders), "one")
    # Most come back as they were and are left out; Spanish has one word for "his" and "her", one
    # for "a" and "one": that is what shall have changed in the others.
    assert 30 < len(found) < 200
    meant = {one.label: in_spanish(one.text) for one in examples}
    preserved = sum(in_spanish(one.text) == meant[one.label] for one in found)
    assert preserved / len(found) > 0.5


def in_spanish(text):
    """What of an English text is left in Spanish."""
    same = {"her": "his", "one": "a", "an": "a"}
    return " ".join(same.get(word, word) for word in text.lower().split())
