"""Patterns that are computed block by block."""

import math
from typing import Any, NamedTuple

from keras import ops

from keras_attention.layers.pairs import Pairs
from keras_attention.layers.patterns.pattern import Pattern
from keras_attention.ops.masks import combine_masks


class Blocks(NamedTuple):
    """Blocks of queries, and for each the keys that any of its queries needs.

    Args:
        queries: Integer tensor `[blocks, block]`, which query of the sequence it is; what is below
            0 or beyond the sequence fills a block up.
        keys: Integer tensor `[blocks, keys]`, the same for keys, none of them twice in a block.
    """

    queries: Any
    keys: Any


class BlockedPattern(Pattern):
    """A pattern that gathers the keys that a block of queries needs, and computes those alone.

    Blocks are one more leading axis of queries, keys, values, masks and biases, so every score,
    normaliser and position scheme serves them as it serves a whole sequence. A subclass defines
    `blocks`.
    """

    def blocks(self, pairs):
        """What is computed.

        Returns:
            `(groups, places)`: a list of `Blocks` of which each query is in one, and an integer
            tensor `[q_len]`, where each query stands in the queries of all groups in a row. None if
            there is no way to skip work.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `blocks`.")

    def attend(self, pairs, attend):
        layout = self.blocks(pairs)
        if layout is None or not _saves_work(layout[0], pairs):
            return attend(self.masked(pairs))
        groups, places = layout
        found = [_in_a_row(attend(self._pairs_of(blocks, pairs))) for blocks in groups]
        return ops.take(ops.concatenate(found, axis=-2), places, axis=-2)

    def _pairs_of(self, blocks, pairs):
        k_len = ops.shape(pairs.key)[-2]
        # What fills a block up is a token of the sequence, not zeros, whose norm has no gradient.
        queries = ops.clip(blocks.queries, 0, ops.shape(pairs.query)[-2] - 1)
        keys = ops.clip(blocks.keys, 0, k_len - 1)
        query_positions = ops.take(pairs.query_positions, queries)
        key_positions = ops.take(pairs.key_positions, keys)
        is_key = ops.logical_and(blocks.keys >= 0, blocks.keys < k_len)
        allowed = combine_masks(self.mask(query_positions, key_positions), is_key[:, None, :])
        segments = pairs.query_segments is not None
        return Pairs(
            query=_tokens(pairs.query, queries),
            key=_tokens(pairs.key, keys),
            value=_tokens(pairs.value, keys),
            query_positions=query_positions,
            key_positions=key_positions,
            attention_mask=combine_masks(
                allowed[:, None], *(_of_pairs(x, queries, keys) for x in pairs.masks())
            ),
            bias=None if pairs.bias is None else _of_pairs(pairs.bias, queries, keys),
            causal=pairs.causal,
            query_segments=ops.take(pairs.query_segments, queries, axis=-1) if segments else None,
            key_segments=ops.take(pairs.key_segments, keys, axis=-1) if segments else None,
        )


def _saves_work(groups, pairs):
    """Whether blocks are fewer pairs than all; yes where the lengths are unknown."""
    shapes = [(*blocks.queries.shape, blocks.keys.shape[-1]) for blocks in groups]
    whole = (pairs.query.shape[-2], pairs.key.shape[-2])
    if None in sum(shapes, whole):
        return True
    return sum(math.prod(shape) for shape in shapes) < math.prod(whole)


def _tokens(x, tokens):
    """Rows of `[..., heads, length, size]` as `[..., blocks, heads, rows, size]`."""
    return ops.moveaxis(ops.take(x, tokens, axis=-2), -3, -4)


def _in_a_row(x):
    """`[..., blocks, heads, block, size]` as `[..., heads, blocks * block, size]`."""
    x = ops.moveaxis(x, -4, -3)
    *leading, blocks, block, size = ops.shape(x)
    return ops.reshape(x, (*leading, blocks * block, size))


def _of_pairs(term, queries, keys):
    """A mask or bias `[..., q_len or 1, k_len or 1]`, of which no axis is expanded first, as
    `[..., blocks, heads, block, keys]`."""
    term = ops.convert_to_tensor(term)
    while len(term.shape) < 3:
        term = term[None]
    *leading, rows, columns = ops.shape(term)
    queries = queries[:1, :1] if term.shape[-2] == 1 else queries
    keys = keys[:1, :1] if term.shape[-1] == 1 else keys
    # An axis that turns out to be 1 long is broadcast, too: its only index is 0.
    row, column = ops.minimum(queries, rows - 1), ops.minimum(keys, columns - 1)
    cells = row[:, :, None] * columns + column[:, None, :]
    term = ops.reshape(term, (*leading, rows * columns))
    return ops.moveaxis(ops.take(term, cells, axis=-1), -3, -4)
