"""Sequences of different lengths in one array, made dense for a batch in a few NumPy operations."""

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

    def row(self, number: int) -> np.ndarray:
        return self.values[self.starts[number] : self.starts[number + 1]]

    def dense(self, members: np.ndarray, rows: int, length: int) -> np.ndarray:
        """int32 `[rows, length]`: the sequences numbered `members`, then padding with 0."""
        batch = np.zeros((rows, length), np.int32)
        lengths = self.lengths[members]
        real = np.arange(length) < lengths[:, None]  # [members, length]
        positions = np.arange(length) + self.starts[:-1][members][:, None]
        batch[: len(members)][real] = self.values[positions[real]]
        return batch
