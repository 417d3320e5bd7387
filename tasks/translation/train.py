"""Train a translator: `python -m tasks.translation.train tiny`."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import tyro

from keras_attention.training.losses import MaskedCrossEntropy
from keras_attention.training.metrics import MaskedAccuracy
from tasks.common import console
from tasks.common.begun import begin
from tasks.common.config_json import to_json
from tasks.common.finished import choose_weights, record_and_publish
from tasks.common.run_folder import RunFolder
from tasks.common.spread import spread
from tasks.common.training import make_callbacks, make_checkpoints, make_optimizer
from tasks.translation.config import TranslationConfig
from tasks.translation.corpora import Pair
from tasks.translation.data import Splits, TranslationText, load_pairs, make_dataset
from tasks.translation.evaluate import evaluate
from tasks.translation.model import Translator, build_model
from tasks.translation.presets import PRESETS
from tasks.translation.progress import TranslationProgress
from tasks.translation.scoring import Score, bleu

logger = logging.getLogger(__name__)
Preset = console.presets_type(PRESETS)


def main(config: Annotated[Preset, tyro.conf.arg(name="")], run_folder: Path | None = None) -> None:
    """Train a translator, from a preset that any option changes; resume it if the folder exists.

    Args:
        config: the preset.
        run_folder: where everything of the run is kept, by default runs/translation-<preset>.
    """
    folder = RunFolder(run_folder or Path("runs", f"translation-{config.name}"))
    train(config, folder)
    logger.info("\nThe run is in %s. See it: tensorboard --logdir %s", folder.path, folder.logs)


def train(config: TranslationConfig, folder: RunFolder) -> list[Score]:
    """Train, choose the weights on the validation split, and score them on the test split.

    Args:
        config: all settings.
        folder: an empty folder, or that of the run to resume. Several workers must see the same
            folder; only the first of them writes and scores.

    Returns:
        The scores on the test split.
    """
    run = begin(config, folder, lambda: load_pairs(config.data))
    splits, writes = run.data, run.writes
    text = _load_or_train_text(config, folder, splits, writes)
    with run.strategy.scope():
        model = build_model(config.model, text.vocabulary.size, config.train.precision)
        first_epoch = _fit(model, config, folder, splits, text, writes)
        _choose_weights(model, config, folder, splits, text, writes)
    if not writes:
        return []
    translator = Translator.load(folder.path)
    scores = evaluate(translator, splits.test, config.language, folder, "test")
    if config.train.record:
        facts = {
            "seed": config.train.seed,
            "first_epoch": first_epoch,
            "parameters": model.count_params(),
            "decode": to_json(config.decode),
            "scores": {one.name: round(one.value, 2) for one in scores},
            "signatures": {one.name: one.signature for one in scores},
        }
        record_and_publish("translation", run.start, facts, config, PRESETS, folder)
    return scores


def _load_or_train_text(
    config: TranslationConfig, folder: RunFolder, splits: Splits, writes: bool
) -> TranslationText:
    """The run's vocabulary; a new run learns it from the training split."""
    settings = config.vocabulary
    if folder.vocabulary.exists():
        return TranslationText(folder.load_vocabulary(), settings.lowercase_source)
    text = TranslationText.train(
        splits.train,
        settings.size,
        settings.model_type,
        (settings.source_coverage, settings.target_coverage),
        settings.lowercase_source,
    )
    if writes:
        folder.save_vocabulary(text.vocabulary)
    return text


def _fit(model, config: TranslationConfig, folder, splits, text, writes) -> int:
    """Train until the configuration says stop; returns the epoch that this process began with."""
    settings = config.train
    checkpoints = make_checkpoints(config.train, folder, config.train.average)
    first_epoch = checkpoints.epochs_done()
    batches = make_dataset(
        splits.train, text, config.batching, seed=settings.seed, first_epoch=first_epoch
    )
    model.compile(
        optimizer=make_optimizer(settings, steps_per_epoch=int(batches.cardinality())),
        loss=MaskedCrossEntropy(settings.label_smoothing),
        metrics=[MaskedAccuracy()],
        jit_compile=settings.jit,
    )
    checkpoints.restore(model)
    logger.info("%d parameters, %d epochs done.", model.count_params(), first_epoch)
    model.fit(
        batches,
        validation_data=_validation_batches(config, splits, text),
        initial_epoch=first_epoch,
        epochs=settings.epochs,
        callbacks=_callbacks(model, config, folder, splits, text, checkpoints, writes),
        shuffle=False,  # the batches are shuffled already
        verbose=1 if sys.stdout.isatty() else 2,  # a bar, or in a file a line per epoch
    )
    return first_epoch


def _callbacks(model, config: TranslationConfig, folder, splits, text, checkpoints, writes):
    settings = config.train
    progress = TranslationProgress(
        Translator(model, text, replace(config.decode, beams=1)),
        _progress_pairs(config, splits),
        config.language,
        folder.logs / "validation" if writes else None,
        settings.validate_every,
        settings.pictures,
    )
    return make_callbacks(settings, folder, progress, checkpoints, writes)


def _choose_weights(model, config: TranslationConfig, folder, splits, text, writes) -> None:
    """Leave in the model, and in the run folder, the weights that do best on validation."""
    translator = Translator(model, text, replace(config.decode, beams=1))
    sources, references = zip(*_progress_pairs(config, splits), strict=True)

    def measured_bleu() -> float:
        return bleu(translator(sources), references, config.language)

    measure = measured_bleu if config.train.monitor == "val_bleu" else None
    batches = _validation_batches(config, splits, text)
    choose_weights(model, batches, config.train, folder, writes, measure)


def _validation_batches(config: TranslationConfig, splits: Splits, text: TranslationText):
    return make_dataset(splits.validation, text, config.batching, shuffle=False)


def _progress_pairs(config: TranslationConfig, splits: Splits) -> list[Pair]:
    """The validation pairs whose BLEU is measured while training."""
    return spread(splits.validation, config.train.validation_sentences)


if __name__ == "__main__":
    console.run(main)
