"""What hears: a trained model, what it knows of its data, and a search for what was said."""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from keras import ops

from keras_attention.decoding.beam import Beam
from keras_attention.decoding.ctc import (
    collapsed,
    ctc_alignment,
    ctc_beam_search,
    ctc_greedy,
    ctc_log_probability,
)
from keras_attention.decoding.decode import decode
from keras_attention.models.speech_recognizer import SpeechRecognizer
from keras_attention.models.speech_stream import SpeechStream
from tasks.common.special_ids import END_ID, START_ID
from tasks.speech_recognition.batches import padded, portions
from tasks.speech_recognition.build import input_specs, load_model
from tasks.speech_recognition.config import DecodeConfig, DecodeOptions, SpeechConfig
from tasks.speech_recognition.facts import Facts
from tasks.speech_recognition.text import TranscriptText, count_n_grams

_TOKENS = 32  # the longest hypothesis is a multiple of this: few graphs are traced


class Word(NamedTuple):
    """A word and when it begins.

    Args:
        text: the word.
        seconds: from the beginning of the recording.
    """

    text: str
    seconds: float


class Heard(NamedTuple):
    """What was heard in a recording.

    Args:
        text: the transcript.
        log_probability: its score, as the search defines it.
        words: when each begins, by the likeliest alignment of CTC; none if the recording has too
            few frames for one.
    """

    text: str
    log_probability: float
    words: list[Word]


class Recognizer:
    """Recordings to transcripts: a trained model, its text, and a search.

    Args:
        model: what `build_model` made, trained.
        facts: what the run has learned from its data besides.
        config: all settings of the run.
        decode: how to search.

    Example:

    >>> recognizer = Recognizer.load("runs/speech_recognition-tiny")  # doctest: +SKIP
    >>> recognizer([waveform])[0].text  # doctest: +SKIP
    'five seven nine'
    """

    def __init__(
        self,
        model: SpeechRecognizer,
        facts: Facts,
        config: SpeechConfig,
        decode: DecodeConfig | None = None,
    ):
        self.model = model
        self.facts = facts
        self.config = config
        self.decode = decode or config.decode
        self.text = TranscriptText(facts.pieces, facts.units, config.text.lowercase)
        self._n_gram = self._stream = None
        if self.decode.n_gram_text is not None:
            self._n_gram = count_n_grams(
                self.decode.n_gram_text, self.text, self.decode.n_gram_order
            )
        self._encode = tf.function(self.encode, [input_specs(facts)], autograph=False)
        # Whatever the lengths, each is traced once; a search for each number of tokens.
        frames = tf.TensorSpec([None, None, model.encoder.d_model], model.encoder.compute_dtype)
        self._frames = [frames, tf.TensorSpec([None, None], tf.bool)]
        self._searches: dict[int, Callable] = {}
        labels = tf.TensorSpec([None, None], tf.int32)
        self._scores = tf.function(self._attention_scores, [*self._frames, labels], autograph=False)

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        decode: DecodeOptions | None = None,
        weights: str = "final",
    ) -> "Recognizer":
        """The recognizer of a run.

        Args:
            folder: the run folder.
            decode: how to search, where it shall differ from the run's configuration.
            weights: `"final"`, those that a finished run has chosen, or `"best"`, or `"last"`.

        Raises:
            FileNotFoundError: if there is no run, or none with such weights.
            ValueError: if a file of the run is damaged, it is one of commands, or the texts for the
                search have nothing that the run knows.
        """
        config, facts, model = load_model(folder, weights)
        if not isinstance(model, SpeechRecognizer):
            raise ValueError(f"The run in {folder} tells commands apart: use `CommandClassifier`.")
        return cls(model, facts, config, decode.over(config.decode) if decode else None)

    @property
    def hop_seconds(self) -> float:
        """From a frame of the features to the next."""
        given = self.facts.num_features is not None
        return 1.0 / self.facts.rate if given else self.config.features.hop_seconds

    @property
    def seconds_per_frame(self) -> float:
        """From a frame of the encoder to the next."""
        return self.hop_seconds * self.model.encoder.subsampling.stride

    def __call__(self, audio: Sequence[np.ndarray]) -> list[Heard]:
        """What is said in recordings, each int16 `[samples]`, or features `[frames, features]`."""
        found: list[Heard] = [Heard("", 0.0, []) for _ in audio]
        for numbers, log_probabilities, encoded, mask in self._encoded(audio):
            searched = self._searched(log_probabilities, encoded, mask)
            for number, frames, (ids, score) in zip(
                numbers, log_probabilities, searched, strict=True
            ):
                words = self._words(frames, ids)
                found[number] = Heard(self.text.decode(ids), score, words)
        return found

    def greedy(self, audio: Sequence[np.ndarray]) -> list[str]:
        """What CTC's likeliest tokens say: the quickest answer."""
        found = [""] * len(audio)
        for numbers, log_probabilities, _, _ in self._encoded(audio):
            for number, frames in zip(numbers, log_probabilities, strict=True):
                found[number] = self.text.decode(ctc_greedy(frames).token_ids)
        return found

    def log_probabilities(self, audio: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What CTC says of each frame, `[frames, vocabulary]` for each recording."""
        found: list[np.ndarray] = [np.empty(0)] * len(audio)
        for numbers, log_probabilities, _, _ in self._encoded(audio):
            for number, frames in zip(numbers, log_probabilities, strict=True):
                found[number] = frames
        return found

    def stream(self, audio: np.ndarray, seconds: float = 0.5) -> Iterator[str]:
        """What has been heard so far while a recording arrives, by CTC's likeliest tokens.

        Args:
            audio: int16 `[samples]`, or features.
            seconds: of each piece.

        Yields:
            The transcript so far, after each piece and at the end.

        Raises:
            ValueError: if the encoder has no chunks, or needs the whole utterance.
        """
        self._stream = stream = self._stream or SpeechStream(self.model.encoder)
        stream.restart()  # the recording before may not have been heard to its end
        size = max(1, round(seconds * self.facts.rate))
        path: list[int] = []
        starts = range(0, len(audio), size)
        for start in (*starts, None):
            if start is None:
                frames = stream.end()
            else:
                frames = stream.feed(padded([audio[start : start + size]])["audio"])
            if frames is not None:
                logits = ops.convert_to_numpy(self.model.ctc_head(frames)[0])
                path += logits.argmax(axis=-1).tolist()
            yield self.text.decode(collapsed(path))

    def encode(self, inputs: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """`(log_probabilities, encoded, mask)`, in a graph."""
        encoded, mask = self.model.encode(inputs, training=False)
        return ops.log_softmax(self.model.ctc_logits(encoded, mask)), encoded, mask

    def _encoded(self, audio: Sequence[np.ndarray]) -> Iterator[tuple]:
        """Batches of similar lengths: their numbers, CTC's log-probabilities of the real frames of
        each, the encoder's output and which frames are real."""
        for numbers, inputs in portions(audio):
            found, encoded, mask = self._encode(inputs)
            rows = zip(found.numpy(), mask.numpy(), strict=True)
            yield numbers, [frames[real] for frames, real in rows], encoded, mask

    def _searched(self, log_probabilities, encoded, mask) -> list[tuple[tuple[int, ...], float]]:
        """The best hypothesis of each recording, with its score."""
        settings = self.decode
        if settings.method == "ctc_greedy":
            return [
                (one.token_ids, one.log_probability) for one in map(ctc_greedy, log_probabilities)
            ]
        if settings.method == "attention":
            return [rows[0] for rows in self._by_attention(encoded, mask)]
        by_ctc = [
            ctc_beam_search(
                frames,
                settings.beams,
                next_log_probabilities=self._n_gram,
                language_model_weight=settings.n_gram_weight,
                length_bonus=settings.length_bonus,
            )
            for frames in log_probabilities
        ]
        if settings.method == "ctc_beam":
            return [(rows[0].token_ids, rows[0].log_probability) for rows in by_ctc]
        by_attention = self._by_attention(encoded, mask)
        candidates = [
            sorted({ids for ids, _ in theirs} | {one.token_ids for one in ours})
            for theirs, ours in zip(by_attention, by_ctc, strict=True)
        ]
        return self._rescored(candidates, log_probabilities, encoded, mask)

    def _by_attention(self, encoded, mask) -> list[list[tuple[tuple[int, ...], float]]]:
        """The hypotheses of the decoder's beam search, the best first."""
        frames = int(tf.reduce_sum(tf.cast(mask, tf.int32), axis=1).numpy().max())
        longest = -(-(frames + 1) // _TOKENS) * _TOKENS
        if longest not in self._searches:
            search = functools.partial(self._attention_search, longest=longest)
            self._searches[longest] = tf.function(search, self._frames, autograph=False)
        hypotheses = self._searches[longest](encoded, mask)
        rows = zip(*(part.numpy() for part in hypotheses), strict=True)
        return [
            [
                (tuple(ids[:length].tolist()), float(score))
                for ids, length, score in zip(*row, strict=True)
                if np.isfinite(score)
            ]
            or [((), 0.0)]
            for row in rows
        ]

    def _attention_search(self, encoded, mask, longest: int):
        width = self.decode.beams
        cache = self.model.make_cache(encoded, mask, longest, width)
        return decode(
            self.model.step,
            cache,
            Beam(width, self.decode.length_penalty, n_best=width),
            batch_size=ops.shape(encoded)[0],
            max_length=longest,
            # No speech has more tokens than frames.
            limits=ops.sum(ops.cast(mask, "int32"), axis=1) + 1,
        )

    def _rescored(self, candidates, log_probabilities, encoded, mask) -> list[tuple]:
        """Of each recording the candidate that CTC and the decoder together find the likeliest."""
        rows = np.repeat(np.arange(len(candidates)), [len(found) for found in candidates])
        hypotheses = [ids for found in candidates for ids in found]
        longest = max(map(len, hypotheses)) + 1
        labels = np.zeros((len(hypotheses), longest), np.int32)
        for place, ids in zip(labels, hypotheses, strict=True):
            place[: len(ids) + 1] = (*ids, END_ID)
        attention = self._scores(tf.gather(encoded, rows), tf.gather(mask, rows), labels).numpy()
        weight, bonus = self.decode.ctc_weight, self.decode.length_bonus
        best: list[tuple[tuple[int, ...], float]] = [((), -np.inf)] * len(candidates)
        for row, ids, score in zip(rows, hypotheses, attention, strict=True):
            by_ctc = ctc_log_probability(log_probabilities[row], ids)
            both = weight * by_ctc + (1.0 - weight) * float(score) + bonus * len(ids)
            if both > best[row][1]:
                best[row] = (ids, both)
        return best

    def _attention_scores(self, encoded, mask, labels):
        """The decoder's log-probability of each row of ids, `[rows]`."""
        target_ids = tf.pad(labels[:, :-1], [[0, 0], [1, 0]], constant_values=START_ID)
        logits = self.model.decoder(target_ids, encoded, mask, training=False)
        found = ops.log_softmax(ops.cast(logits, "float32"))
        found = ops.take_along_axis(found, labels[..., None], axis=-1)[..., 0]
        return ops.sum(ops.where(labels != 0, found, 0.0), axis=1)

    def _words(self, log_probabilities: np.ndarray, ids: tuple[int, ...]) -> list[Word]:
        try:
            begins = ctc_alignment(log_probabilities, ids)
        except ValueError:  # fewer frames than tokens
            return []
        words: list[Word] = []
        pieces = [self.text.decode([one]) for one in ids]
        is_new = True
        for piece, frame in zip(pieces, begins, strict=True):
            if not piece:  # a space
                is_new = True
            elif is_new or self.text.units == "words":
                words.append(Word(piece, frame * self.seconds_per_frame))
                is_new = False
            else:
                words[-1] = words[-1]._replace(text=words[-1].text + piece)
        return words
