"""One small finished run, trained once for all tests of the task."""

import pytest

from tasks.text_classification.batches import Batching
from tasks.text_classification.config import (
    ClassificationConfig,
    ModelConfig,
    TextConfig,
    TrainConfig,
)
from tasks.text_classification.corpora import Builtin


def tiny_config(kind="sentiment", **train) -> ClassificationConfig:
    """The settings of a run of seconds."""
    settings = {"epochs": 2, "peak_learning_rate": 3e-3, "warmup_steps": 3, "pictures": 2}
    return ClassificationConfig(
        name="test",
        data=Builtin(kind, train=211, validation=53, test=61),
        text=TextConfig(vocabulary_size=180, max_length=96),
        # All batches have one shape, so that the steps are traced once.
        batching=Batching(batch_size=32, pad_to_multiple_of=96),
        model=ModelConfig(num_layers=2, d_model=26, num_heads=2, dff=37, dropout=0.0),
        train=TrainConfig(**(settings | train)),
    )


@pytest.fixture(scope="session", name="tiny_config")
def tiny_config_fixture():
    """The function that makes settings of a run of seconds."""
    return tiny_config


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Path of a finished run folder, with two epochs of logs. Copy it before you change it."""
    from tasks.common.run_folder import RunFolder
    from tasks.text_classification.train import train

    folder = tmp_path_factory.mktemp("text_classification") / "run"
    train(tiny_config(), RunFolder(folder))
    return folder
