"""Training from a configuration to a finished run folder."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from keras_attention.training.checkpoint_file import read_checkpoint
from tasks.common import console, finished
from tasks.common.run_folder import RunFolder
from tasks.image_classification import train as train_module
from tasks.image_classification.augmentation import AugmentationConfig
from tasks.image_classification.config import DistillationConfig, ImageConfig, ModelConfig
from tasks.image_classification.facts import Facts
from tasks.image_classification.model import ImageClassifier
from tasks.image_classification.presets import PRESETS
from tasks.image_classification.train import train

pytestmark = pytest.mark.tensorflow
ALL = AugmentationConfig(flip=True, crop=2, erasing=0.5, mixup=0.2, cutmix=1.0)


def losses_of(folder):
    events = EventAccumulator(str(folder / "logs" / "train"), size_guidance={"tensors": 0}).Reload()
    return {e.step: float(tf.make_ndarray(e.tensor_proto)) for e in events.Tensors("epoch_loss")}


@pytest.fixture
def unscored(monkeypatch):
    """Leaves out all that follows training, and what is shown while it goes on."""
    monkeypatch.setattr(train_module, "_scores", lambda *_: [])
    monkeypatch.setattr(train_module, "ImageProgress", lambda *_: keras.callbacks.Callback())


def test_a_run_folder_holds_everything(tiny_run):
    assert {path.name for path in tiny_run.iterdir()} == {
        "config.json",
        "facts.json",
        "checkpoints",
        "logs",
        "test.jsonl",
    }
    rows = [json.loads(row) for row in (tiny_run / "test.jsonl").read_text().splitlines()]
    assert len(rows) == 40
    assert set(rows[0]) == {"picture", "label", "said", "probability"}
    facts = RunFolder(tiny_run).load_facts(Facts)
    assert len(facts.classes) > 2
    assert facts.temperature != 1.0


@pytest.mark.usefixtures("unscored")
def test_a_run_is_resumed_where_it_ended(tiny_run, tmp_path):
    run = RunFolder(shutil.copytree(tiny_run, tmp_path / "run"))
    config = run.load_config(ImageConfig)

    train(replace(config, train=replace(config.train, epochs=3)), run)

    assert read_checkpoint(run.weights("last")).about["epoch"] == 2
    assert list(losses_of(run.path)) == [0, 1, 2]


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_resumed_run_is_the_uninterrupted_one(tiny_config, tmp_path, monkeypatch):
    """Order, augmentation, dropout and moving average go on where they stopped."""
    config = tiny_config(
        model={"dropout": 0.1, "stochastic_depth": 0.2},
        augmentation=ALL,
        epochs=2,
        moving_average=0.9,
        schedule="inverse_square_root",  # knows nothing of the number of epochs
    )
    whole, parts = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "parts")
    train(config, whole)
    train(replace(config, train=replace(config.train, epochs=1)), parts)
    train(config, parts)
    expected, found = (read_checkpoint(one.weights("last")).weights for one in (whole, parts))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-5, err_msg=name)


def test_other_classes_do_not_resume_a_run(tiny_config, tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.start(tiny_config())
    folder.save_facts(Facts(("a", "b"), (32, 32, 1), (0.0,), (1.0,)))
    with pytest.raises(ValueError, match=r"another `classes` than .*run. Expected a, b"):
        train(tiny_config(), folder)


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize(
    "settings",
    [
        {"strategy": "mirrored", "precision": "mixed_bfloat16", "augmentation": ALL},
        {"jit": True, "average": 2, "patience": 3, "moving_average": 0.9, "accumulation": 2},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_every_way_to_train_trains(tiny_config, tmp_path, settings):
    train(tiny_config(epochs=3, **settings), RunFolder(tmp_path / "run"))
    losses = losses_of(tmp_path / "run")
    assert losses[2] < losses[0]


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_the_moving_average_is_one_of_the_choices(tiny_config, tmp_path):
    folder = RunFolder(tmp_path / "run")
    train(tiny_config(moving_average=0.5, epochs=2), folder)
    about = read_checkpoint(folder.weights("final")).about
    assert set(about["values"]) == {"the best epoch", "the moving average"}
    average = read_checkpoint(folder.weights("moving_average")).weights
    last = read_checkpoint(folder.weights("last")).weights
    kernel = next(name for name in average if name.endswith("projection/kernel"))
    assert 0 < np.abs(average[kernel] - last[kernel]).max() < 0.1


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_student_agrees_with_its_teacher(tiny_config, tiny_run, tmp_path):
    """With what the labels say left out, the teacher alone is learned from."""
    config = tiny_config(epochs=4)
    distillation = DistillationConfig(tiny_run, "soft", weight=1.0, temperature=1.0)
    train(replace(config, distillation=distillation), RunFolder(tmp_path / "run"))
    losses = losses_of(tmp_path / "run")
    assert losses[3] < losses[0]


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_token_of_its_own_learns_from_the_teacher(tiny_config, tiny_run, tmp_path):
    config = tiny_config(epochs=1)
    config = replace(
        config,
        model=replace(config.model, distillation_token=True),
        distillation=DistillationConfig(tiny_run),
    )
    train(config, RunFolder(tmp_path / "run"))
    classifier = ImageClassifier.load(tmp_path / "run")
    assert set(classifier.model.head) == {"label", "distilled"}


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_run_is_recorded_and_a_preset_published(tiny_config, tmp_path, monkeypatch):
    recorded = []
    monkeypatch.setattr(
        finished, "record", lambda *row: recorded.append(row) or tmp_path / "results.jsonl"
    )
    monkeypatch.setitem(PRESETS, "test", lambda: tiny_config(epochs=1, label_smoothing=0.0))

    train(tiny_config(epochs=1, record=True, label_smoothing=0.0), RunFolder(tmp_path / "run"))

    ((task, _, facts),) = recorded
    assert task == "image_classification"
    assert facts.keys() == {"seed", "parameters", "training_pictures", "scores"}
    assert RunFolder(tmp_path / "results" / "test").load_facts(Facts).classes


@pytest.mark.slow
def test_the_preset_learns_its_task(tmp_path):
    """From a part of its pictures, in a part of its time, and so not all of it."""
    preset = PRESETS["tiny"]()
    preset = replace(
        preset,
        data=replace(preset.data, train=4000, test=300),
        train=replace(preset.train, epochs=2, warmup_steps=100, pictures=0),
    )
    scores = train(preset, RunFolder(tmp_path / "run"))
    assert {score.name: score.value for score in scores}["accuracy"] >= 60.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"moving_average": 1.0}, "`train.moving_average` must be a decay above 0 and below 1"),
        ({"accumulation": 0}, "`train.accumulation` must be at least 1. Received: 0"),
    ],
)
def test_settings_out_of_range_are_refused(tiny_config, settings, message):
    with pytest.raises(ValueError, match=message):
        tiny_config(**settings)


def test_two_patterns_are_refused(tiny_config):
    config = tiny_config()
    attention = replace(config.model.attention, pattern="OffDiagonal")
    with pytest.raises(ValueError, match="`model.window` is a pattern of attention"):
        replace(config, model=ModelConfig(window=2, attention=attention))


def test_the_command_names_what_is_wrong(tmp_path, capsys):
    with pytest.raises(SystemExit):
        console.run(
            train_module.main,
            ["base", "--data.path", str(tmp_path / "none"), "--run-folder", str(tmp_path / "run")],
        )
    assert "none" in capsys.readouterr().err
