"""One small finished run, trained once for all tests of the task."""

from pathlib import Path

import pytest

from tasks.common.transformer_config import TransformerConfig
from tasks.language_model.config import LanguageModelConfig, TrainConfig
from tasks.language_model.data import TextConfig, TextFile, Windowing

LINES = "The sun is up.\nA red house stands by the sea.\n\nNobody is at home.\n"


def tiny_config(folder: Path, units="characters", **train) -> LanguageModelConfig:
    """The settings of a run of seconds, on a file that is written into `folder`."""
    (folder / "text.txt").write_text(LINES * 11, encoding="utf-8")
    settings = {"epochs": 2, "schedule": "cosine", "warmup_steps": 3, "sample_length": 17}
    return LanguageModelConfig(
        name="test",
        data=TextFile(folder / "text.txt", held_out_share=0.2),
        text=TextConfig(units=units, vocabulary_size=28),
        windowing=Windowing(length=13, batch_size=11),
        model=TransformerConfig(num_layers=1, d_model=26, num_heads=2, dff=37, dropout=0.0),
        train=TrainConfig(**(settings | train)),
    )


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Path of a finished run folder, with two epochs of logs. Copy it before you change it."""
    from tasks.common.run_folder import RunFolder
    from tasks.language_model.train import train

    folder = tmp_path_factory.mktemp("language_model")
    train(tiny_config(folder, average=2), RunFolder(folder / "run"))
    return folder / "run"
