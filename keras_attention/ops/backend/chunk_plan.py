"""How attention is cut into blocks.

A length is an integer where it is known while tracing, otherwise a scalar tensor.
"""

import functools
from typing import Any, NamedTuple

from keras import ops

Length = Any  # int or scalar tensor

# Scores of a block that a processor's cache holds, ...
_SCORES = 2**20
# ... queries that make a product wide enough to be fast, even if then it does not, ...
_ROWS = 192, 512
# ... and scores that are never exceeded for that.
_MOST_SCORES = 2**22
# With a window, fewer: a chunk sees `rows + 2 * window` keys, of which each query sees a part.
_WINDOWED_ROWS = 128, 512
# Parts of the queries of causal attention, each of which sees the keys up to its end; with fewer
# where all are traced though the lengths, still unknown, may be small.
_CAUSAL_SPANS, _UNKNOWN_SPANS = 8, 4


class Rules(NamedTuple):
    """What is no tensor, see `ops.chunked_attention`."""

    scale: float
    causal: bool
    window: int | None
    dropout: float
    chunk_size: int | None


class Span(NamedTuple):
    """Consecutive chunks of queries that see the same number of keys."""

    first: Length
    last: Length
    """The chunk after the last one."""
    columns: Length
    """Keys that each chunk sees."""


class Plan(NamedTuple):
    """A place is some key/value heads with all their queries; a block is a chunk of a place."""

    places: Length
    heads: Length
    """Key/value heads of a place."""
    chunks: Length
    rows: Length
    """Queries of a chunk."""
    spans: tuple[Span, ...]
    window: Length | None
    """`None` also where the window of `Rules` hides nothing."""
    before: Length
    """Keys that a window has before the first one: padding, so that all blocks have one size."""
    after: Length
    """The same behind the last key."""
    within_batch: bool
    """Whether the heads of a place all belong to one example."""

    @property
    def columns(self) -> Length:
        """Keys of the widest block."""
        return self.spans[-1].columns


def make_plan(
    batch: Length,
    kv_heads: int,
    group: int,
    q_len: Length,
    k_len: Length,
    rules: Rules,
    within_batch: bool,
) -> Plan:
    """Plans for `batch * kv_heads` key/value heads with `group` query heads each."""
    window = rules.window
    if window is not None:
        longest = maximum(q_len, k_len)
        window = None if isinstance(longest, int) and window >= longest else window
    if window is not None:
        window = minimum(window, longest)
    rows = _rows(group, q_len, k_len, window, rules)
    chunks = ceil_divide(q_len, rows)
    if window is not None:
        columns = rows + (window - 1) * (1 if rules.causal else 2)
        spans = (Span(0, chunks, columns),)
    elif rules.causal:
        spans = tuple(_causal_spans(chunks, rows, k_len))
    else:
        spans = (Span(0, chunks, k_len),)
    limit = maximum(1, _SCORES // maximum(1, group * rows * spans[-1].columns))
    together = _largest_divisor(kv_heads if within_batch else batch * kv_heads, limit)
    before = 0 if window is None else window - 1
    covered = (chunks - 1) * rows + spans[-1].columns - before
    return Plan(
        places=batch * kv_heads // together,
        heads=together,
        chunks=chunks,
        rows=rows,
        spans=spans,
        window=window,
        before=before,
        after=0 if window is None else maximum(0, covered - k_len),
        within_batch=within_batch,
    )


def _rows(group, q_len, k_len, window, rules):
    if rules.chunk_size is not None:
        rows = rules.chunk_size
    elif window is not None:
        rows = minimum(maximum(window // 2, _WINDOWED_ROWS[0]), _WINDOWED_ROWS[1])
    else:
        row = maximum(1, group * k_len)
        rows = minimum(maximum(_SCORES // row, _ROWS[0]), _ROWS[1])
        rows = maximum(1, minimum(rows, _MOST_SCORES // row))
    return maximum(1, minimum(rows, q_len))


def _causal_spans(chunks, rows, k_len):
    number = minimum(chunks, _CAUSAL_SPANS) if isinstance(chunks, int) else _UNKNOWN_SPANS
    each = ceil_divide(chunks, maximum(1, number))
    for index in range(number):
        first, last = minimum(index * each, chunks), minimum((index + 1) * each, chunks)
        if not isinstance(chunks, int) or first < last:
            yield Span(first, last, minimum(k_len, last * rows))


def _largest_divisor(number, limit):
    if isinstance(number, int) and isinstance(limit, int):
        return max(i for i in range(1, min(number, limit) + 1) if number % i == 0)
    candidates = ops.arange(1, minimum(number, limit) + 1)
    return ops.max(ops.where(number % candidates == 0, candidates, 1))


def minimum(x: Length, y: Length) -> Length:
    return min(x, y) if isinstance(x, int) and isinstance(y, int) else ops.minimum(x, y)


def maximum(x: Length, y: Length) -> Length:
    return max(x, y) if isinstance(x, int) and isinstance(y, int) else ops.maximum(x, y)


def ceil_divide(x: Length, y: Length) -> Length:
    return -(-x // y)


def product(lengths) -> Length:
    return functools.reduce(lambda x, y: x * y, lengths, 1)
