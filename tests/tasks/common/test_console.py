import logging
from dataclasses import dataclass
from typing import Annotated

import pytest
import tyro

from tasks.common import console


@dataclass(frozen=True)
class Settings:
    """Settings."""

    epochs: int = 3
    """Passes."""


@dataclass(frozen=True)
class Config:
    """A run."""

    train: Settings
    """How."""


def small():
    """A small one."""
    return Config(Settings())


def large():
    """A large one."""
    return Config(Settings(epochs=97))


Preset = console.presets_type({"small": small, "large": large})


def command(config: Annotated[Preset, tyro.conf.arg(name="")], folder: str = "here"):
    """Do it.

    Args:
        config: what to do.
        folder: where.
    """
    if folder == "nowhere":
        raise ValueError("`folder` must be somewhere. Received: nowhere.")
    if folder == "missing":
        raise FileNotFoundError("There is no folder missing.")
    if folder == "impossible":
        raise RuntimeError("a mistake of ours")
    return config, folder


@pytest.fixture(autouse=True)
def root_logging_restored():
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def test_options_stand_before_and_behind_the_preset():
    assert console.run(command, ["small"]) == (Config(Settings(3)), "here")
    assert console.run(command, ["large", "--folder", "there"]) == (Config(Settings(97)), "there")
    assert console.run(command, ["large", "--train.epochs", "5"]) == (Config(Settings(5)), "here")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tiny"], "small, large"),
        ([], "{small,large}|small, large"),
        (["small", "--train.epoch", "5"], "--train.epochs INT"),
        (["small", "--train.epochs", "many"], "--train.epochs"),
    ],
)
def test_a_wrong_command_line_says_what_exists(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(command, arguments)

    assert exit.value.code == 2
    output = "".join(capsys.readouterr())
    assert any(one in output for one in message.split("|"))


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        ("nowhere", "error: `folder` must be somewhere. Received: nowhere.\n"),
        ("missing", "error: There is no folder missing.\n"),
    ],
)
def test_a_mistake_of_the_user_is_one_line_without_a_traceback(folder, message, capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(command, ["small", "--folder", folder])

    assert exit.value.code == 2
    assert capsys.readouterr().err == message


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        console.run(command, ["small", "--folder", "impossible"])


def test_the_traceback_of_a_users_mistake_can_be_had(monkeypatch):
    monkeypatch.setenv("KERAS_ATTENTION_TRACEBACK", "1")
    with pytest.raises(ValueError, match="must be somewhere"):
        console.run(command, ["small", "--folder", "nowhere"])
