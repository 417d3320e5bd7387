"""One small finished run, trained once for all tests of the task."""

import pytest

from tasks.image_classification.augmentation import AugmentationConfig
from tasks.image_classification.batches import Batching
from tasks.image_classification.config import ImageConfig, ModelConfig, TrainConfig
from tasks.image_classification.corpora import Builtin


def tiny_config(model=None, augmentation=None, **train) -> ImageConfig:
    """The settings of a run of seconds."""
    of_model = {"num_layers": 2, "d_model": 26, "num_heads": 2, "dff": 37, "dropout": 0.0}
    of_train = {"epochs": 2, "peak_learning_rate": 3e-3, "warmup_steps": 3, "pictures": 2}
    return ImageConfig(
        name="test",
        data=Builtin(train=96, validation=32, test=40),
        augmentation=augmentation or AugmentationConfig(),
        batching=Batching(batch_size=32),
        model=ModelConfig(**(of_model | {"patch_size": 8} | (model or {}))),
        train=TrainConfig(**(of_train | train)),
    )


@pytest.fixture(scope="session", name="tiny_config")
def tiny_config_fixture():
    """The function that makes settings of a run of seconds."""
    return tiny_config


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Path of a finished run folder, with two epochs of logs. Copy it before you change it."""
    from tasks.common.run_folder import RunFolder
    from tasks.image_classification.train import train

    folder = tmp_path_factory.mktemp("image_classification") / "run"
    train(tiny_config(), RunFolder(folder))
    return folder
