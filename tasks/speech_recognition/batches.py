"""The epochs of training: utterances of similar lengths together, padded to the longest of them."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from scipy.signal import resample_poly

from tasks.common.by_length import plan_epoch
from tasks.common.special_ids import END_ID, PAD_ID, START_ID
from tasks.common.untuned import untuned
from tasks.speech_recognition.text import TranscriptText
from tasks.speech_recognition.utterances import Utterances

logger = logging.getLogger(__name__)
_PREFETCHED = 4  # batches made ahead
_AT_ONCE = 16  # recordings that are listened to together
_SPEEDS = 20  # a speed is a multiple of a twentieth
_FULL_SCALE = 32768.0  # of 16 bits


@dataclass(frozen=True)
class Batching:
    """How utterances become batches."""

    batch_size: int = 32
    """Number of utterances of a batch."""
    longest_seconds: float = 30.0
    """Longer training utterances are left out, and counted."""

    def __post_init__(self):
        if self.batch_size < 1 or self.longest_seconds <= 0:
            raise ValueError(
                "`batch_size` must be at least 1 and `longest_seconds` above 0. Received: "
                f"batch_size={self.batch_size}, longest_seconds={self.longest_seconds}."
            )


class LabelledAudio:
    """Utterances with what is to be learned from them.

    Args:
        audio: of each, see `Utterances`.
        labels: of each, for `label_batch`.
        label_batch: from some of the labels to `(inputs, labels)` of a batch.
        speed: slowest and fastest speed of training recordings.
    """

    def __init__(
        self,
        audio: Sequence[np.ndarray],
        labels: Sequence,
        label_batch: Callable[[list], tuple[dict, dict | np.ndarray]],
        speed: tuple[float, float] = (1.0, 1.0),
    ):
        self.audio = audio
        self.labels = labels
        self.label_batch = label_batch
        self.speed = speed
        self.lengths = np.array([len(one) for one in audio])

    @property
    def size(self) -> int:
        """Number of utterances."""
        return len(self.audio)

    def batch(self, members: np.ndarray, draw: np.random.Generator | None = None) -> tuple:
        """`(inputs, labels)` of the utterances with these numbers, faster or slower by lot."""
        waves = [self._played(self.audio[i], draw) for i in members]
        more, labels = self.label_batch([self.labels[i] for i in members])
        return {**padded(waves), **more}, labels

    def _played(self, audio: np.ndarray, draw: np.random.Generator | None) -> np.ndarray:
        slowest, fastest = self.speed
        if draw is None or slowest == fastest == 1.0:
            return audio
        speed = round(_SPEEDS * draw.uniform(slowest, fastest))
        if speed == _SPEEDS:
            return audio
        return resample_poly(audio.astype(np.float32), _SPEEDS, speed, axis=0)


def padded(audio: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The inputs `audio`, float32 and padded with 0, and `lengths` of a model."""
    lengths = np.array([len(one) for one in audio], np.int32)
    batch = np.zeros((len(audio), lengths.max(), *audio[0].shape[1:]), np.float32)
    for row, one in zip(batch, audio, strict=True):
        row[: len(one)] = one
    # Recordings are whole numbers, features are not.
    return {"audio": batch / _FULL_SCALE if batch.ndim == 2 else batch, "lengths": lengths}


def portions(audio: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """What is listened to together, of similar lengths: the numbers and the inputs of a model."""
    if not len(audio):
        return
    for numbers in plan_epoch(np.array([len(one) for one in audio]), _AT_ONCE, seed=None):
        yield numbers, padded([audio[i] for i in numbers])


def transcript_batch(has_decoder: bool) -> Callable[[list[np.ndarray]], tuple[dict, dict]]:
    """What makes the labels of a batch from ids: for CTC and, with a decoder, for that."""

    def batch(rows: list[np.ndarray]) -> tuple[dict, dict]:
        ids = np.full((len(rows), 1 + max(map(len, rows))), PAD_ID, np.int32)
        for place, row in zip(ids, rows, strict=True):
            place[: len(row)] = row
        if not has_decoder:
            return {}, {"ctc": ids}
        labels = ids.copy()
        labels[np.arange(len(rows)), [len(row) for row in rows]] = END_ID
        target_ids = np.pad(ids[:, :-1], [(0, 0), (1, 0)], constant_values=START_ID)
        return {"target_ids": target_ids}, {"ctc": ids, "attention": labels}

    return batch


def command_batch(rows: list[int]) -> tuple[dict, np.ndarray]:
    """The classes of a batch."""
    return {}, np.array(rows, np.int32)


def learnable(
    utterances: Utterances,
    text: TranscriptText,
    num_frames: Callable[[int], int],
    rate: float,
    longest_seconds: float,
    fastest: float,
    where: str,
) -> Utterances:
    """Those that can be learned from: not too long, and with a frame for each of their tokens.

    CTC gives each token a frame, and one to the blank between two that are the same; without them
    its loss is infinite.

    Args:
        utterances: all of them.
        text: of their transcripts.
        num_frames: how many frames the model makes of so many samples.
        rate: samples per second.
        longest_seconds: see `Batching`.
        fastest: how much faster training may play them.
        where: they come from, for messages.

    Returns:
        `Utterances`; how many are left out, and why, is logged.

    Raises:
        ValueError: if none is left.
    """
    problems: dict[str, list[str]] = {}
    kept = []
    rows = zip(utterances.audio, utterances.transcripts, utterances.names, strict=True)
    for number, (audio, transcript, name) in enumerate(rows):
        ids = text.encode(transcript)
        needed = len(ids) + int(np.sum(ids[1:] == ids[:-1]))
        if not len(ids):
            problem = "have an empty transcript"
        elif len(audio) > longest_seconds * rate:
            problem = f"are longer than {longest_seconds:g} seconds"
        elif needed > num_frames(int(len(audio) / fastest)):
            problem = "have more tokens than frames are left of the recording"
        else:
            kept.append(number)
            continue
        problems.setdefault(problem, []).append(name)
    for problem, names in problems.items():
        logger.warning(
            "%s: left out %d of %d utterances, which %s. The first: %s.",
            where,
            len(names),
            len(utterances.audio),
            problem,
            names[0],
        )
    if not kept:
        raise ValueError(
            f"{where}: no utterance is left to learn from; see the warnings above. Fewer "
            "`model.convolutions` leave more frames."
        )
    return utterances.take(kept)


def make_dataset(
    examples: LabelledAudio,
    batching: Batching,
    shuffle: bool = True,
    seed: int = 0,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches of `(inputs, labels)` of utterances of similar lengths.

    Each iteration over the dataset is another epoch with batches of its own; the same `seed` gives
    the same epochs again. Every epoch has equally many batches, and each utterance once.

    Args:
        examples: what to learn from.
        batching: see `Batching`.
        shuffle: for training. Otherwise the batches are sorted by length and always the same, and
            nothing is changed by lot.
        seed: of the shuffling.
        first_epoch: the number of the first epoch, for a run that is resumed.

    Returns:
        A `tf.data.Dataset` of known cardinality.
    """
    epochs = iter(range(first_epoch, 2**31))

    def batches() -> Iterator[tuple]:
        number = (seed, next(epochs)) if shuffle else None
        draw = np.random.default_rng((*number, 1)) if number else None
        for members in plan_epoch(examples.lengths, batching.batch_size, number):
            yield examples.batch(members, draw)

    signature = tf.nest.map_structure(_spec, examples.batch(np.arange(1)))
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    count = -(-examples.size // batching.batch_size)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    return untuned(dataset.prefetch(_PREFETCHED))


def _spec(array: np.ndarray) -> tf.TensorSpec:
    """Any batch, any length; features stay as many."""
    return tf.TensorSpec([None, None, *array.shape[2:]][: array.ndim], array.dtype)
