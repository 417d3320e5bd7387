"""What every task does before it trains: find the devices, read the data, start the run folder."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import keras
import tensorflow as tf

from keras_attention.training.distribution import make_strategy
from tasks.common.results import Start
from tasks.common.run_folder import RunFolder
from tasks.common.training import MAY_CHANGE

Data = TypeVar("Data")


@dataclass(frozen=True)
class Begun(Generic[Data]):
    """A run that is about to train."""

    start: Start
    """When and from which source it began."""
    strategy: tf.distribute.Strategy
    """The devices to train on."""
    writes: bool
    """Whether this process writes files and scores; of several workers one does."""
    data: Data
    """What it learns from."""


def begin(config: Any, folder: RunFolder, load: Callable[[], Data]) -> Begun[Data]:
    """Begin or resume a run.

    Args:
        config: all settings, of which `train` is a `CommonTrainConfig`.
        folder: of the run; it gets the settings once the data is there.
        load: reads the data.

    Raises:
        ValueError: if the folder holds another run, see `RunFolder.start`.
    """
    start = Start()
    # First of all: the workers of a cluster must find each other before TensorFlow does anything.
    strategy = make_strategy(config.train.strategy)
    writes = strategy.extended.should_checkpoint
    keras.utils.set_random_seed(config.train.seed)
    # The others leave the folder alone: they would see it while the first one is writing.
    if writes:
        folder.start(config, MAY_CHANGE, write=False)  # a wrong folder is told before anything else
    data = load()
    if writes:
        folder.start(config, MAY_CHANGE)
    return Begun(start, strategy, writes, data)
