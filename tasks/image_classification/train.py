"""Train a classifier of pictures: `python -m tasks.image_classification.train tiny`."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import tyro

from keras_attention.training.checkpoint_file import Checkpoint, write_checkpoint
from keras_attention.training.weight_files import named_weights, to_array
from tasks.common import console
from tasks.common.begun import begin
from tasks.common.finished import choose_weights, record_and_publish
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score, best_temperature
from tasks.common.training import make_callbacks, make_checkpoints, make_optimizer
from tasks.image_classification.batches import make_dataset
from tasks.image_classification.config import ImageConfig
from tasks.image_classification.corpora import load_pictures
from tasks.image_classification.evaluate import evaluate
from tasks.image_classification.facts import Facts
from tasks.image_classification.model import (
    ImageClassifier,
    begin_with,
    build_model,
    make_objective,
)
from tasks.image_classification.pictures import Splits
from tasks.image_classification.presets import PRESETS
from tasks.image_classification.progress import ImageProgress

logger = logging.getLogger(__name__)
Preset = console.presets_type(PRESETS)
_MOVING_AVERAGE = "moving_average"


def main(config: Annotated[Preset, tyro.conf.arg(name="")], run_folder: Path | None = None) -> None:
    """Train a classifier of pictures, from a preset that any option changes; resume it if there.

    Args:
        config: the preset.
        run_folder: where everything of the run is kept, by default
            runs/image_classification-<preset>.
    """
    folder = RunFolder(run_folder or Path("runs", f"image_classification-{config.name}"))
    train(config, folder)
    logger.info("\nThe run is in %s. See it: tensorboard --logdir %s", folder.path, folder.logs)


def train(config: ImageConfig, folder: RunFolder) -> list[Score]:
    """Train, choose the weights on the validation split, and score them on the test split.

    Args:
        config: all settings.
        folder: an empty folder, or that of the run to resume. Several workers must see the same
            folder; only the first of them writes and scores.

    Returns:
        The scores on the test split.
    """
    run = begin(config, folder, lambda: load_pictures(config.data, config.size))
    splits, writes = run.data, run.writes
    facts = Facts.of(splits)
    if folder.facts.exists():
        facts.check(folder.load_facts(Facts), str(folder.path))
    if writes:
        folder.save_facts(facts)
    with run.strategy.scope():
        model = build_model(config.model, facts, config.train.precision)
        if config.train.initial_model and not folder.weights("last").exists():
            begin_with(model, RunFolder(config.train.initial_model))
        _fit(model, config, folder, splits, facts, writes)
        others = _moving_average(model, config, folder, writes)
        validation = make_dataset(
            splits.validation, len(facts.classes), config.batching, None, shuffle=False
        )
        choose_weights(model, validation, config.train, folder, writes, others=others)
    if not writes:
        return []
    scores = _scores(folder, splits)
    if config.train.record:
        row = {
            "seed": config.train.seed,
            "parameters": model.count_params(),
            "training_pictures": len(splits.train.labels),
            "scores": {one.name: round(one.value, 3) for one in scores},
        }
        record_and_publish("image_classification", run.start, row, config, PRESETS, folder)
    return scores


def _fit(
    model, config: ImageConfig, folder: RunFolder, splits: Splits, facts: Facts, writes: bool
) -> None:
    """Train until the configuration says stop."""
    settings, count = config.train, len(facts.classes)
    checkpoints = make_checkpoints(settings, folder, settings.average)
    first_epoch = checkpoints.epochs_done()
    batches = make_dataset(
        splits.train,
        count,
        config.batching,
        config.augmentation,
        shuffle=True,
        seed=settings.seed,
        first_epoch=first_epoch,
    )
    steps = -(-int(batches.cardinality()) // settings.accumulation)
    more = {}
    if settings.accumulation > 1:
        more["gradient_accumulation_steps"] = settings.accumulation
    if settings.moving_average:
        more |= {"use_ema": True, "ema_momentum": settings.moving_average}
    model.compile(
        optimizer=make_optimizer(settings, steps, **more),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=settings.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=settings.jit,
    )
    model.objective = make_objective(config.distillation, facts)
    checkpoints.restore(model)
    logger.info("%d parameters, %d epochs done.", model.count_params(), first_epoch)
    progress = ImageProgress(
        model,
        splits.validation,
        facts.classes,
        folder.logs / "validation" if writes else None,
        settings.pictures,
    )
    model.fit(
        batches,
        validation_data=make_dataset(
            splits.validation, count, config.batching, None, shuffle=False
        ),
        initial_epoch=first_epoch,
        epochs=settings.epochs,
        callbacks=make_callbacks(settings, folder, progress, checkpoints, writes, "images"),
        shuffle=False,  # the batches are shuffled already
        verbose=1 if sys.stdout.isatty() else 2,
    )


def _moving_average(model, config: ImageConfig, folder: RunFolder, writes: bool) -> dict[str, Path]:
    """A checkpoint of the moving average of the weights, which Keras leaves in the model."""
    if not config.train.moving_average:
        return {}
    path = folder.weights(_MOVING_AVERAGE)
    if writes:
        weights = {name: to_array(value) for name, value in named_weights(model).items()}
        write_checkpoint(path, Checkpoint(weights))
    return {"the moving average": path}


def _scores(folder: RunFolder, splits: Splits) -> list[Score]:
    """The scores on the test split of what the validation split has made honest."""
    classifier = ImageClassifier.load(folder.path)
    logits = classifier.logits(splits.validation.images)
    facts = replace(
        classifier.facts,
        temperature=best_temperature(logits, np.asarray(splits.validation.labels)),
    )
    folder.save_facts(facts)
    return evaluate(
        ImageClassifier(classifier.model, facts, classifier.size), splits, folder, "test"
    )


if __name__ == "__main__":
    console.run(main)
