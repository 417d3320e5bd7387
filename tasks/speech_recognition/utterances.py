"""What was said: recordings and their transcripts, and the three parts of a set of them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Utterances(NamedTuple):
    """Recordings of one sampling rate and what is said in each.

    Args:
        waveforms: int16 arrays `[samples]`, a list as they differ in length.
        transcripts: what is said, a text for each.
        names: where each comes from, for whoever looks for a mistake; empty if from no file.
    """

    waveforms: list[np.ndarray]
    transcripts: list[str]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set. Nothing but `train` may be learned from.

    Args:
        sampling_rate: of all recordings, in hertz.
        train: utterances to learn from.
        validation: utterances to choose by.
        test: utterances to report on, once.
    """

    sampling_rate: int
    train: Utterances
    validation: Utterances
    test: Utterances


def as_int16(waveform: np.ndarray) -> np.ndarray:
    """Samples from -1 to 1 as integers; what is louder is cut off."""
    return np.round(32767.0 * np.clip(waveform, -1.0, 1.0)).astype(np.int16)
