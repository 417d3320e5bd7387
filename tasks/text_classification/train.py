"""Train a text classifier: `python -m tasks.text_classification.train tiny`."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import keras
import numpy as np
import tyro

from keras_attention.training.checkpoint_file import write_checkpoint
from keras_attention.training.distribution import make_strategy
from tasks.common import console
from tasks.common.averaging import choose_average
from tasks.common.data_folder import found
from tasks.common.results import Start, record
from tasks.common.run_folder import RunFolder
from tasks.common.text_files import read_lines
from tasks.common.training import MAY_CHANGE, make_callbacks, make_checkpoints, make_optimizer
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.config import ClassificationConfig
from tasks.text_classification.data import (
    ClassifierText,
    EncodedExamples,
    Facts,
    LabelSet,
    Splits,
    columns,
    label_kind,
    load_examples,
    make_dataset,
)
from tasks.text_classification.evaluate import evaluate
from tasks.text_classification.fine_tuning import learning_rate_factors, prepare
from tasks.text_classification.model import (
    Classifier,
    build_model,
    make_loss,
    make_metrics,
    make_objective,
    make_text,
)
from tasks.text_classification.presets import PRESETS
from tasks.text_classification.pretraining import load_encoder, pretrain
from tasks.text_classification.progress import ClassificationProgress
from tasks.text_classification.scoring import Score, best_temperature
from tasks.text_classification.text import cleaned

logger = logging.getLogger(__name__)
_MOST_PUBLISHED = 3_000_000  # parameters, of which each takes two bytes
Preset = console.presets_type(PRESETS)


def main(config: Annotated[Preset, tyro.conf.arg(name="")], run_folder: Path | None = None) -> None:
    """Train a text classifier, from a preset that any option changes; resume it if it exists.

    Args:
        config: the preset.
        run_folder: where everything of the run is kept, by default
            runs/text_classification-<preset>.
    """
    folder = RunFolder(run_folder or Path("runs", f"text_classification-{config.name}"))
    train(config, folder)
    logger.info("\nThe run is in %s. See it: tensorboard --logdir %s", folder.path, folder.logs)


def train(config: ClassificationConfig, folder: RunFolder) -> list[Score]:
    """Train, choose the weights on the validation split, and score them on the test split.

    Args:
        config: all settings.
        folder: an empty folder, or that of the run to resume. Several workers must see the same
            folder; only the first of them writes and scores.

    Returns:
        The scores on the test split.
    """
    start = Start()
    # First of all: the workers of a cluster must find each other before TensorFlow does anything.
    strategy = make_strategy(config.train.strategy)
    writes = strategy.extended.should_checkpoint
    keras.utils.set_random_seed(config.train.seed)
    folder.start(config, MAY_CHANGE, write=False)  # a wrong folder is told before anything else
    splits = load_examples(config.data)
    folder.start(config, MAY_CHANGE, write=writes)
    text, facts = _prepare(config, folder, splits, writes)
    train_set, validation_set = (
        EncodedExamples(part, text, facts.labels, balanced, f"the {name} split")
        for part, name, balanced in (
            (splits.train, "training", config.train.balanced),
            (splits.validation, "validation", False),
        )
    )
    with strategy.scope():
        model = build_model(config, text.size, facts, config.train.precision)
        if not folder.weights("last").exists():
            _begin(model, config, folder, splits, text, writes)
        prepare(model, config.fine_tuning)
        progress = ClassificationProgress(
            Classifier(model, text, facts, warns=False),  # the data has been counted
            splits.validation,
            folder.logs / "validation" if writes else None,
            config.train.pictures,
        )
        _fit(model, config, folder, (train_set, validation_set), facts, progress, writes)
        _choose_weights(model, config, folder, validation_set, writes)
    if not writes:
        return []
    classifier = _calibrated(folder, splits)
    scores = evaluate(classifier, splits, folder, "test")
    if config.train.record:
        facts_of_run = {
            "seed": config.train.seed,
            "parameters": model.count_params(),
            "scores": {one.name: round(one.value, 3) for one in scores},
        }
        path = record("text_classification", start, facts_of_run)
        logger.info("The result is recorded in %s.", path)
        if model.count_params() <= _MOST_PUBLISHED and _is_preset(config):
            folder.publish(path.with_suffix("") / config.name)
    return scores


def _is_preset(config: ClassificationConfig) -> bool:
    """Whether it is the preset as it stands: no variation of it takes the place of its model."""
    train = replace(config.train, record=False)
    preset = PRESETS.get(config.name)
    return preset is not None and replace(config, train=train) == preset()


def _prepare(
    config: ClassificationConfig, folder: RunFolder, splits: Splits, writes: bool
) -> tuple[ClassifierText, Facts]:
    """How texts are read and what may be said of them; a new run learns both from training."""
    labels = LabelSet.of(splits.train, label_kind(config.data))
    facts = Facts(labels, num_segments=1 if splits.train[0].second is None else 2)
    if folder.facts.exists():
        saved = folder.load_facts(Facts)
        labels.check(saved.labels, str(folder.path))
        facts = saved
    if folder.vocabulary.exists():
        vocabulary = folder.load_vocabulary()
    elif config.train.initial_encoder:
        vocabulary = RunFolder(config.train.initial_encoder).load_vocabulary()
    else:
        settings = config.text
        texts = [text for example in splits.train for text in example.texts]
        texts = cleaned(texts, settings.lowercase, settings.remove_tags).numpy()
        vocabulary = Vocabulary.train(
            [[text.decode() for text in texts]], settings.vocabulary_size, settings.model_type
        )
    if writes:
        folder.save_vocabulary(vocabulary)
        folder.save_facts(facts)
    return make_text(config.text, vocabulary, labels), facts


def _begin(model, config: ClassificationConfig, folder, splits: Splits, text, writes) -> None:
    """Give the encoder the weights that it begins with."""
    if config.train.initial_encoder:
        load_encoder(model.encoder, RunFolder(config.train.initial_encoder))
    if config.pretraining.epochs:
        texts = [one for example in splits.train for one in example.texts]
        if config.pretraining.text:
            texts += [line for line in read_lines(found(config.pretraining.text)) if line.strip()]
        pretrain(model.encoder, text, texts, config.pretraining, folder, config.train.seed, writes)


def _fit(model, config: ClassificationConfig, folder, sets, facts: Facts, progress, writes) -> None:
    """Train until the configuration says stop."""
    settings = config.train
    checkpoints = make_checkpoints(settings, folder, settings.average)
    first_epoch = checkpoints.epochs_done()
    batches = make_dataset(sets[0], config.batching, seed=settings.seed, first_epoch=first_epoch)
    model.compile(
        optimizer=make_optimizer(
            settings,
            int(batches.cardinality()),
            learning_rate_factors(model, config.fine_tuning.layer_decay),
        ),
        loss=make_loss(facts.labels, settings.label_smoothing),
        metrics=make_metrics(facts.labels),
        jit_compile=settings.jit,
    )
    model.objective = make_objective(config.objective, facts.labels)
    checkpoints.restore(model)
    logger.info("%d parameters, %d epochs done.", model.count_params(), first_epoch)
    model.fit(
        batches,
        validation_data=make_dataset(sets[1], config.batching, shuffle=False),
        initial_epoch=first_epoch,
        epochs=settings.epochs,
        callbacks=make_callbacks(
            settings,
            folder,
            progress,
            checkpoints,
            writes,
            counted="words" if facts.labels.kind == "words" else "examples",
        ),
        shuffle=False,  # the batches are shuffled already
        verbose=1 if sys.stdout.isatty() else 2,  # a bar, or in a file a line per epoch
    )


def _choose_weights(model, config: ClassificationConfig, folder, validation_set, writes) -> None:
    """Leave in the model, and in the run folder, the weights that do best on validation."""
    batches = make_dataset(validation_set, config.batching, shuffle=False)

    def measure() -> float:
        values = model.evaluate(batches, verbose=0, return_dict=True)
        return values[config.train.monitor.removeprefix("val_")]

    # All workers meet here: after this, the first has written its files.
    model.evaluate(batches, verbose=0)
    checkpoints = make_checkpoints(config.train, folder, config.train.average)
    latest_first = checkpoints.kept_files[::-1]
    chosen, checkpoint = choose_average(
        model, checkpoints.best_file, latest_first, measure, config.train.mode
    )
    logger.info("Chosen on the validation split: %s.", chosen)
    if writes:
        write_checkpoint(folder.weights("final"), checkpoint)


def _calibrated(folder: RunFolder, splits: Splits) -> Classifier:
    """The finished run's classifier, its probabilities made honest on the validation split."""
    classifier = Classifier.load(folder.path)
    labels = classifier.facts.labels
    if labels.kind == "one":
        logits = np.stack(classifier.logits(*columns(splits.validation)))
        truth = np.array(labels.encode(splits.validation))
        folder.save_facts(replace(classifier.facts, temperature=best_temperature(logits, truth)))
        classifier = Classifier.load(folder.path)
    return classifier


if __name__ == "__main__":
    console.run(main)
