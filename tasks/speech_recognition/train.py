"""Train a speech recognizer: `python -m tasks.speech_recognition.train tiny`."""

import logging
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import keras
import tyro

from keras_attention.training.ctc_loss import CTCLoss
from keras_attention.training.losses import MaskedCrossEntropy
from keras_attention.training.metrics import MaskedAccuracy
from tasks.common import console
from tasks.common.begun import begin
from tasks.common.config_json import to_json
from tasks.common.finished import choose_weights, record_and_publish
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score
from tasks.common.training import make_callbacks, make_checkpoints, make_optimizer
from tasks.speech_recognition.batches import (
    LabelledAudio,
    command_batch,
    learnable,
    make_dataset,
    transcript_batch,
)
from tasks.speech_recognition.build import build_model, with_statistics
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.config import CommandConfig, SpeechConfig
from tasks.speech_recognition.corpora import load_utterances
from tasks.speech_recognition.evaluate import command_ids, evaluate
from tasks.speech_recognition.facts import Facts
from tasks.speech_recognition.model import Recognizer
from tasks.speech_recognition.presets import PRESETS
from tasks.speech_recognition.progress import CommandProgress, TranscriptProgress, greedy_word_error
from tasks.speech_recognition.text import TranscriptText
from tasks.speech_recognition.utterances import Splits, Utterances

logger = logging.getLogger(__name__)
Preset = console.presets_type(PRESETS)


def main(config: Annotated[Preset, tyro.conf.arg(name="")], run_folder: Path | None = None) -> None:
    """Train a speech recognizer, from a preset that any option changes; resume it if it exists.

    Args:
        config: the preset.
        run_folder: where everything of the run is kept, by default
            runs/speech_recognition-<preset>.
    """
    folder = RunFolder(run_folder or Path("runs", f"speech_recognition-{config.name}"))
    train(config, folder)
    logger.info("\nThe run is in %s. See it: tensorboard --logdir %s", folder.path, folder.logs)


def train(config: SpeechConfig, folder: RunFolder) -> list[Score]:
    """Train, choose the weights on the validation split, and score them on the test split.

    Args:
        config: all settings.
        folder: an empty folder, or that of the run to resume. Several workers must see the same
            folder; only the first of them writes and scores.

    Returns:
        The scores on the test split.
    """
    run = begin(config, folder, lambda: load_utterances(config.data))
    splits, writes = run.data, run.writes
    are_commands = isinstance(config.model, CommandConfig)
    text = None if are_commands else TranscriptText.of(splits.train.transcripts, config.text)
    facts = Facts.of(splits, text)
    if config.features.normalization == "global":
        facts = with_statistics(facts, config.features, splits.train.audio)
    if folder.facts.exists():
        facts.check(folder.load_facts(Facts), str(folder.path))
    if writes:
        folder.save_facts(facts)
    with run.strategy.scope():
        model = build_model(config, facts, config.train.precision)
        learner = (_Commands if are_commands else _Transcripts)(model, config, facts, splits)
        _fit(learner, config, folder, writes)
        choose_weights(
            model,
            make_dataset(learner.validation, config.batching, shuffle=False),
            config.train,
            folder,
            writes,
            learner.measure,
        )
    if not writes:
        return []
    scores = evaluate(folder, config, splits, "test")
    if config.train.record:
        row = {
            "seed": config.train.seed,
            "parameters": model.count_params(),
            "training_utterances": len(splits.train.audio),
            "test_utterances": len(splits.test.audio),
            **({} if are_commands else {"decode": to_json(config.decode)}),
            "scores": {one.name: round(one.value, 3) for one in scores},
        }
        record_and_publish("speech_recognition", run.start, row, config, PRESETS, folder)
    return scores


class _Transcripts:
    """Learns to write down what is said."""

    def __init__(self, model, config: SpeechConfig, facts: Facts, splits: Splits):
        self.model = model
        self._config = config
        self._recognizer = Recognizer(model, facts, config)
        self._splits = splits
        self.train = self._labelled(splits.train, "training", config.augmentation.speed)
        self.validation = self._labelled(splits.validation, "validation")
        weight = config.train.ctc_weight
        has_decoder = config.model.decoder != "none"
        loss = {"ctc": CTCLoss()}
        metrics = {}
        if has_decoder:
            loss["attention"] = MaskedCrossEntropy(config.train.label_smoothing)
            metrics["attention"] = [MaskedAccuracy()]
        self.compiled = {
            "loss": loss,
            "loss_weights": {"ctc": weight, "attention": 1.0 - weight} if has_decoder else None,
            "metrics": metrics or None,
        }

    def progress(self, folder: Path | None) -> TranscriptProgress:
        return TranscriptProgress(
            self._recognizer, self._splits.validation, folder, self._config.train.pictures
        )

    @property
    def measure(self):
        """What is compared to choose the weights; None: the validation loss."""
        if self._config.train.monitor != "val_word_error":
            return None
        return lambda: greedy_word_error(self._recognizer, self._splits.validation)

    def _labelled(self, utterances: Utterances, where: str, speed=(1.0, 1.0)) -> LabelledAudio:
        text, batching = self._recognizer.text, self._config.batching
        unknown = text.unknown(utterances.transcripts)
        if unknown:
            _warn_of_unknown(unknown, where)
        utterances = learnable(
            utterances,
            text,
            self.model.encoder.num_frames,
            self._splits.rate,
            batching.longest_seconds,
            speed[1],
            where,
        )
        ids = [text.encode(one) for one in utterances.transcripts]
        batch = transcript_batch(self._config.model.decoder != "none")
        return LabelledAudio(utterances.audio, ids, batch, speed)


class _Commands:
    """Learns to tell commands apart."""

    measure = None

    def __init__(self, model, config: SpeechConfig, facts: Facts, splits: Splits):
        self.model = model
        self._classifier = CommandClassifier(model, facts, config)
        self._splits = splits
        self._ids = {name: number for number, name in enumerate(facts.pieces)}
        self.train = self._labelled(splits.train, "training", config.augmentation.speed)
        self.validation = self._labelled(splits.validation, "validation")
        self.compiled = {
            "loss": MaskedCrossEntropy(config.train.label_smoothing, padding_id=None),
            "metrics": [keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        }

    def progress(self, folder: Path | None) -> CommandProgress:
        return CommandProgress(
            self._classifier, self._splits.validation, self.validation.labels, folder
        )

    def _labelled(self, utterances: Utterances, where: str, speed=(1.0, 1.0)) -> LabelledAudio:
        labels = command_ids(utterances, self._ids, where)
        return LabelledAudio(utterances.audio, labels, command_batch, speed)


def _fit(learner: _Transcripts | _Commands, config: SpeechConfig, folder, writes) -> None:
    """Train until the configuration says stop."""
    settings, model = config.train, learner.model
    checkpoints = make_checkpoints(settings, folder, settings.average)
    first_epoch = checkpoints.epochs_done()
    batches = make_dataset(
        learner.train, config.batching, seed=settings.seed, first_epoch=first_epoch
    )
    model.compile(
        optimizer=make_optimizer(settings, int(batches.cardinality())),
        jit_compile=settings.jit,
        **learner.compiled,
    )
    checkpoints.restore(model)
    logger.info("%d parameters, %d epochs done.", model.count_params(), first_epoch)
    progress = learner.progress(folder.logs / "validation" if writes else None)
    model.fit(
        batches,
        validation_data=make_dataset(learner.validation, config.batching, shuffle=False),
        initial_epoch=first_epoch,
        epochs=settings.epochs,
        callbacks=make_callbacks(settings, folder, progress, checkpoints, writes, "utterances"),
        shuffle=False,  # the batches are shuffled already
        verbose=1 if sys.stdout.isatty() else 2,  # a bar, or in a file a line per epoch
    )


def _warn_of_unknown(unknown: Counter, where: str) -> None:
    examples = ", ".join(f"{piece!r} ({count})" for piece, count in unknown.most_common(5))
    logger.warning(
        "The %s transcripts have %d pieces that no output stands for; they are left out. Most "
        "frequent: %s.",
        where,
        unknown.total(),
        examples,
    )


if __name__ == "__main__":
    console.run(main)
