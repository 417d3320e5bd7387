"""What was said: recordings, or features of them, and their transcripts; the parts of a set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Utterances(NamedTuple):
    """Recordings of one sampling rate, or features of one kind, and what is said in each.

    Args:
        audio: int16 arrays `[samples]`, or float32 arrays of features `[frames, features]`; a list,
            as they differ in length.
        transcripts: what is said, a text for each.
        names: where each comes from, for whoever looks for a mistake.
        speakers: who speaks, a name for each; empty if nobody knows.
    """

    audio: Sequence[np.ndarray]
    transcripts: Sequence[str]
    names: Sequence[str]
    speakers: Sequence[str] = ()

    def take(self, numbers: Iterable[int]) -> "Utterances":
        """Those with these numbers, in this order."""
        numbers = list(numbers)
        return Utterances(*([column[i] for i in numbers] if column else [] for column in self))


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set. Nothing but `train` may be learned from.

    Args:
        rate: samples per second of the recordings, or frames per second of features.
        train: utterances to learn from.
        validation: utterances to choose by.
        test: utterances to report on, once.
    """

    rate: float
    train: Utterances
    validation: Utterances
    test: Utterances

    @property
    def num_features(self) -> int | None:
        """Number of features of a frame; None of recordings."""
        shape = self.train.audio[0].shape
        return shape[1] if len(shape) == 2 else None


def as_int16(waveform: np.ndarray) -> np.ndarray:
    """Samples from -1 to 1 as integers; what is louder is cut off."""
    return np.round(32767.0 * np.clip(waveform, -1.0, 1.0)).astype(np.int16)
