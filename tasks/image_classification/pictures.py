"""Labelled pictures of one size, and the three parts of a set of them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Pictures(NamedTuple):
    """Pictures and what they show.

    Args:
        images: uint8 `[count, height, width, channels]`, grey (1 channel) or red, green, blue.
        labels: int32 `[count]`, the number of the class.
        files: where each comes from, for whoever looks for a mistake; empty if from no file.
    """

    images: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...] = ()

    def take(self, members: np.ndarray) -> "Pictures":
        """The pictures with these numbers."""
        files = tuple(self.files[number] for number in members) if self.files else ()
        return Pictures(self.images[members], self.labels[members], files)


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set. Nothing but `train` may be learned from.

    Args:
        classes: their names, in the order of the labels.
        train: pictures to learn from.
        validation: pictures to choose by.
        test: pictures to report on, once.
    """

    classes: tuple[str, ...]
    train: Pictures
    validation: Pictures
    test: Pictures
