"""Train a language model: `python -m tasks.language_model.train tiny`."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import tyro

from keras_attention.models.language_model import LanguageModel
from keras_attention.training.losses import MaskedCrossEntropy
from keras_attention.training.metrics import MaskedAccuracy, Perplexity
from tasks.common import console
from tasks.common.begun import begin
from tasks.common.finished import choose_weights, record_and_publish
from tasks.common.run_folder import RunFolder
from tasks.common.training import make_callbacks, make_checkpoints, make_optimizer
from tasks.language_model.config import LanguageModelConfig
from tasks.language_model.data import (
    RunningText,
    Splits,
    held_out_windows,
    load_text,
    training_windows,
)
from tasks.language_model.evaluate import evaluate
from tasks.language_model.model import Writer, WritingConfig, build_model
from tasks.language_model.presets import PRESETS
from tasks.language_model.progress import LanguageModelProgress
from tasks.language_model.scoring import Score

logger = logging.getLogger(__name__)
Preset = console.presets_type(PRESETS)


def main(config: Annotated[Preset, tyro.conf.arg(name="")], run_folder: Path | None = None) -> None:
    """Train a language model, from a preset that any option changes; resume it if it exists.

    Args:
        config: the preset.
        run_folder: where everything of the run is kept, by default runs/language_model-<preset>.
    """
    folder = RunFolder(run_folder or Path("runs", f"language_model-{config.name}"))
    train(config, folder)
    logger.info("\nThe run is in %s. See it: tensorboard --logdir %s", folder.path, folder.logs)


def train(config: LanguageModelConfig, folder: RunFolder) -> dict[str, Score]:
    """Train, choose the weights on the validation split, and score them on all that is held out.

    Args:
        config: all settings.
        folder: an empty folder, or that of the run to resume. Several workers must see the same
            folder; only the first of them writes and scores.

    Returns:
        The scores, see `evaluate`.
    """
    run = begin(config, folder, lambda: load_text(config.data))
    splits, writes = run.data, run.writes
    text = _load_or_train_text(config, folder, splits, writes)
    with run.strategy.scope():
        model = build_model(config.model, text.vocabulary.size, config.train.precision)
        _fit(model, config, folder, splits, text, writes)
        batches = _validation_batches(config, splits, text)
        choose_weights(model, batches, config.train, folder, writes)
    if not writes:
        return {}
    writer = Writer.load(folder.path)
    scores = evaluate(writer.model, text, splits, config.windowing)
    if config.train.record:
        facts = {
            "seed": config.train.seed,
            "parameters": model.count_params(),
            "nats_per_character": {
                n: round(one.nats_per_character, 4) for n, one in scores.items()
            },
        }
        record_and_publish("language_model", run.start, facts, config, PRESETS, folder)
    return scores


def _load_or_train_text(
    config: LanguageModelConfig, folder: RunFolder, splits: Splits, writes: bool
) -> RunningText:
    """The run's vocabulary; a new run learns it from the training split."""
    if folder.vocabulary.exists():
        return RunningText.load(folder, config.text)
    text = RunningText.train(splits.train, config.text)
    unknown = text.vocabulary.unknown_characters([splits.held_out])
    if unknown:
        logger.warning(
            "%d held-out characters (%d different) are not in the training text.",
            unknown.total(),
            len(unknown),
        )
    if writes:
        folder.save_vocabulary(text.vocabulary)
    return text


def _fit(model: LanguageModel, config: LanguageModelConfig, folder, splits, text, writes) -> None:
    """Train until the configuration says stop."""
    settings = config.train
    checkpoints = make_checkpoints(settings, folder, settings.average)
    first_epoch = checkpoints.epochs_done()
    ids = text.encode(splits.train)
    batches = training_windows(ids, config.windowing, settings.seed, first_epoch)
    model.compile(
        optimizer=make_optimizer(settings, steps_per_epoch=int(batches.cardinality())),
        loss=MaskedCrossEntropy(settings.label_smoothing),
        metrics=[MaskedAccuracy(), Perplexity()],
        jit_compile=settings.jit,
    )
    checkpoints.restore(model)
    logger.info(
        "%d parameters, %d units of text, %d epochs done.",
        model.count_params(),
        len(ids),
        first_epoch,
    )
    progress = LanguageModelProgress(
        Writer(model, text, config.windowing.length, WritingConfig(settings.sample_temperature)),
        settings.sample_length,
        folder.logs / "validation" if writes else None,
    )
    model.fit(
        batches,
        validation_data=_validation_batches(config, splits, text),
        initial_epoch=first_epoch,
        epochs=settings.epochs,
        callbacks=make_callbacks(settings, folder, progress, checkpoints, writes),
        shuffle=False,  # the windows are shuffled already
        verbose=1 if sys.stdout.isatty() else 2,  # a bar, or in a file a line per epoch
    )


def _validation_batches(config: LanguageModelConfig, splits: Splits, text: RunningText):
    return held_out_windows(text.encode(splits.validation), config.windowing)


if __name__ == "__main__":
    console.run(main)
