"""Train a text classifier: `python -m tasks.text_classification.train tiny`."""

import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import keras
import numpy as np
import tyro

from tasks.common import console
from tasks.common.begun import begin
from tasks.common.data_folder import found
from tasks.common.finished import choose_weights, record_and_publish
from tasks.common.results import Start
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score, best_temperature
from tasks.common.text_files import read_lines
from tasks.common.training import make_callbacks, make_checkpoints, make_optimizer
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.augmentation.augment import augmented_examples
from tasks.text_classification.config import ClassificationConfig, TrainConfig
from tasks.text_classification.data import (
    EncodedExamples,
    LabelSet,
    Splits,
    columns,
    label_kind,
    load_examples,
    make_dataset,
)
from tasks.text_classification.evaluate import EXPLAINED, deletion_test, evaluate
from tasks.text_classification.explanations import faithful
from tasks.text_classification.facts import Facts, RunFacts
from tasks.text_classification.fine_tuning import learning_rate_factors, prepare
from tasks.text_classification.model import (
    Classifier,
    build_model,
    make_loss,
    make_metrics,
    make_objective,
    make_text,
)
from tasks.text_classification.multi_task import JoinedExamples, for_each_task, joined
from tasks.text_classification.presets import PRESETS
from tasks.text_classification.pretraining import load_encoder, pretrain
from tasks.text_classification.progress import ClassificationProgress
from tasks.text_classification.text import cleaned

logger = logging.getLogger(__name__)
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
        The scores on the test split; of a run that only pre-trains, on what was held out of its
        text.
    """
    run = begin(
        config,
        folder,
        lambda: {name: load_examples(corpus) for name, corpus in config.corpora().items()},
    )
    splits, writes = run.data, run.writes
    vocabulary, facts = _prepare(config, folder, splits, writes)
    main = facts.main
    text = make_text(config.text, vocabulary, main.labels)
    copies = augmented_examples(splits[main.name].train, config, folder, writes)
    augmented = replace(splits[main.name], train=splits[main.name].train + copies)
    train_set = _encoded(config, facts, vocabulary, {**splits, main.name: augmented}, "train")
    validation_set = _encoded(config, facts, vocabulary, splits, "validation")
    with run.strategy.scope():
        model = build_model(config, text.size, facts, config.train.precision)
        if not folder.weights("last").exists():
            learned = _begin_encoder(model, config, folder, splits, text, writes)
            if not config.train.epochs:  # the run only pre-trains
                if writes:
                    _record(config, folder, run.start, model.encoder, {"scores": learned})
                return learned
        prepare(model, config.fine_tuning)
        progress = ClassificationProgress(
            Classifier(model, text, main, warns=False),  # the data has been counted
            splits[main.name].validation,
            folder.logs / "validation" if writes else None,
            config.train.pictures,
        )
        settings = _of_main_task(config.train, facts)
        _fit(model, config, settings, folder, (train_set, validation_set), facts, progress, writes)
        validation = make_dataset(validation_set, config.batching, shuffle=False)
        choose_weights(model, validation, settings, folder, writes)
    if not writes:
        return []
    scores, baselines = _scores(folder, facts, splits)
    _record(config, folder, run.start, model, {"scores": scores, "bag_of_words": baselines})
    return scores


def _record(
    config: ClassificationConfig,
    folder: RunFolder,
    start: Start,
    model: keras.layers.Layer,
    scores: Mapping[str, Sequence[Score]],
) -> None:
    """Keep what a finished run has reached, if the settings say so."""
    if not config.train.record:
        return
    row = {
        "seed": config.train.seed,
        "parameters": model.count_params(),
        **{what: {one.name: round(one.value, 3) for one in ones} for what, ones in scores.items()},
    }
    record_and_publish("text_classification", start, row, config, PRESETS, folder)


def _prepare(
    config: ClassificationConfig, folder: RunFolder, splits: Mapping[str, Splits], writes: bool
) -> tuple[Vocabulary, RunFacts]:
    """What a new run learns from the training splits, or what a resumed one has learned."""
    facts = RunFacts(
        tuple(
            Facts(
                name,
                LabelSet.of(splits[name].train, label_kind(corpus)),
                num_segments=len(splits[name].train[0].texts),
            )
            for name, corpus in config.corpora().items()
        )
    )
    if folder.facts.exists():
        saved = folder.load_facts(RunFacts)
        facts.check(saved, str(folder.path))
        facts = saved
    if folder.vocabulary.exists():
        vocabulary = folder.load_vocabulary()
    elif config.train.initial_encoder:
        begun = RunFolder(config.train.initial_encoder)
        if not begun.is_started:
            raise FileNotFoundError(
                f"`train.initial_encoder` must be a run folder; there is none at {begun.path}. The "
                "encoder of film reviews is made there by `python -m "
                "tasks.text_classification.train imdb_encoder --train.record`."
            )
        vocabulary = begun.load_vocabulary()
    else:
        settings = config.text
        texts = cleaned(_training_texts(splits), settings.lowercase, settings.remove_tags).numpy()
        vocabulary = Vocabulary.train(
            [[text.decode() for text in texts]], settings.vocabulary_size, settings.model_type
        )
    if writes:
        folder.save_vocabulary(vocabulary)
        folder.save_facts(facts)
    return vocabulary, facts


def _training_texts(splits: Mapping[str, Splits]) -> list[str]:
    """All that may be learned from."""
    return [text for one in splits.values() for example in one.train for text in example.texts]


def _encoded(
    config: ClassificationConfig,
    facts: RunFacts,
    vocabulary: Vocabulary,
    splits: Mapping[str, Splits],
    split: Literal["train", "validation"],
) -> EncodedExamples | JoinedExamples:
    """A split of all tasks as ids."""
    return joined(
        {
            task.name: EncodedExamples(
                getattr(splits[task.name], split),
                make_text(config.text, vocabulary, task.labels),
                task.labels,
                balanced=config.train.balanced and split == "train" and task == facts.main,
                where=f"{task.name} ({split})",
            )
            for task in facts.tasks
        }
    )


def _begin_encoder(
    model, config: ClassificationConfig, folder, splits, text, writes
) -> list[Score]:
    """Give the encoder the weights that it begins with; returns the scores of pre-training."""
    if config.train.initial_encoder:
        load_encoder(model.encoder, RunFolder(config.train.initial_encoder))
    if not config.pretraining.epochs:
        return []
    texts = _training_texts(splits)
    if config.pretraining.text:
        texts += [line for line in read_lines(found(config.pretraining.text)) if line.strip()]
    return pretrain(
        model.encoder, text, texts, config.pretraining, folder, config.train.seed, writes
    )


def _of_main_task(settings: TrainConfig, facts: RunFacts) -> TrainConfig:
    """The settings with the name that Keras gives to what they monitor."""
    if len(facts.tasks) == 1:
        return settings
    what = settings.monitor.removeprefix("val_")
    return replace(settings, monitor=f"val_{facts.main.name}_{what}")


def _fit(
    model, config: ClassificationConfig, settings, folder, sets, facts: RunFacts, progress, writes
) -> None:
    """Train until the configuration says stop."""
    checkpoints = make_checkpoints(settings, folder, settings.average)
    first_epoch = checkpoints.epochs_done()
    batches = make_dataset(sets[0], config.batching, seed=settings.seed, first_epoch=first_epoch)
    several = len(facts.tasks) > 1
    model.compile(
        optimizer=make_optimizer(
            settings,
            int(batches.cardinality()),
            learning_rate_factors=learning_rate_factors(model, config.fine_tuning.layer_decay),
        ),
        loss=for_each_task(facts, lambda task: make_loss(task.labels, settings.label_smoothing)),
        # Of several tasks, an example's weights say which is its own.
        **{
            "weighted_metrics" if several else "metrics": for_each_task(
                facts, lambda task: make_metrics(task.labels)
            )
        },
        jit_compile=settings.jit,
    )
    model.objective = make_objective(config.objective, facts.main.labels)
    checkpoints.restore(model)
    logger.info("%d parameters, %d epochs done.", model.count_params(), first_epoch)
    counts = {"words": "words", "several": "labels"}
    counted = "examples" if several else counts.get(facts.main.labels.kind, "examples")
    model.fit(
        batches,
        validation_data=make_dataset(sets[1], config.batching, shuffle=False),
        initial_epoch=first_epoch,
        epochs=settings.epochs,
        callbacks=make_callbacks(settings, folder, progress, checkpoints, writes, counted),
        shuffle=False,  # the batches are shuffled already
        verbose=1 if sys.stdout.isatty() else 2,  # a bar, or in a file a line per epoch
    )


def _scores(
    folder: RunFolder, facts: RunFacts, splits: Mapping[str, Splits]
) -> tuple[list[Score], list[Score]]:
    """The scores of all tasks on their test splits, and those of bags of words."""
    scores: list[Score] = []
    baselines: list[Score] = []
    for task in facts.tasks:
        classifier = _calibrated(folder, task.name, splits[task.name])
        found = evaluate(classifier, splits[task.name], folder, "test", EXPLAINED)
        prefix = "" if task == facts.main else f"{task.name} "
        for all_of_them, ones in zip((scores, baselines), found, strict=True):
            all_of_them += [replace(one, name=prefix + one.name) for one in ones]
    return scores, baselines


def _calibrated(folder: RunFolder, task: str, splits: Splits) -> Classifier:
    """The finished run's classifier; the validation split has made its probabilities honest, and
    has tested its explanations."""
    classifier = Classifier.load(folder.path, task=task)
    labels = classifier.facts.labels
    if labels.kind != "one":
        return classifier
    logits = np.stack(classifier.logits(*columns(splits.validation)))
    truth = np.array(labels.encode(splits.validation))
    facts = replace(classifier.facts, temperature=best_temperature(logits, truth))
    classifier = Classifier(classifier.model, classifier.text, facts)
    facts = replace(
        facts, faithful=faithful(deletion_test(classifier, splits.validation, EXPLAINED))
    )
    folder.save_facts(folder.load_facts(RunFacts).with_task(facts))
    return Classifier(classifier.model, classifier.text, facts)


if __name__ == "__main__":
    console.run(main)
