import json
import math
import random
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tasks.common import console, finished, results
from tasks.common.grammar.reviews import compose
from tasks.common.run_folder import RunFolder
from tasks.language_model import train as train_module
from tasks.language_model.config import LanguageModelConfig
from tasks.language_model.corpora import load_text
from tasks.language_model.model import Writer
from tasks.language_model.presets import PRESETS
from tasks.language_model.scoring import score
from tasks.language_model.train import train

pytestmark = pytest.mark.tensorflow


def config_of(run):
    return RunFolder(run).load_config(LanguageModelConfig)


def changed(config, **train_settings):
    return replace(config, train=replace(config.train, **train_settings))


def curve(folder, tag):
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return {event.step: tf.make_ndarray(event.tensor_proto) for event in events.Tensors(tag)}


@pytest.fixture
def run(tiny_run, tmp_path):
    """A copy of the finished run, to change."""
    return RunFolder(shutil.copytree(tiny_run, tmp_path / "run"))


@pytest.fixture
def unscored(monkeypatch):
    """Leaves out the scores on what is held out, and the samples after each epoch."""
    monkeypatch.setattr(train_module, "evaluate", lambda *_: {})
    monkeypatch.setattr(
        train_module, "LanguageModelProgress", lambda *_: keras.callbacks.Callback()
    )


@pytest.mark.usefixtures("unscored")
def test_two_steps_give_a_finite_loss(tiny_run, tmp_path):
    config = changed(config_of(tiny_run), max_steps=2, sample_length=0)

    train(config, RunFolder(tmp_path / "new"))

    losses = curve(tmp_path / "new" / "logs" / "train", "epoch_loss")
    assert list(losses) == [0]
    assert np.isfinite(losses[0])


def test_a_run_folder_holds_everything(tiny_run):
    checkpoints = {path.name for path in (tiny_run / "checkpoints").iterdir()}

    assert {path.name for path in tiny_run.iterdir()} == {
        "config.json",
        "vocabulary.model",
        "checkpoints",
        "logs",
    }
    assert {"best.npz", "last.npz", "final.npz", "vocabulary.sha256"} <= checkpoints


def test_tensorboard_has_curves_and_samples(tiny_run):
    for tag in ("loss", "accuracy", "perplexity", "learning_rate", "tokens_per_second"):
        assert list(curve(tiny_run / "logs" / "train", f"epoch_{tag}")) == [0, 1]
    validation = tiny_run / "logs" / "validation"
    losses, perplexities = (curve(validation, f"epoch_{one}") for one in ("loss", "perplexity"))
    assert losses[1] < losses[0]
    assert perplexities[1] == pytest.approx(math.exp(losses[1]), rel=1e-4)
    samples = curve(validation, "sample")
    assert list(samples) == [0, 1]
    text = samples[1].item().decode()
    assert text.startswith("    ")  # so that Markdown shows it as it is
    assert len(text.replace("\n    ", "\n").strip("\n")) > 13


@pytest.mark.usefixtures("unscored")
def test_a_run_is_resumed_where_it_ended(run):
    train(changed(config_of(run.path), epochs=3), run)

    assert list(curve(run.logs / "train", "epoch_loss")) == [0, 1, 2]
    assert run.load_config(LanguageModelConfig).train.epochs == 3


def test_other_settings_do_not_resume_a_run(run):
    with pytest.raises(ValueError, match=r"(?s)other settings.*train\.seed: 0 before, now 7"):
        train(changed(config_of(run.path), seed=7), run)


def test_a_vocabulary_of_another_run_does_not_resume_it(run):
    run.vocabulary.write_text("abc", encoding="utf-8")
    with pytest.raises(ValueError, match="does not belong to the checkpoints"):
        train(config_of(run.path), run)


def test_data_that_cannot_be_read_leave_no_run_behind(tiny_run, tmp_path):
    config = config_of(tiny_run)
    nowhere = replace(config, data=replace(config.data, path=tmp_path / "nowhere.txt"))
    folder = RunFolder(tmp_path / "new")

    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        train(nowhere, folder)

    assert not folder.is_started


def test_a_text_shorter_than_a_window_is_refused(tiny_run, tmp_path):
    config = config_of(tiny_run)
    with pytest.raises(ValueError, match="at least the 2003 units of a window"):
        train(
            replace(config, windowing=replace(config.windowing, length=2003)),
            RunFolder(tmp_path / "new"),
        )


@pytest.mark.usefixtures("unscored")
def test_held_out_characters_that_were_never_seen_are_counted(tiny_run, tmp_path, caplog):
    config = config_of(tiny_run)
    path = tmp_path / "text.txt"
    path.write_text(config.data.path.read_text(encoding="utf-8") + "ñ☃☃", encoding="utf-8")
    config = replace(config, data=replace(config.data, path=path))

    train(changed(config, max_steps=1, sample_length=0), RunFolder(tmp_path / "new"))

    assert "3 held-out characters (2 different) are not in the training text." in caplog.text


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize(
    ("units", "settings"),
    [
        ("characters", {"strategy": "mirrored", "precision": "mixed_bfloat16"}),
        ("characters", {"jit": True}),
        ("subwords", {"patience": 1, "schedule": "linear"}),
    ],
)
def test_every_way_to_train_trains(tiny_run, tmp_path, units, settings):
    config = changed(config_of(tiny_run), **settings)
    config = replace(config, text=replace(config.text, units=units))

    train(config, RunFolder(tmp_path / "new"))

    losses = curve(tmp_path / "new" / "logs" / "train", "epoch_loss")
    assert losses[1] < losses[0]


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


def test_the_result_is_recorded_when_asked(run, monkeypatch, tmp_path):
    recorded = []

    def record(task, start, facts):
        recorded.append((task, start, facts))
        return tmp_path

    monkeypatch.setattr(finished, "record", record)

    scores = train(changed(config_of(run.path), record=True), run)

    ((task, start, facts),) = recorded
    assert task == "language_model"
    assert facts["nats_per_character"].keys() == scores.keys() == {"validation", "test", "held_out"}
    assert facts["parameters"] > 0
    json.dumps(facts)
    assert isinstance(start, results.Start)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tyni"], "tiny, shakespeare, base"),
        (["tiny", "--train.epoch", "3"], "--train.epochs"),
        (["tiny", "--text.units", "words"], "subwords"),
    ],
)
def test_a_wrong_command_line_says_what_exists(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(train_module.main, arguments)

    assert exit.value.code == 2
    output = " ".join(line.strip("│ ") for line in "".join(capsys.readouterr()).splitlines())
    assert message in output


@pytest.mark.slow
def test_the_tiny_preset_learns_the_built_in_reviews(tmp_path):
    """In a part of its time it comes near what the grammar's own choices cost."""
    preset = changed(PRESETS["tiny"](), epochs=1, max_steps=500, warmup_steps=50, sample_length=0)
    preset = replace(preset, windowing=replace(preset.windowing, batch_size=8))
    train(preset, RunFolder(tmp_path / "run"))

    writer = Writer.load(tmp_path / "run")
    test = load_text(preset.data).test
    # A window that begins within a review tells little about the rest of it.
    found = score(writer.model, writer.text, test, preset.windowing, context=64)
    least = math.exp(_nats_per_character_of_the_grammar())
    assert least < found.perplexity < 1.7 * least


def _nats_per_character_of_the_grammar():
    """The mean surprise of reviews, one per line, divided by their mean length.

    It is that of how a review was composed; two ways to the same words are rare, so the words'
    own entropy is hardly less.
    """
    draw = Counting(5)
    characters = sum(len(compose(draw).text) + 1 for _ in range(2000))
    nats = draw.nats - sum(math.log(one.high - one.low) for one in draw.chances)
    return nats / characters


class Chance(float):
    """A uniform number that remembers what has been asked about it."""

    def __new__(cls, value):
        chance = super().__new__(cls, value)
        chance.low, chance.high = 0.0, 1.0
        return chance

    def __lt__(self, threshold):
        if float(self) < threshold:
            self.high = min(self.high, threshold)
            return True
        self.low = max(self.low, threshold)
        return False


class Counting(random.Random):
    """Draws as `random.Random` does, and adds up the surprise of what it has drawn."""

    def __init__(self, seed):
        self.nats = 0.0
        self.chances = []
        super().__init__(seed)

    def random(self):
        self.chances.append(Chance(super().random()))
        return self.chances[-1]

    def choice(self, items):
        drawn = items[self.getrandbits(32) % len(items)]
        self.nats -= math.log(sum(item == drawn for item in items) / len(items))
        return drawn

    def sample(self, items, k):
        items, drawn = list(items), []
        for _ in range(k):
            drawn.append(self.choice(items))
            items.remove(drawn[-1])
        return drawn
