"""The recurrent model in all that the task does; the other tests have the Transformer."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from keras_attention.models import RecurrentEncoderDecoder
from tasks.common import console
from tasks.common.run_folder import RunFolder
from tasks.translation import export, predict, train
from tasks.translation.config import (
    CrossAttentionConfig,
    DecodeOptions,
    RecurrentConfig,
    TranslationConfig,
)
from tasks.translation.model import Translator
from tasks.translation.presets import recurrent

SENTENCES = ["The girl sees the apple.", "", "The dog eats two houses."]


@pytest.fixture(scope="module")
def run(tiny_run, tmp_path_factory):
    """Path of a finished run folder."""
    folder = RunFolder(tmp_path_factory.mktemp("recurrent") / "run")
    model = RecurrentConfig(
        d_model=26,
        cell="gru",
        dropout=0.0,
        attention=CrossAttentionConfig("Bilinear", "Monotonic(sigmoid_noise=1.0)"),
        scheduled_sampling=0.25,
    )
    config = RunFolder(tiny_run).load_config(TranslationConfig)
    settings = replace(config.train, epochs=1, validate_every=9, pictures=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "evaluate", lambda *_: [])
        train.train(replace(config, model=model, train=settings), folder)
    return folder.path


def test_the_preset_has_the_model():
    preset = recurrent()

    assert isinstance(preset.model, RecurrentConfig)
    assert preset.model.attention.score == "Additive"


def test_it_is_chosen_on_the_command_line(monkeypatch):
    given = []
    monkeypatch.setattr(train, "train", lambda config, folder: given.append(config))

    options = ["--model.cell", "gru", "--model.attention.normalizer", "Monotonic"]
    console.run(train.main, ["recurrent", *options])

    assert given[0].model.cell == "gru"
    assert given[0].model.attention == CrossAttentionConfig("Additive", "Monotonic")


@pytest.mark.slow
def test_a_run_is_loaded_and_translates(run):
    translator = Translator.load(run, n_best=3)

    found = translator.candidates(SENTENCES)

    assert isinstance(translator.model, RecurrentEncoderDecoder)
    assert found[1][0].text == ""
    assert [len(candidates) for candidates in found] == [3, 1, 3]


def test_a_coverage_penalty_lowers_the_scores(run):
    with_penalty, without = (
        Translator.load(run, DecodeOptions(coverage_penalty=penalty)) for penalty in (0.5, 0.0)
    )

    (one,), (other,) = (t.candidates(SENTENCES[:1]) for t in (with_penalty, without))

    assert one[0].score < other[0].score


def test_its_attention_is_drawn(run, tmp_path):
    picture = tmp_path / "attention.png"

    console.run(predict.main, [str(run), SENTENCES[0], "--attention", str(picture)])

    assert min(tf.io.decode_png(picture.read_bytes()).shape[:2]) > 100
    (one,) = Translator.load(run).alignments(SENTENCES[:1], ["La niña ve la manzana."])
    assert one.weights.shape == (1, 1, len(one.target), len(one.source))
    assert np.isin(one.weights, (0, 1)).all()  # monotonic attention is hard


def test_the_saved_model_translates_as_the_translator(run, tmp_path):
    console.run(export.main, [str(run), "--output", str(tmp_path / "model")])

    translate = tf.saved_model.load(tmp_path / "model").signatures["serving_default"]
    found = translate(text=tf.constant(SENTENCES))["text"].numpy()
    assert [text.decode() for text in found] == Translator.load(run)(SENTENCES)
