import logging

import numpy as np
import pytest

from tasks.translation.config import DecodeConfig, DecodeOptions
from tasks.translation.model import Translator, translation_limit

pytestmark = pytest.mark.tensorflow

SENTENCES = ["The girl sees the apple.", "The dog eats two houses.", "The boy buys a red car."]


@pytest.fixture(scope="module")
def translator(tiny_run):
    return Translator.load(tiny_run)


def test_strings_become_strings(translator):
    translations = translator(SENTENCES)

    assert len(translations) == 3
    assert all(isinstance(translation, str) for translation in translations)


def test_what_is_empty_stays_empty(translator):
    assert translator(["", SENTENCES[0], "  "])[::2] == ["", ""]
    assert translator([]) == []
    assert translator(["", ""]) == ["", ""]


def test_neighbours_do_not_matter(translator):
    assert translator(SENTENCES) == [translator([sentence])[0] for sentence in SENTENCES]


def test_candidates_come_best_first(tiny_run):
    translator = Translator.load(tiny_run, n_best=3)

    for found in translator.candidates(SENTENCES):
        scores = [candidate.score for candidate in found]
        assert len(found) == 3
        assert scores == sorted(scores, reverse=True)


def test_there_are_no_more_candidates_than_beams(tiny_run):
    with pytest.raises(ValueError, match=r"n_best=5, beams=3\. Raise `--decode\.beams`"):
        Translator.load(tiny_run, n_best=5)


def test_the_search_of_the_run_can_be_changed(tiny_run):
    translator = Translator.load(tiny_run, DecodeOptions(beams=1))

    assert translator.config == DecodeConfig(beams=1, max_length=31)
    assert len(translator(SENTENCES)) == 3


def test_long_sentences_are_cut_off_counted_and_told(translator, caplog):
    before = translator.too_long
    with caplog.at_level(logging.WARNING):
        translations = translator([SENTENCES[0] * 9, SENTENCES[1], SENTENCES[2] * 7])

    assert len(translations) == 3
    assert translator.too_long == before + 2
    assert "2 of 3 sentences are longer than 31 tokens and are cut off" in caplog.text


@pytest.mark.slow
def test_a_thousand_mixed_sentences_cause_few_compilations(tiny_run, caplog):
    random = np.random.default_rng(7)
    sentences = [" ".join(random.choice(SENTENCES, random.integers(1, 9))) for _ in range(1000)]
    translator = Translator.load(tiny_run, DecodeOptions(beams=1))

    with caplog.at_level(logging.INFO):
        translations = translator(sentences)

    assert len(translations) == 1000
    assert 1 <= translator.compilations <= 8
    compilations = [record for record in caplog.records if "Compiled for" in record.message]
    assert len(compilations) == translator.compilations


def test_alignments_are_distributions_over_the_source(translator):
    alignments = translator.alignments(SENTENCES[:2], ["La niña ve.", "El perro"])

    for one in alignments:
        layers_and_heads, rest = one.weights.shape[:2], one.weights.shape[2:]
        assert layers_and_heads == (1, 2)
        assert rest == (len(one.target), len(one.source))
        np.testing.assert_allclose(one.weights.sum(axis=-1), 1.0, rtol=1e-5)
        assert one.source[-1] == one.target[-1] == "</s>"


def test_the_limit_of_a_translation_depends_on_its_source():
    config = DecodeConfig(max_length=31)

    assert [translation_limit(length, config) for length in (3, 10, 11, 31)] == [16, 30, 31, 31]


@pytest.mark.parametrize("weights", ["best", "last"])
def test_other_checkpoints_of_the_run_can_be_loaded(tiny_run, weights):
    assert len(Translator.load(tiny_run, weights=weights).model.get_weights()) > 0


def test_a_folder_without_a_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no run in .*config\.json is missing"):
        Translator.load(tmp_path)
