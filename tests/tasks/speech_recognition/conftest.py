"""A tiny trained run that several tests of the task share."""

from dataclasses import replace

import pytest

from tasks.common.run_folder import RunFolder
from tasks.speech_recognition.batches import Batching
from tasks.speech_recognition.config import DecodeConfig
from tasks.speech_recognition.corpora import Builtin
from tasks.speech_recognition.presets import fsdd, tiny
from tasks.speech_recognition.train import train


def tiny_config(model=None, data=None, **settings):
    """A run of seconds: what it hears is nonsense, but all of its parts are there."""
    config = tiny()
    small = {"num_layers": 1, "d_model": 16, "num_heads": 2, "dff": 16}
    return replace(
        config,
        data=data or Builtin(train=24, validation=6, test=5, most=2),
        batching=Batching(batch_size=8),
        model=replace(config.model, **small, **(model or {})),
        decode=DecodeConfig("ctc_beam" if model == {"decoder": "none"} else "joint", beams=3),
        # One device, so that the steps are traced once.
        train=replace(
            config.train,
            epochs=2,
            warmup_steps=2,
            pictures=1,
            **{"strategy": "one_device", **settings},
        ),
    )


def command_config():
    """The same with commands: single digits."""
    config = fsdd()
    return replace(
        config,
        data=Builtin(train=60, validation=12, test=10, most=1),
        batching=Batching(batch_size=20),
        model=replace(config.model, num_layers=1, d_model=16, num_heads=2, dff=16),
        train=replace(config.train, epochs=2, warmup_steps=2, strategy="one_device"),
    )


@pytest.fixture(scope="session", name="tiny_config")
def tiny_config_fixture():
    """The function that makes settings of a run of seconds."""
    return tiny_config


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """The folder of a finished run. Copy it before you change it."""
    folder = RunFolder(tmp_path_factory.mktemp("speech") / "run")
    train(tiny_config(), folder)
    return folder


@pytest.fixture(scope="session")
def command_run(tmp_path_factory):
    """The folder of a finished run that tells commands apart."""
    folder = RunFolder(tmp_path_factory.mktemp("speech") / "commands")
    train(command_config(), folder)
    return folder
