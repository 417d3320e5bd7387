"""Blocks of queries that see chosen blocks of keys."""

import keras
import numpy as np
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.patterns.blocked_pattern import BlockedPattern, Blocks


@keras.saving.register_keras_serializable(package="keras_attention")
class BlockSparse(BlockedPattern):
    """Each block of queries sees the blocks of keys that a matrix names.

    A sequence may be shorter than the matrix. Where its length is known only when it comes, tokens
    beyond the matrix see nothing and are not seen. Work grows with the permitted blocks of a row:
    rows are computed in two groups, the few with many and the many with few, each as if all of the
    group had as many as the one with the most.

    Args:
        block_mask: Booleans `[q_blocks, k_blocks]`, a list of lists or an array, True = the queries
            of the block may attend to the keys of the block.
        block_size: Positive integer, the number of tokens of a block.

    Raises:
        ValueError: If the matrix is none of booleans, `block_size` is not a positive integer, or
            the sequence is longer than the matrix or shorter by a whole block.

    Example:

    >>> pattern = keras_attention.BlockSparse([[True, False], [True, True]], block_size=3)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=pattern)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        [Child et al., 2019](https://arxiv.org/abs/1904.10509)
    """

    def __init__(self, block_mask, block_size):
        self.block_mask = _checked(block_mask)
        self.block_size = positive_integer("block_size", block_size)

    def check_lengths(self, q_len, k_len):
        needed = [None if n is None else -(-n // self.block_size) for n in (q_len, k_len)]
        # Behind a memory, queries stand as far as the keys do.
        most = None if None in needed else max(needed)
        rows, columns = self.block_mask.shape
        rows_fit = (needed[0] or rows) <= rows <= (most or rows)
        if not rows_fit or columns != (needed[1] or columns):
            raise ValueError(
                "`block_mask` must have as many blocks as the sequence, [q_blocks, k_blocks]="
                f"{needed} in blocks of block_size={self.block_size}. Received: block_mask of "
                f"shape {self.block_mask.shape}. Build the layer for an unknown length if some "
                "sequences are shorter."
            )

    def mask(self, query_positions, key_positions):
        # One more row and column for what lies beyond the matrix.
        padded = np.pad(self.block_mask, ((0, 1), (0, 1)))
        row, column = (
            ops.minimum(positions // self.block_size, blocks)
            for positions, blocks in zip(
                (query_positions, key_positions), self.block_mask.shape, strict=True
            )
        )
        cells = row[..., :, None] * padded.shape[1] + column[..., None, :]
        return ops.take(ops.convert_to_tensor(padded.ravel()), cells)

    def blocks(self, pairs):
        if not isinstance(pairs.start, int):
            return None
        size, start = self.block_size, pairs.start
        self._check_ends(pairs)
        first = start // size
        table = self._rows(first, pairs)
        groups, order = [], []
        for rows in _alike(table.sum(axis=1)):
            queries = (first + rows)[:, None] * size + np.arange(size) - start
            groups.append(_blocks(queries, table[rows], size))
            order += list(rows)
        place = np.argsort(order).astype("int32")  # of each row among those of all groups
        positions = start + ops.arange(ops.shape(pairs.query)[-2], dtype="int32")
        rows = ops.minimum(positions // size - first, len(table) - 1)
        return groups, ops.take(place, rows) * size + positions % size

    def _rows(self, first, pairs):
        """The rows of the matrix for these queries, without blocks of no or only later keys."""
        q_len, k_len = pairs.query.shape[-2], pairs.key.shape[-2]
        last = None if q_len is None else -(-(pairs.start + q_len) // self.block_size)
        columns = None if k_len is None else -(-k_len // self.block_size)
        table = self.block_mask[:last, :columns]
        table = (np.tril(table) if pairs.causal else table)[first:]
        # If the length is unknown, a last row that sees nothing is for what lies beyond.
        return np.pad(table, ((0, 1), (0, 0))) if q_len is None else table

    def _check_ends(self, pairs):
        q_len, k_len = pairs.query.shape[-2], pairs.key.shape[-2]
        ends = (None if q_len is None else pairs.start + q_len, k_len)
        for name, end, blocks in zip(("Queries", "Keys"), ends, self.block_mask.shape, strict=True):
            if end is not None and end > blocks * self.block_size:
                raise ValueError(
                    f"{name} must not stand beyond `block_mask`, which ends at position "
                    f"{blocks * self.block_size}. Received: a sequence up to position {end}."
                )

    def get_config(self):
        return {"block_mask": self.block_mask.tolist(), "block_size": self.block_size}


def _checked(block_mask):
    try:
        found = np.asarray(block_mask)
    except ValueError:  # rows of different lengths
        found = np.zeros(0)
    if found.ndim != 2 or found.size == 0 or not np.isin(found, (0, 1)).all():
        raise ValueError(
            "`block_mask` must be a matrix of booleans `[q_blocks, k_blocks]`. Received: "
            f"block_mask={block_mask!r}."
        )
    return found.astype(bool)


def _alike(counts):
    """The rows in at most two groups, so that rows filled up to the most of their group are the
    least work."""

    def work(bound):
        few = int((counts <= bound).sum())
        return few * bound + (len(counts) - few) * counts.max()

    bound = min(np.unique(counts), key=work)
    groups = (np.flatnonzero(counts <= bound), np.flatnonzero(counts > bound))
    return [rows for rows in groups if len(rows)]


def _blocks(queries, table, size):
    """Rows of queries with the keys that the rows of a boolean table name."""
    keys = np.full((len(table), max(1, table.sum(axis=1).max()), size), -1, "int32")
    for row, permitted in enumerate(table):
        chosen = np.flatnonzero(permitted)
        keys[row, : len(chosen)] = chosen[:, None] * size + np.arange(size)
    queries, keys = queries.astype("int32"), keys.reshape(len(table), -1)
    return Blocks(ops.convert_to_tensor(queries), ops.convert_to_tensor(keys))
