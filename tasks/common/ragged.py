"""Sequences of different lengths in one array, handled together by a few NumPy operations."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Ragged:
    """Many sequences of ids, one after the other.

    Args:
        values: int32 array of all ids.
        starts: int64 array of `sequences + 1` positions in it: where each begins, and the end.
    """

    values: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, tensor: tf.RaggedTensor) -> "Ragged":
        return cls(tensor.values.numpy(), tensor.row_splits.numpy())

    @classmethod
    def from_lists(cls, rows: Sequence[Sequence[int]]) -> "Ragged":
        starts = np.cumsum([0, *(len(row) for row in rows)])
        return cls(np.fromiter(itertools.chain.from_iterable(rows), np.int32, starts[-1]), starts)

    @property
    def lengths(self) -> np.ndarray:
        return np.diff(self.starts)

    def take(self, numbers: np.ndarray) -> "Ragged":
        """The sequences with these numbers, in this order."""
        lengths = self.lengths[numbers]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.repeat(self.starts[numbers] - starts[:-1], lengths) + np.arange(starts[-1])
        return Ragged(self.values[positions], starts)

    def where(self, keep: np.ndarray, other: "Ragged") -> "Ragged":
        """Each sequence where `keep` says so, the one of `other` elsewhere."""
        both = Ragged(
            np.concatenate([self.values, other.values]),
            np.concatenate([self.starts, other.starts[1:] + len(self.values)]),
        )
        numbers = np.arange(len(keep))
        return both.take(np.where(keep, numbers, numbers + len(keep)))

    def dense(self, members: np.ndarray, rows: int, length: int) -> np.ndarray:
        """int32 `[rows, length]`: the sequences numbered `members`, then padding with 0."""
        batch = np.zeros((rows, length), np.int32)
        chosen = self.take(members)
        batch[: len(members)][np.arange(length) < chosen.lengths[:, None]] = chosen.values
        return batch
