import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from training.cluster import run_workers

from keras_attention.training.checkpoint_file import read_checkpoint
from tasks.common import console, finished, results, training
from tasks.common.run_folder import RunFolder
from tasks.translation import train as train_module
from tasks.translation.config import TranslationConfig
from tasks.translation.data import Batching
from tasks.translation.presets import PRESETS
from tasks.translation.train import train

pytestmark = pytest.mark.tensorflow

ROOT = Path(__file__).parents[3]


def config_of(run):
    return RunFolder(run).load_config(TranslationConfig)


def changed(config, **train_settings):
    return replace(config, train=replace(config.train, **train_settings))


def events_of(folder):
    everything = {"scalars": 0, "tensors": 0, "images": 0}
    accumulator = EventAccumulator(str(folder), size_guidance=everything)
    return accumulator.Reload()


def curve(folder, tag):
    return {event.step: tf.make_ndarray(event.tensor_proto) for event in folder.Tensors(tag)}


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of the finished run, to change."""
    return RunFolder(shutil.copytree(tiny_run, tmp_path / "run"))


class _MeasuresNothing(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        logs["val_bleu"] = 0.0


@pytest.fixture
def unscored(monkeypatch):
    """Leaves out the scores on the test split, and what is shown after each epoch."""
    monkeypatch.setattr(train_module, "evaluate", lambda *_: [])
    monkeypatch.setattr(train_module, "TranslationProgress", lambda *_: _MeasuresNothing())


@pytest.mark.usefixtures("unscored")
def test_two_steps_give_a_finite_loss(tiny_run, tmp_path):
    config = changed(config_of(tiny_run), max_steps=2)

    train(config, RunFolder(tmp_path / "new"))

    losses = curve(events_of(tmp_path / "new" / "logs" / "train"), "epoch_loss")
    assert list(losses) == [0]
    assert np.isfinite(losses[0])


def test_a_run_folder_holds_everything(tiny_run):
    checkpoints = {path.name for path in (tiny_run / "checkpoints").iterdir()}

    assert {path.name for path in tiny_run.iterdir()} == {
        "config.json",
        "vocabulary.model",
        "checkpoints",
        "logs",
        "test.hypotheses.txt",
    }
    assert {"best.npz", "last.npz", "final.npz", "vocabulary.sha256"} <= checkpoints
    hypotheses = (tiny_run / "test.hypotheses.txt").read_text(encoding="utf-8")
    assert len(hypotheses.splitlines()) == 9


def test_tensorboard_has_curves_translations_and_pictures(tiny_run):
    training = events_of(tiny_run / "logs" / "train")
    validation = events_of(tiny_run / "logs" / "validation")

    for tag in ("loss", "accuracy", "learning_rate", "tokens_per_second"):
        assert list(curve(training, f"epoch_{tag}")) == [0, 1]
    for tag in ("loss", "accuracy", "bleu"):
        assert list(curve(validation, f"epoch_{tag}")) == [0, 1]
    tables = curve(validation, "translations")
    assert "| source | translation | reference |" in str(tables[1])
    assert "The girl sees a red car." in str(tables[1])
    for number in (1, 2):
        pictures = curve(validation, f"attention/sentence {number}")
        assert list(pictures) == [0, 1]
        width, height, png = pictures[1]
        assert min(int(width), int(height)) > 100
        assert tf.io.decode_png(png).shape[-1] == 3


@pytest.mark.usefixtures("unscored")
def test_a_run_is_resumed_where_it_ended(run):
    config = changed(config_of(run.path), epochs=3)
    before = read_checkpoint(run.weights("last"))

    train(config, run)

    after = read_checkpoint(run.weights("last"))
    assert (before.about["epoch"], after.about["epoch"]) == (1, 2)
    assert list(curve(events_of(run.logs / "train"), "epoch_loss")) == [0, 1, 2]
    assert run.load_config(TranslationConfig).train.epochs == 3


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_stopped_and_resumed_is_the_same_as_never_stopped(tiny_run, tmp_path):
    config = changed(config_of(tiny_run), average=1)
    straight, interrupted = RunFolder(tmp_path / "a"), RunFolder(tmp_path / "b")

    train(config, straight)
    steps = int(read_checkpoint(straight.weights("last")).optimizer[0]) // 2
    # The schedule depends on the number of epochs, so the run is stopped by another way.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "Budget", lambda *_: _StopAfterOneEpoch())
        train(config, interrupted)
    assert int(read_checkpoint(interrupted.weights("last")).optimizer[0]) == steps
    train(config, interrupted)

    one, other = (read_checkpoint(folder.weights("last")) for folder in (straight, interrupted))
    for name, weight in one.weights.items():
        np.testing.assert_allclose(other.weights[name], weight, atol=1e-6)


class _StopAfterOneEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


def test_other_settings_do_not_resume_a_run(run):
    with pytest.raises(ValueError, match=r"(?s)other settings.*train\.seed: 0 before, now 7"):
        train(changed(config_of(run.path), seed=7), run)


def test_a_vocabulary_of_another_run_does_not_resume_it(run):
    run.vocabulary.write_bytes(run.vocabulary.read_bytes() + b"\x00")
    with pytest.raises(ValueError, match="vocabulary"):
        train(config_of(run.path), run)


def test_a_half_written_checkpoint_is_named(run):
    content = run.weights("last").read_bytes()
    run.weights("last").write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=r"last\.npz is damaged"):
        train(config_of(run.path), run)


def test_data_that_cannot_be_read_leave_no_run_behind(tiny_run, tmp_path):
    config = config_of(tiny_run)
    nowhere = replace(config, data=replace(config.data, path=tmp_path / "nowhere.tsv"))
    folder = RunFolder(tmp_path / "new")

    with pytest.raises(FileNotFoundError, match=r"nowhere\.tsv"):
        train(nowhere, folder)

    assert not folder.is_started


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize(
    ("settings", "batching"),
    [
        ({"strategy": "mirrored", "precision": "mixed_bfloat16"}, {}),
        (
            {"jit": True, "monitor": "val_bleu", "patience": 1, "schedule": "linear"},
            {"sampling": 0.3},
        ),
    ],
    ids=lambda settings: "-".join(settings) or None,
)
def test_every_way_to_train_trains(tiny_run, tmp_path, settings, batching):
    config = changed(config_of(tiny_run), **settings)
    config = replace(config, batching=Batching(**(vars(config.batching) | batching)))

    train(config, RunFolder(tmp_path / "new"))

    losses = curve(events_of(tmp_path / "new" / "logs" / "train"), "epoch_loss")
    assert losses[1] < losses[0]


@pytest.mark.slow
def test_two_workers_train_one_model(tiny_run, tmp_path):
    """The command itself, in two processes: one writes, and the curve is that of one device."""
    config, alone, together = config_of(tiny_run), tmp_path / "alone", tmp_path / "together"
    data = config.data
    command = [sys.executable, "-m", "tasks.translation.train", "base", "--run-folder"]
    options = {
        "--data.path": data.path,
        "--data.validation-path": data.validation_path,
        "--data.test-path": data.test_path,
        "--vocabulary.size": 47,
        "--batching.batch-tokens": 401,
        "--batching.max-length": 31,
        "--model.num-layers": 1,
        "--model.d-model": 26,
        "--model.num-heads": 2,
        "--model.dff": 37,
        "--model.dropout": 0.0,
        "--train.epochs": 2,
        "--train.pictures": 0,
        "--train.validate-every": 2,
        "--decode.beams": 1,
        "--decode.max-length": 31,
    }
    arguments = [str(part) for option in options.items() for part in option]

    subprocess.run([*command, alone, *arguments], cwd=ROOT, check=True)
    strategy = ["--train.strategy", "multi_worker"]
    outputs = run_workers([*command, str(together), *arguments, *strategy], cwd=ROOT)

    assert ["test.hypotheses.txt" in output for output in outputs] == [True, False]
    one, two = (curve(events_of(run / "logs" / "train"), "epoch_loss") for run in (alone, together))
    np.testing.assert_allclose([*two.values()], [*one.values()], rtol=1e-4)


@pytest.mark.slow
def test_the_tiny_preset_learns_the_built_in_phrases(tmp_path):
    """From a quarter of its pairs, in smaller batches, and so not all: `results` has the whole."""
    preset = changed(PRESETS["tiny"](), pictures=0, warmup_steps=100)
    preset = replace(
        preset,
        data=replace(preset.data, train=10_000, validation=200, test=300),
        vocabulary=replace(preset.vocabulary, size=1200),
        batching=replace(preset.batching, batch_tokens=512),
    )
    scores = train(preset, RunFolder(tmp_path / "run"))

    assert {one.name: one.value for one in scores}["exact match"] >= 75.0


def test_the_result_is_recorded_when_asked(run, monkeypatch, tmp_path):
    recorded = []

    def record(task, start, facts):
        recorded.append((task, start, facts))
        return tmp_path

    monkeypatch.setattr(finished, "record", record)

    scores = train(changed(config_of(run.path), record=True), run)

    ((task, start, facts),) = recorded
    assert task == "translation"
    assert facts["scores"].keys() == {one.name for one in scores}
    assert facts["parameters"] > 0
    assert facts["decode"]["beams"] == 3
    json.dumps(facts)
    assert isinstance(start, results.Start)


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize("variation", [{}, {"average": 3}])
def test_only_a_preset_as_it_stands_has_its_model_published(variation, run, monkeypatch, tmp_path):
    preset = config_of(run.path)
    monkeypatch.setitem(PRESETS, preset.name, lambda: preset)
    monkeypatch.setattr(finished, "record", lambda *_: tmp_path / "results" / "tests.jsonl")

    train(changed(preset, record=True, **variation), run)

    published = tmp_path / "results" / "tests" / preset.name
    assert published.exists() == (not variation)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tyni"], "tiny, recurrent, multi30k, tatoeba_spanish, tatoeba_chinese, base"),
        (["tiny", "--train.epoch", "3"], "--train.epochs"),
        (["tiny", "--data.path", "x"], "--data.path"),
        (["tiny", "--train.strategy", "all"], "one_device"),
    ],
)
def test_a_wrong_command_line_says_what_exists(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(train_module.main, arguments)

    assert exit.value.code == 2
    output = " ".join(line.strip("│ ") for line in "".join(capsys.readouterr()).splitlines())
    assert message in output


def test_sizes_that_do_not_fit_are_told_in_a_line(tmp_path, capsys, tiny_run):
    data = config_of(tiny_run).data
    arguments = ["base", "--data.path", str(data.path), "--model.d-model", "10"]
    arguments += ["--data.validation-path", str(data.validation_path), "--vocabulary.size", "47"]
    arguments += ["--data.test-path", str(data.test_path), "--run-folder", str(tmp_path / "new")]
    with pytest.raises(SystemExit) as exit:
        console.run(train_module.main, [*arguments, "--model.num-heads", "4"])

    assert exit.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert "d_model=10, num_heads=4" in error
