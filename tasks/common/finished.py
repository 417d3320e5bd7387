"""What every task does with a run that has been trained: choose its weights, record, publish."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from keras_attention.training.checkpoint_file import write_checkpoint
from tasks.common.averaging import choose_average
from tasks.common.results import Start, record
from tasks.common.run_folder import RunFolder
from tasks.common.training import CommonTrainConfig, make_checkpoints

logger = logging.getLogger(__name__)
_MOST_PUBLISHED = 3_000_000  # parameters, of which each takes two bytes


def choose_weights(
    model: keras.Model,
    batches: Any,
    settings: CommonTrainConfig,
    folder: RunFolder,
    writes: bool,
    measure: Callable[[], float] | None = None,
    others: Mapping[str, Path] | None = None,
) -> None:
    """Leave in the model, and in the run folder, the weights that do best on validation.

    Args:
        model: the trained model, compiled.
        batches: the validation split.
        settings: of the training.
        folder: of the run.
        writes: whether this process writes; of several workers one does.
        measure: what is compared, by default what `settings.monitor` names.
        others: more checkpoints to choose from, by what they are called.
    """

    def monitored() -> float:
        values = model.evaluate(batches, verbose=0, return_dict=True)
        return values[settings.monitor.removeprefix("val_")]

    # All workers meet here: after this, the first has written its files.
    model.evaluate(batches, verbose=0)
    checkpoints = make_checkpoints(settings, folder, settings.average)
    latest_first = checkpoints.kept_files[::-1]
    chosen, checkpoint = choose_average(
        model, checkpoints.best_file, latest_first, measure or monitored, settings.mode, others
    )
    logger.info("Chosen on the validation split: %s.", chosen)
    if writes:
        write_checkpoint(folder.weights("final"), checkpoint)


def record_and_publish(
    task: str,
    start: Start,
    row: dict[str, Any],
    config: Any,
    presets: Mapping[str, Callable[[], Any]],
    folder: RunFolder,
) -> None:
    """Append a run to the results of its task; keep its model there if it is a small preset's.

    Args:
        task: names the file.
        start: when and where the run began.
        row: what the task has to say of it: `seed`, `parameters`, scores.
        config: all settings.
        presets: of the task. No variation of a preset takes the place of its model.
        folder: of the run.
    """
    path = record(task, start, row)
    logger.info("The result is recorded in %s.", path)
    if row["parameters"] <= _MOST_PUBLISHED and _is_preset(config, presets):
        folder.publish(path.with_suffix("") / config.name)


def _is_preset(config: Any, presets: Mapping[str, Callable[[], Any]]) -> bool:
    preset = presets.get(config.name)
    as_it_stands = replace(config, train=replace(config.train, record=False))
    return preset is not None and as_it_stands == preset()
