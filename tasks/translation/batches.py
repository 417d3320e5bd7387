"""Which pairs go into a batch together: little padding, yet other neighbours in each epoch.

Pairs are put into an order in which neighbours have similar lengths on both sides, with some
noise, and this order is cut wherever a batch is full. On Multi30k about 7 % of the result is
padding, and of two pairs that share a batch one in nine shares one again in the next epoch.
"""

from dataclasses import dataclass

import numpy as np

# The noise: target lengths are compared three by three, source lengths give or take one.
_STRIP, _JITTER = 3, 1.0


@dataclass(frozen=True)
class Batch:
    """A batch as planned.

    Args:
        members: int array, the numbers of its pairs.
        rows: number of rows; those beyond the members are empty.
        source_length: padded length of the source.
        target_length: padded length of the target.
    """

    members: np.ndarray
    rows: int
    source_length: int
    target_length: int

    @property
    def size(self) -> int:
        """Number of ids of both sides, padding included."""
        return self.rows * (self.source_length + self.target_length)


def plan_epoch(
    lengths: np.ndarray,
    batch_tokens: int,
    generator: np.random.Generator | None = None,
    multiple: int | None = None,
    count: int | None = None,
) -> list[Batch]:
    """The batches of one epoch; each pair is in exactly one of them.

    Args:
        lengths: int array of shape `[pairs, 2]`: tokens of source and target.
        batch_tokens: most tokens of a batch per side, padding included. A single pair may have
            more.
        generator: shuffles; None gives batches sorted by length.
        multiple: pad lengths to a multiple of this and fill up with empty rows, so that few
            different shapes occur.
        count: make exactly that many. Batches are split to reach it; if that is too few, each gets
            a few per cent more tokens.
    """
    cut = _cut if multiple is None else _cut_to_shapes
    tokens = batch_tokens
    batches = cut(lengths, tokens, generator, multiple or 1)
    while count is not None and len(batches) > count:
        tokens += -(-tokens // 100)
        batches = cut(lengths, tokens, generator, multiple or 1)
    while count is not None and len(batches) < count:
        fullest = max(range(len(batches)), key=lambda i: len(batches[i].members))
        batches[fullest : fullest + 1] = _halves(batches[fullest], multiple)
    if generator is not None:
        batches = [batches[i] for i in generator.permutation(len(batches))]
    return batches


def _cut(lengths, batch_tokens, generator, _) -> list[Batch]:
    """Fill one batch after the other, in order."""
    order = _order(lengths, generator)
    longest = lengths[order].max(axis=1)
    batches, start = [], 0
    while start < len(order):
        end = start + max(1, batch_tokens // int(longest[start]))  # it cannot have more rows
        widths = np.maximum.accumulate(longest[start:end])
        fits = widths * np.arange(1, len(widths) + 1) <= batch_tokens
        size = max(1, int(np.count_nonzero(fits)))
        members = order[start : start + size]
        batches.append(Batch(members, size, *_longest(lengths, members)))
        start += size
    return batches


def _cut_to_shapes(lengths, batch_tokens, generator, multiple) -> list[Batch]:
    """The same for pairs of equal padded lengths; rare shapes join the next one."""
    padded = -(-lengths // multiple) * multiple
    order = _snake(padded[:, 0], padded[:, 1])
    changes = np.any(np.diff(padded[order], axis=0) != 0, axis=1)
    groups = np.split(order, np.flatnonzero(changes) + 1)
    batches = []
    waiting = order[:0]
    for number, group in enumerate(groups, start=1):
        waiting = np.concatenate([waiting, group])
        shape = _longest(padded, waiting)
        rows = max(1, batch_tokens // max(shape))
        if len(waiting) < rows and number < len(groups):
            continue
        if generator is not None:
            waiting = generator.permutation(waiting)
        for members in np.array_split(waiting, -(-len(waiting) // rows)):
            batches.append(Batch(members, rows, *shape))
        waiting = waiting[:0]
    return batches


def _order(lengths: np.ndarray, generator: np.random.Generator | None) -> np.ndarray:
    source, target = lengths[:, 0], lengths[:, 1]
    if generator is None:
        return _snake(source, target)
    offset = generator.integers(_STRIP)
    jitter = generator.uniform(-_JITTER, _JITTER, len(lengths))
    return _snake(source + jitter, (target + offset) // _STRIP)


def _snake(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Order by target length; within one by source length, rising and falling in turn.

    So neighbours have similar lengths on both sides even where the target length changes.
    """
    _, turn = np.unique(target, return_inverse=True)
    return np.lexsort((np.where(turn % 2 == 0, source, -source), target))


def _longest(lengths: np.ndarray, members: np.ndarray) -> tuple[int, int]:
    source, target = lengths[members].max(axis=0)
    return int(source), int(target)


def _halves(batch: Batch, multiple: int | None) -> list[Batch]:
    """Two batches of the same shape, with empty rows only where shapes must not vary."""
    return [
        Batch(
            half,
            len(half) if multiple is None else batch.rows,
            batch.source_length,
            batch.target_length,
        )
        for half in np.array_split(batch.members, 2)
    ]
