import json
import logging
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
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification import train as train_module
from tasks.text_classification.config import (
    ClassificationConfig,
    FineTuningConfig,
    ObjectiveConfig,
    TrainConfig,
)
from tasks.text_classification.corpora import Table, load_examples
from tasks.text_classification.examples import Splits
from tasks.text_classification.explanations import METHODS
from tasks.text_classification.facts import RunFacts
from tasks.text_classification.presets import PRESETS
from tasks.text_classification.pretraining import PretrainingConfig
from tasks.text_classification.train import train

pytestmark = pytest.mark.tensorflow
SLOW = pytest.mark.slow


def events_of(folder):
    everything = {"scalars": 0, "tensors": 0, "images": 0}
    return EventAccumulator(str(folder), size_guidance=everything).Reload()


def curve(folder, tag):
    return {event.step: tf.make_ndarray(event.tensor_proto) for event in folder.Tensors(tag)}


def losses_of(folder):
    return curve(events_of(folder / "logs" / "train"), "epoch_loss")


def changed(config, **train_settings):
    return replace(config, train=replace(config.train, **train_settings))


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of the finished run, to change."""
    return RunFolder(shutil.copytree(tiny_run, tmp_path / "run"))


@pytest.fixture
def unscored(monkeypatch):
    """Leaves out all that follows training, and what is shown while it goes on."""
    monkeypatch.setattr(train_module, "_scores", lambda *_: ([], []))
    monkeypatch.setattr(
        train_module, "ClassificationProgress", lambda *_: keras.callbacks.Callback()
    )


def test_a_run_folder_holds_everything(tiny_run):
    assert {path.name for path in tiny_run.iterdir()} == {
        "config.json",
        "facts.json",
        "vocabulary.model",
        "checkpoints",
        "logs",
        "test.builtin_sentiment.jsonl",
    }
    lines = (tiny_run / "test.builtin_sentiment.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 61
    assert set(rows[0]) == {"text", "label", "said"}


def test_tensorboard_has_curves_confusions_mistakes_and_reasons(tiny_run):
    training = events_of(tiny_run / "logs" / "train")
    validation = events_of(tiny_run / "logs" / "validation")

    for tag in ("loss", "accuracy", "learning_rate", "examples_per_second"):
        assert list(curve(training, f"epoch_{tag}")) == [0, 1]
    assert "| text | right | said | probability |" in str(curve(validation, "surest mistakes")[1])
    for tag in ("confusions", *(f"reasons/{method}" for method in METHODS)):
        width, height, png = curve(validation, tag)[1]
        assert min(int(width), int(height)) > 50
        assert tf.io.decode_png(png).shape[-1] == 3


@pytest.mark.usefixtures("unscored")
def test_a_run_is_resumed_where_it_ended(run):
    config = changed(run.load_config(ClassificationConfig), epochs=3)

    train(config, run)

    assert read_checkpoint(run.weights("last")).about["epoch"] == 2
    assert list(losses_of(run.path)) == [0, 1, 2]


def test_other_settings_do_not_resume_a_run(run):
    config = changed(run.load_config(ClassificationConfig), label_smoothing=0.2)
    with pytest.raises(ValueError, match=r"(?s)other settings.*label_smoothing: 0\.0 before"):
        train(config, run)


def test_other_labels_do_not_resume_a_run(tiny_config, run, tmp_path):
    """The settings say which file, not what is in it."""
    table = tmp_path / "data.tsv"
    rows = [f"{label}\tthe {label} one, number {n}" for n in range(40) for label in ("a", "b")]
    table.write_text("label\ttext\n" + "\n".join(rows) + "\n", encoding="utf-8")
    config = replace(tiny_config(), data=Table(table))
    folder = RunFolder(tmp_path / "new")
    folder.start(config)
    facts = run.load_facts(RunFacts)
    folder.save_facts(facts)
    with pytest.raises(
        ValueError, match=r"other labels than .*new\. Expected one: negative, positive.*one: a, b"
    ):
        train(config, folder)


@pytest.mark.parametrize(
    "kind",
    ["rating", *(pytest.param(kind, marks=SLOW) for kind in ("entailment", "aspects", "words"))],
)
def test_every_kind_of_label_trains(tiny_config, tmp_path, kind, monkeypatch):
    monkeypatch.setattr(train_module, "_scores", lambda *_: ([], []))
    train(tiny_config(kind), RunFolder(tmp_path / "run"))

    losses = losses_of(tmp_path / "run")
    assert losses[1] < losses[0]
    answers = events_of(tmp_path / "run" / "logs" / "validation")
    if kind != "entailment":
        assert "| text | right | said |" in str(curve(answers, "answers")[1])


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize("objective", ["r_drop", "free_lb"])
def test_every_objective_trains(tiny_config, tmp_path, objective):
    config = replace(tiny_config(epochs=1), objective=ObjectiveConfig(objective))
    train(config, RunFolder(tmp_path / "run"))
    assert np.isfinite(losses_of(tmp_path / "run")[0])


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize("weights", ["lora", "head", "adapters"])
def test_only_what_shall_be_trained_changes(tiny_config, tiny_run, tmp_path, weights, caplog):
    """From the encoder of another run; a second process can load and resume what came out."""
    caplog.set_level(logging.INFO)
    config = changed(tiny_config(epochs=1), initial_encoder=tiny_run)
    config = replace(config, fine_tuning=FineTuningConfig(weights, lora_rank=2, adapter_size=3))
    folder = RunFolder(tmp_path / "run")

    train(config, folder)
    train(changed(config, epochs=2), folder)

    assert "parameters are trained (" in caplog.text
    before = read_checkpoint(RunFolder(tiny_run).weights("final")).weights
    after = read_checkpoint(folder.weights("last")).weights
    equal = {name for name, value in before.items() if np.array_equal(after[name], value)}
    differs = before.keys() - equal
    trained = {"head": ("head/",), "lora": ("head/",), "adapters": ("head/", "normalization/")}
    assert all(any(part in name for part in trained[weights]) for name in differs)
    assert any(name.startswith("head/") for name in differs)
    new = {name for name in after.keys() - before.keys() if np.any(after[name])}
    assert bool(new) == (weights != "head")
    assert all(("lora" if weights == "lora" else "adapter") in name for name in new)


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_pre_training_comes_first_and_is_resumed(tiny_config, tmp_path, monkeypatch):
    text = tmp_path / "more.txt"
    text.write_text("The soup is hot.\nThe waiter is kind.\n" * 9, encoding="utf-8")
    pretraining = PretrainingConfig(epochs=2, text=text, batch_size=64, warmup_steps=2)
    config = replace(tiny_config(epochs=1), pretraining=pretraining)
    folder = RunFolder(tmp_path / "run")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(train_module, "_fit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(config, folder)
    learned = read_checkpoint(folder.weights("encoder")).weights
    losses = losses_of(folder.path / "pretraining")
    assert list(losses) == [0, 1]
    assert losses[1] < losses[0]
    train(config, folder)
    assert list(losses_of(folder.path / "pretraining")) == [0, 1]  # not once more
    after = read_checkpoint(folder.weights("final")).weights
    for kernel in (name for name in learned if name.endswith("kernel")):
        # Fine-tuning began where pre-training ended.
        change = np.abs(after[f"encoder/{kernel}"] - learned[kernel]).mean()
        assert change < 0.5 * np.abs(learned[kernel]).mean()


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_one_run_pre_trains_and_others_begin_with_its_encoder(tiny_config, tmp_path, monkeypatch):
    recorded = []
    monkeypatch.setattr(
        finished, "record", lambda *row: recorded.append(row) or tmp_path / "results.jsonl"
    )
    preset = replace(
        tiny_config(),
        pretraining=PretrainingConfig(epochs=1, warmup_steps=2),
        train=TrainConfig(epochs=0, precision="mixed_bfloat16"),
    )
    monkeypatch.setitem(PRESETS, "test", lambda: preset)
    first = RunFolder(tmp_path / "run")

    scores = train(changed(preset, record=True), first)

    assert [score.name for score in scores] == [
        "accuracy of hidden tokens",
        "perplexity of hidden tokens",
    ]
    assert not first.weights("final").exists()
    ((_, _, row),) = recorded
    assert row["scores"] == {score.name: round(score.value, 3) for score in scores}
    published = tmp_path / "results" / "test"
    second = RunFolder(tmp_path / "second")
    frozen = replace(
        tiny_config(epochs=1, initial_encoder=published), fine_tuning=FineTuningConfig("head")
    )
    train(frozen, second)
    assert second.load_vocabulary().fingerprint == first.load_vocabulary().fingerprint
    begun = read_checkpoint(RunFolder(published).weights("encoder")).weights
    after = read_checkpoint(second.weights("final")).weights
    for name, value in begun.items():
        np.testing.assert_array_equal(after[f"encoder/{name}"], value)


def test_a_missing_encoder_is_named(tiny_config, tmp_path):
    config = tiny_config(initial_encoder=tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="there is none at .*none.*imdb_encoder"):
        train(config, RunFolder(tmp_path / "run"))


def test_a_run_trains_something(tiny_config):
    with pytest.raises(ValueError, match=r"`train\.epochs` must be at least 1\. Received: 0"):
        tiny_config(epochs=0)


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_nothing_of_validation_and_test_is_learned_from(tiny_config, tmp_path, monkeypatch):
    """Not by the vocabulary, nor by pre-training, nor by training; and the test split chooses
    nothing: with other texts in it the same weights come out."""
    config = replace(tiny_config(epochs=1), pretraining=PretrainingConfig(epochs=1))
    splits = load_examples(config.data)
    seen = []
    monkeypatch.setattr(
        Vocabulary,
        "train",
        lambda texts, *rest, train=Vocabulary.train: seen.append(texts) or train(texts, *rest),
    )
    monkeypatch.setattr(
        train_module,
        "pretrain",
        lambda *given, pretrain=train_module.pretrain: seen.append([given[2]]) or pretrain(*given),
    )
    weights = []
    for name, test in (("a", splits.test), ("b", splits.test[:7])):
        monkeypatch.setattr(
            train_module,
            "load_examples",
            lambda _, test=test: Splits(splits.train, splits.validation, test),
        )
        train(config, RunFolder(tmp_path / name))
        weights.append(read_checkpoint(RunFolder(tmp_path / name).weights("final")).weights)

    learned_from = {text for texts in seen for column in texts for text in column}
    assert learned_from == {example.text for example in splits.train}
    assert not learned_from & {example.text for example in splits.validation + splits.test}
    for name, value in weights[0].items():
        np.testing.assert_array_equal(weights[1][name], value)


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_run_is_recorded_and_a_preset_published(tiny_config, tmp_path, monkeypatch):
    recorded = []
    monkeypatch.setattr(
        finished, "record", lambda *row: recorded.append(row) or tmp_path / "results.jsonl"
    )
    monkeypatch.setitem(PRESETS, "test", lambda: tiny_config(epochs=1))

    train(tiny_config(epochs=1, record=True), RunFolder(tmp_path / "run"))

    ((task, _, facts),) = recorded
    assert task == "text_classification"
    assert facts.keys() == {"seed", "parameters", "scores", "bag_of_words"}
    published = RunFolder(tmp_path / "results" / "test")
    assert published.load_facts(RunFacts).main.labels.names == ("negative", "positive")


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize(
    "settings",
    [
        {"strategy": "mirrored", "precision": "mixed_bfloat16"},
        {"jit": True, "balanced": True, "label_smoothing": 0.1, "average": 2, "patience": 1},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_every_way_to_train_trains(tiny_config, tmp_path, settings):
    train(tiny_config(**settings), RunFolder(tmp_path / "run"))
    losses = losses_of(tmp_path / "run")
    assert losses[1] < losses[0]


@pytest.mark.slow
def test_a_preset_learns_its_task(tmp_path):
    """In a part of its time, from a part of its texts: `results` has the whole. The other heads
    learn late; of them it is tested what the published models have learned."""
    preset = PRESETS["words"]()
    preset = replace(
        preset,
        data=replace(preset.data, train=8_000),
        train=replace(preset.train, epochs=3, pictures=0),
    )
    scores = train(preset, RunFolder(tmp_path / "run"))
    assert {score.name: score.value for score in scores}["accuracy of words"] >= 85.0


def test_the_command_names_what_is_wrong(tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "letter.txt").write_text("mine")
    with pytest.raises(SystemExit):
        console.run(train_module.main, ["tiny", "--run-folder", str(tmp_path / "run")])
    assert "is not empty and holds no run" in capsys.readouterr().err
