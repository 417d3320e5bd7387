"""What a run shows while it trains: the errors that it makes, and a few utterances to look at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from keras import ops

from keras_attention.visualization.confusion import confusion_figure
from keras_attention.visualization.speech_figures import speech_figure
from tasks.common.scores import confusions
from tasks.common.special_ids import SPECIAL_PIECES, START_ID
from tasks.common.spread import spread
from tasks.common.tensorboard import EpochEvents, markdown_table, write_figure
from tasks.speech_recognition.batches import padded
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.model import Recognizer
from tasks.speech_recognition.scoring import word_error_rate
from tasks.speech_recognition.utterances import Utterances

_MOST_CLASSES = 50  # of a picture of confusions


class TranscriptProgress(EpochEvents):
    """Writes down validation utterances after each epoch, by CTC's greedy search.

    The word error rate becomes `val_word_error` among the logs. TensorBoard has for the same few
    utterances the spectrogram, CTC's posteriors, what the decoder attends to, what was heard, and
    the sound.

    Args:
        recognizer: with the model that is being trained.
        validation: utterances.
        folder: where TensorBoard's events are written; None writes none.
        pictures: how many utterances, spread over all, are shown.
    """

    def __init__(
        self,
        recognizer: Recognizer,
        validation: Utterances,
        folder: Path | None,
        pictures: int = 2,
    ):
        super().__init__(folder)
        self.recognizer = recognizer
        self.validation = validation
        self.shown = validation.take(spread(range(len(validation.audio)), pictures))
        self._has_sound = False

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None:
            logs["val_word_error"] = greedy_word_error(self.recognizer, self.validation)
        super().on_epoch_end(epoch, logs)

    def write(self) -> None:
        rows = []
        for place, (audio, transcript) in enumerate(
            zip(self.shown.audio, self.shown.transcripts, strict=True), start=1
        ):
            heard = self.recognizer.greedy([audio])[0]
            rows.append((transcript, heard))
            write_figure(
                f"utterances/{place}", utterance_figure(self.recognizer, audio, transcript)
            )
            if not self._has_sound and self.recognizer.facts.num_features is None:
                wave = padded([audio])["audio"][..., None]
                tf.summary.audio(f"sound/{place}", wave, int(self.recognizer.facts.rate))
        self._has_sound = True  # it stays the same
        tf.summary.text("heard", markdown_table(["said", "heard"], rows))


def greedy_word_error(recognizer: Recognizer, utterances: Utterances) -> float:
    """The word error rate of CTC's greedy search, in percent."""
    truth = [recognizer.text.normalized(one) for one in utterances.transcripts]
    return word_error_rate(truth, recognizer.greedy(utterances.audio))


def utterance_figure(recognizer: Recognizer, audio: np.ndarray, transcript: str):
    """An utterance over time, while the decoder is given the right transcript."""
    model, text = recognizer.model, recognizer.text
    inputs = padded([audio])
    features, _ = model.encoder.front_end(inputs["audio"], inputs["lengths"])
    ids = text.encode(transcript)
    posteriors = np.exp(recognizer.log_probabilities([audio])[0])
    pieces = [*SPECIAL_PIECES, *text.pieces]
    pieces[0] = ""
    attention, written = None, []
    if model.decoder is not None and len(ids):
        target_ids = np.concatenate([[START_ID], ids])[None].astype(np.int32)
        weights = model.cross_attention({**inputs, "target_ids": target_ids})
        attention = ops.convert_to_numpy(ops.mean(weights[0, -1], axis=0))
        written = [*(pieces[i] for i in ids), "</s>"]
    seconds = features.shape[1] * recognizer.hop_seconds
    return speech_figure(
        ops.convert_to_numpy(features)[0],
        posteriors,
        pieces,
        seconds,
        attention,
        written,
        transcript,
    )


class CommandProgress(EpochEvents):
    """Draws how often each command is taken for each other, after each epoch.

    Args:
        classifier: with the model that is being trained.
        validation: utterances.
        labels: their commands, as ids.
        folder: where TensorBoard's events are written; None writes none.
    """

    def __init__(
        self,
        classifier: CommandClassifier,
        validation: Utterances,
        labels: Sequence[int],
        folder: Path | None,
    ):
        super().__init__(folder)
        self.classifier = classifier
        self.validation = validation
        self.labels = labels

    def write(self) -> None:
        names = self.classifier.facts.pieces
        if len(names) > _MOST_CLASSES:
            return
        said = self.classifier.probabilities(self.validation.audio).argmax(axis=-1)
        counts = confusions(len(names), self.labels, said)
        write_figure("confusions", confusion_figure(counts, names))
