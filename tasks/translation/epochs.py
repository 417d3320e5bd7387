"""The epochs of training: which batches each of them has, and their padded ids."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.common.ragged import Ragged
from tasks.common.special_ids import END_ID
from tasks.translation.batches import Batch, plan_epoch
from tasks.translation.corpora import Pair
from tasks.translation.text import TranslationText

_PROBED = 8  # epochs looked at to find how many batches they need

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Batching:
    """How pairs become batches."""

    batch_tokens: int = 4096
    """Most tokens of a batch on its longer side, padding included."""
    max_length: int = 128
    """Most tokens of a sentence, start or end included."""
    too_long: Literal["truncate", "drop"] = "truncate"
    """What to do about longer sentences: cut them off, or leave the pair out. Both are counted."""
    sampling: float | None = None
    """Cut words differently in each epoch (training only; needs a unigram vocabulary): 0.1 cuts
    wildly, 0.5 mildly."""
    pad_to_multiple_of: int | None = None
    """Pad lengths to multiples of this and fill batches up with empty rows, so that only a few
    different shapes occur. For training compiled by XLA."""

    def __post_init__(self):
        if self.max_length < 3:
            raise ValueError(
                "`max_length` must be at least 3: start, a piece, end. "
                f"Received: max_length={self.max_length}."
            )
        if self.batch_tokens < self.max_length:
            raise ValueError(
                "`batch_tokens` must be at least `max_length`, or a long sentence fits no batch. "
                f"Received: batch_tokens={self.batch_tokens}, max_length={self.max_length}."
            )
        if self.sampling is not None and not 0.0 < self.sampling <= 1.0:
            raise ValueError(f"`sampling` must be in (0, 1]. Received: sampling={self.sampling}.")
        multiple = self.pad_to_multiple_of
        if multiple is not None and (multiple < 1 or self.max_length % multiple):
            raise ValueError(
                "`max_length` must be a multiple of `pad_to_multiple_of`. Received: "
                f"max_length={self.max_length}, pad_to_multiple_of={multiple}."
            )


class Epochs:
    """The batches of every epoch by its number: the same ones for the same number and seed.

    Args:
        pairs: what `make_dataset` was given.
        text: the same.
        batching: the same.
        seed: of the shuffling; None for sorted batches that never change.
    """

    def __init__(
        self, pairs: Sequence[Pair], text: TranslationText, batching: Batching, seed: int | None
    ):
        self._batching, self._seed = batching, seed
        pairs, self._ids = _tokenised(pairs, text, batching)
        self._samplers = None
        if batching.sampling is not None:
            self._samplers = text.samplers(pairs, batching.sampling)
        # How many batches are needed depends a little on the shuffling; every epoch has the most.
        ids = self._ids_of(0)
        epochs = range(_PROBED if seed is not None else 1)
        plans = [self._plan(ids, epoch, count=None) for epoch in epochs]
        self.count = max(len(plan) for plan in plans)
        real = sum(int(side.lengths.sum()) for side in ids) - len(pairs)
        logger.info(
            "%d pairs in %d batches of up to %d tokens, %.1f %% of them padding.",
            len(pairs),
            self.count,
            batching.batch_tokens,
            100 * (1 - real / sum(batch.size for batch in plans[0])),
        )

    def batches(self, epoch: int) -> Iterator[tuple]:
        source, target = ids = self._ids_of(epoch)
        for batch in self._plan(ids, epoch, self.count):
            source_ids = source.dense(batch.members, batch.rows, batch.source_length)
            whole = target.dense(batch.members, batch.rows, batch.target_length + 1)
            # Without its end id a sentence is the input; where that stood there is padding.
            target_ids = np.where(whole[:, :-1] == END_ID, 0, whole[:, :-1])
            yield {"source_ids": source_ids, "target_ids": target_ids}, whole[:, 1:]

    def _plan(self, ids: tuple[Ragged, Ragged], epoch: int, count: int | None) -> list[Batch]:
        lengths = np.stack([ids[0].lengths, ids[1].lengths - 1], axis=1)
        generator = None if self._seed is None else np.random.default_rng((self._seed, epoch))
        batching = self._batching
        return plan_epoch(
            lengths, batching.batch_tokens, generator, batching.pad_to_multiple_of, count
        )

    def _ids_of(self, epoch: int) -> tuple[Ragged, Ragged]:
        """Source and target ids: always the best cut, or a sample of this epoch."""
        if self._samplers is None:
            return self._ids
        most = self._batching.max_length
        sides = []
        for number, (sampler, best) in enumerate(zip(self._samplers, self._ids, strict=True)):
            sample = sampler.sample((self._seed, epoch, number))
            # Rather the best cut than a part of a longer one; the target has one id more.
            sides.append(sample.where(sample.lengths <= most + number, best))
        return sides[0], sides[1]


def _tokenised(
    pairs: Sequence[Pair], text: TranslationText, batching: Batching
) -> tuple[Sequence[Pair], tuple[Ragged, Ragged]]:
    """The pairs that remain and the ids of their two sides, none longer than allowed."""
    most = batching.max_length
    ids = _encoded(pairs, text)
    # The model reads the target without its end id, so that one does not count.
    too_long = (ids[0].lengths > most) | (ids[1].lengths > most + 1)
    if not too_long.any():
        return pairs, ids
    cut = batching.too_long == "truncate"
    logger.warning(
        "%d of %d pairs are longer than max_length=%d tokens and are %s.",
        too_long.sum(),
        len(pairs),
        most,
        "cut off" if cut else "left out",
    )
    if cut:
        return pairs, _encoded(pairs, text, most)
    if too_long.all():
        raise ValueError(
            "`max_length` must leave at least one pair. "
            f"Received: max_length={most}, which all {len(pairs)} pairs exceed."
        )
    pairs = [pair for pair, leave in zip(pairs, too_long, strict=True) if not leave]
    return pairs, _encoded(pairs, text)


def _encoded(
    pairs: Sequence[Pair], text: TranslationText, max_length: int | None = None
) -> tuple[Ragged, Ragged]:
    sources, targets = zip(*pairs, strict=True)
    source = text.encode_source(sources, max_length)
    return Ragged.of(source), Ragged.of(text.encode_target(targets, max_length))
