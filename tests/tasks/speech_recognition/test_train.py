"""A run from the first utterance to the scores: files, logs, resuming, messages."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from keras_attention.training.checkpoint_file import read_checkpoint
from tasks.common import console, finished
from tasks.common.run_folder import RunFolder
from tasks.speech_recognition import evaluate, predict
from tasks.speech_recognition import train as train_module
from tasks.speech_recognition.config import (
    AugmentationConfig,
    CommandConfig,
    DecodeConfig,
    DecodeOptions,
    RecognizerConfig,
    SpeechConfig,
    TrainConfig,
)
from tasks.speech_recognition.corpora import Builtin, load_utterances
from tasks.speech_recognition.facts import Facts
from tasks.speech_recognition.presets import PRESETS, tiny
from tasks.speech_recognition.train import train

pytestmark = pytest.mark.tensorflow


def events_of(folder):
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def losses_of(folder):
    events = events_of(folder / "logs" / "train").Tensors("epoch_loss")
    return {event.step: float(tf.make_ndarray(event.tensor_proto)) for event in events}


@pytest.fixture
def unscored(monkeypatch):
    """Leaves out all that follows training, and what is shown while it goes on."""
    monkeypatch.setattr(train_module, "evaluate", lambda *_: [])
    for name in ("TranscriptProgress", "CommandProgress"):
        monkeypatch.setattr(train_module, name, lambda *_: keras.callbacks.Callback())


def test_a_run_folder_holds_everything(tiny_run):
    names = {path.name for path in tiny_run.path.iterdir()}
    assert names == {"config.json", "facts.json", "checkpoints", "logs", "test.jsonl"}
    rows = [json.loads(row) for row in (tiny_run.path / "test.jsonl").read_text().splitlines()]
    assert len(rows) == 5
    assert set(rows[0]) == {"utterance", "said", "heard", "errors"}
    losses = losses_of(tiny_run.path)
    assert losses[1] < losses[0]


def test_tensorboard_has_curves_utterances_and_sound(tiny_run):
    events = events_of(tiny_run.path / "logs" / "validation")
    curves = set(events.Tags()["tensors"])
    assert {"epoch_loss", "epoch_word_error", "heard"} <= curves
    kinds = {tag: events.SummaryMetadata(tag).plugin_data.plugin_name for tag in curves}
    assert (kinds["utterances/1"], kinds["sound/1"]) == ("images", "audio")


@pytest.mark.slow
def test_commands_are_scored(command_run):
    rows = [json.loads(row) for row in (command_run.path / "test.jsonl").read_text().splitlines()]
    assert len(rows) == 10
    assert set(rows[0]) == {"utterance", "label", "heard", "probability"}
    assert "confusions" in events_of(command_run.path / "logs" / "validation").Tags()["tensors"]


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_run_is_resumed_where_it_ended(tiny_run, tmp_path):
    run = RunFolder(shutil.copytree(tiny_run.path, tmp_path / "run"))
    config = run.load_config(SpeechConfig)

    train(replace(config, train=replace(config.train, epochs=3)), run)

    assert read_checkpoint(run.weights("last")).about["epoch"] == 2
    assert list(losses_of(run.path)) == [0, 1, 2]


def test_other_data_do_not_resume_a_run(tiny_run, tmp_path, monkeypatch):
    run = RunFolder(shutil.copytree(tiny_run.path, tmp_path / "run"))
    config = run.load_config(SpeechConfig)
    splits = load_utterances(config.data)
    transcripts = [f"{one} q" for one in splits.train.transcripts]
    other = replace(splits, train=splits.train._replace(transcripts=transcripts))
    monkeypatch.setattr(train_module, "load_utterances", lambda _: other)
    with pytest.raises(ValueError, match="another `pieces` than"):
        train(config, run)


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
@pytest.mark.parametrize(
    "model",
    [
        {"decoder": "none"},
        {"decoder": "recurrent"},
        {"encoder": "transformer", "position_scheme": "TransformerXLPositions"},
        {"chunk_length": 4, "left_chunks": 2},
    ],
    ids=lambda model: "-".join(map(str, model.values())),
)
def test_every_model_trains(tiny_config, tmp_path, model):
    train(tiny_config(model), RunFolder(tmp_path / "run"))
    losses = losses_of(tmp_path / "run")
    assert losses[1] < losses[0]


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_everything_may_be_augmented(tiny_config, tmp_path):
    everything = AugmentationConfig(
        speed=(0.9, 1.1),
        gain=6.0,
        noise=(10.0, 20.0),
        frequency_masks=1,
        time_masks=1,
        time_warp=3,
    )
    config = replace(tiny_config(), augmentation=everything)
    config = replace(config, features=replace(config.features, kind="mfcc", pre_emphasis=0.97))
    train(config, RunFolder(tmp_path / "run"))
    losses = losses_of(tmp_path / "run")
    assert losses[1] < losses[0]


@pytest.mark.slow
@pytest.mark.usefixtures("unscored")
def test_a_run_is_recorded_and_a_preset_published(tiny_config, monkeypatch, tmp_path):
    recorded = []
    monkeypatch.setattr(
        finished, "record", lambda *row: recorded.append(row) or tmp_path / "results.jsonl"
    )
    monkeypatch.setitem(PRESETS, "tiny", tiny_config)

    train(tiny_config(record=True), RunFolder(tmp_path / "run"))

    ((task, _, facts),) = recorded
    assert task == "speech_recognition"
    names = {"seed", "parameters", "training_utterances", "test_utterances", "decode", "scores"}
    assert facts.keys() == names
    assert RunFolder(tmp_path / "results" / "tiny").load_facts(Facts).units == "characters"


@pytest.mark.slow
def test_the_preset_learns_its_task(tmp_path):
    """From a part of its utterances, by the fastest search, and so not all of it."""
    config = tiny()
    config = replace(
        config,
        data=Builtin(train=1000, validation=100, test=100),
        decode=DecodeConfig("ctc_greedy"),
        train=replace(config.train, epochs=3, warmup_steps=100, pictures=0),
    )
    scores = train(config, RunFolder(tmp_path / "run"))
    assert {one.name: one.value for one in scores}["word error rate"] < 10.0


def test_evaluate_scores_any_split_by_any_search(tiny_run, tmp_path, caplog):
    run = shutil.copytree(tiny_run.path, tmp_path / "run")
    caplog.set_level("INFO")
    evaluate.main(run, split="validation", decode=DecodeOptions(method="ctc_greedy"))
    assert "6 utterances by ctc_greedy" in caplog.text
    assert len((run / "validation.jsonl").read_text().splitlines()) == 6


@pytest.fixture
def spoken(tiny_run, tmp_path):
    """A folder with two recordings and something else."""
    splits = load_utterances(tiny_run.load_config(SpeechConfig).data)
    soundfile.write(tmp_path / "a.wav", splits.test.audio[0], 8_000)
    soundfile.write(tmp_path / "b.flac", np.repeat(splits.test.audio[1], 2), 16_000)
    (tmp_path / "notes.txt").write_text("no sound")
    return tmp_path


def test_predict_listens_to_files_and_folders(tiny_run, spoken, capsys, caplog):
    predict.main(tiny_run.path, (spoken,), output=spoken / "heard.jsonl")
    lines = capsys.readouterr().out.splitlines()
    assert [line.rsplit("/", 1)[1] for line in lines] == ["a.wav", "b.flac"]
    rows = [json.loads(row) for row in (spoken / "heard.jsonl").read_text().splitlines()]
    assert set(rows[0]) == {"recording", "text", "log_probability", "words"}
    assert "1 of 2 recordings resampled from 16000 to 8000 hertz" in caplog.text


@pytest.mark.slow
def test_predict_names_commands(command_run, spoken, capsys):
    predict.main(command_run.path, (spoken / "a.wav",), best=2)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.count("%") == 2


@pytest.mark.slow
def test_predict_names_what_is_no_recording(tiny_run, spoken, capsys, caplog):
    files = (spoken / "a.wav", spoken / "notes.txt")
    with pytest.raises(ValueError, match=r"notes.txt is no audio file"):
        predict.main(tiny_run.path, files)
    predict.main(tiny_run.path, files, bad_files="skip")
    assert "Skipped 1 of 2 files" in caplog.text
    with pytest.raises(FileNotFoundError, match="There is no file at"):
        predict.main(tiny_run.path, (spoken / "c.wav",))
    (spoken / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="holds no recording"):
        predict.main(tiny_run.path, (spoken / "empty",))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            lambda: SpeechConfig("x", model=RecognizerConfig(decoder="none")),
            "must be ctc_greedy or ctc_beam. Received: joint",
        ),
        (
            lambda: SpeechConfig(
                "x", model=CommandConfig(), train=TrainConfig(monitor="val_word_error")
            ),
            "Commands have no word errors",
        ),
        (
            lambda: SpeechConfig("x", model=CommandConfig(pooling="first")),
            "needs the token that `model.patch_length` puts",
        ),
        (lambda: TrainConfig(ctc_weight=1.5), "from 0 to 1. Received: 1.5"),
        (lambda: AugmentationConfig(speed=(1.2, 0.8)), "the slowest first"),
    ],
)
def test_settings_that_contradict_each_other(settings, message):
    with pytest.raises(ValueError, match=message):
        settings()


def test_absolute_positions_are_refused(tiny_config, tmp_path):
    config = tiny_config({"position_scheme": "SinusoidalPositionEmbedding"})
    with pytest.raises(ValueError, match="must be relative, such as Rotary"):
        train(config, RunFolder(tmp_path / "run"))


def test_the_command_names_what_is_wrong(tmp_path, capsys):
    arguments = ["tiny", "--data.train", "0", "--run-folder", str(tmp_path / "run")]
    with pytest.raises(SystemExit):
        console.run(train_module.main, arguments)
    assert "`train` must be at least 1. Received: train=0" in capsys.readouterr().err
