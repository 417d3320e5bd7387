"""Sentence pairs as a `tf.data` pipeline: tokenised in the graph, batched by token count."""

import itertools
import logging
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import tensorflow as tf

from tasks.common.vocabulary import END_ID
from tasks.translation.batches import Batch, plan_epoch
from tasks.translation.corpora import (
    Builtin,
    Corpus,
    Multi30k,
    Pair,
    Splits,
    Tsv,
    load_pairs,
)
from tasks.translation.ragged import Ragged
from tasks.translation.text import TranslationText

__all__ = [
    "Batching",
    "Builtin",
    "Corpus",
    "Multi30k",
    "Pair",
    "Splits",
    "TranslationText",
    "Tsv",
    "load_pairs",
    "make_dataset",
    "padding_share",
]

_PREFETCHED = 4  # batches made ahead
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
    """Cut words differently in each epoch (training only): for a unigram vocabulary the inverse
    temperature (0.1 to 0.5), for BPE the probability of leaving out a merge (0.1)."""
    pad_to_multiple_of: int | None = None
    """Pad lengths to multiples of this and fill batches up with empty rows, so that only a few
    different shapes occur. For training compiled by XLA."""


def make_dataset(
    pairs: Sequence[Pair],
    text: TranslationText,
    batching: Batching | None = None,
    shuffle: bool = True,
    seed: int = 0,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches of `({"source_ids", "target_ids"}, labels)`: int32 `[batch, length]`, padded with 0.

    Source ids end with the end id; target ids begin with the start id; labels are the target ids
    shifted left, ending with the end id. Each iteration over the dataset is another epoch with
    batches of its own; the same `seed` gives the same epochs again, whatever happened before.
    Its cardinality is known: every epoch has equally many batches.

    Under `tf.distribute`, give the dataset to `strategy.experimental_distribute_dataset`: a batch
    is a global one, split between the replicas along its rows. Under several workers all make the
    same dataset (same pairs, same seed) and each takes its part.

    Args:
        pairs: sentences and their translations.
        text: the vocabulary and what is done to each side.
        batching: see `Batching`.
        shuffle: for training. Otherwise the batches are sorted by length and always the same.
        seed: of the shuffling.
        first_epoch: the number of the first epoch, for a run that is resumed.

    Returns:
        A `tf.data.Dataset`.

    Raises:
        ValueError: if there are no pairs, or `batching` contradicts itself.

    Example:

    >>> pairs = load_pairs(Builtin(train=3000, validation=10, test=10)).train
    >>> text = TranslationText.train(pairs, size=500)
    >>> dataset = make_dataset(pairs, text, Batching(batch_tokens=512, max_length=64))
    >>> inputs, labels = next(iter(dataset))
    >>> bool(tf.reduce_all(inputs["target_ids"][:, 1:] * tf.sign(labels[:, 1:]) == labels[:, :-1] *
    ...     tf.sign(labels[:, 1:])))
    True
    """
    batching = Batching() if batching is None else batching
    _check(pairs, batching)
    epochs = _Epochs(pairs, text, batching, seed if shuffle else None)
    numbers = itertools.count(first_epoch)
    rows = tf.TensorSpec([None, None], tf.int32)
    dataset = tf.data.Dataset.from_generator(
        lambda: epochs.batches(next(numbers)),
        output_signature=({"source_ids": rows, "target_ids": rows}, rows),
    )
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(epochs.count))
    return dataset.prefetch(_PREFETCHED)


def padding_share(dataset: tf.data.Dataset) -> float:
    """Share of padding among all ids of both sides, in one pass over `dataset`."""
    real = total = 0
    for inputs, _ in dataset.as_numpy_iterator():
        for ids in inputs.values():
            real += np.count_nonzero(ids)
            total += ids.size
    return 1 - real / total


def _check(pairs: Sequence[Pair], batching: Batching) -> None:
    if not pairs:
        raise ValueError("`pairs` must hold at least one sentence pair. Received: none.")
    if batching.max_length < 3:
        raise ValueError(
            "`max_length` must be at least 3: start, a piece, end. "
            f"Received: max_length={batching.max_length}."
        )
    if batching.batch_tokens < batching.max_length:
        raise ValueError(
            "`batch_tokens` must be at least `max_length`, or a long sentence fits into no batch. "
            f"Received: batch_tokens={batching.batch_tokens}, max_length={batching.max_length}."
        )
    multiple = batching.pad_to_multiple_of
    if multiple is not None and not 1 <= multiple <= batching.max_length:
        raise ValueError(
            "`pad_to_multiple_of` must be from 1 to `max_length`. Received: "
            f"pad_to_multiple_of={multiple}, max_length={batching.max_length}."
        )


class _Epochs:
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
        self._text, self._batching, self._seed = text, batching, seed
        sources, targets = zip(*pairs, strict=True)
        most = batching.max_length
        whole = Ragged.of(text.encode_source(sources)), Ragged.of(text.encode_target(targets))
        # The model reads the target without its end id, so that one does not count.
        too_long = (whole[0].lengths > most) | (whole[1].lengths > most + 1)
        kept = np.flatnonzero(~too_long) if batching.too_long == "drop" else np.arange(len(pairs))
        if too_long.any():
            _warn_too_long(int(too_long.sum()), len(kept), len(pairs), batching)
        self._pairs = [pairs[i] for i in kept]
        sources, targets = zip(*self._pairs, strict=True)
        self._ids = (
            Ragged.of(text.encode_source(sources, most)),
            Ragged.of(text.encode_target(targets, most)),
        )
        self._ahead = ThreadPoolExecutor(max_workers=1)
        self._upcoming: tuple[int, Future] | None = None
        # How many batches are needed depends a little on the shuffling; every epoch has the most.
        ids = self._prepared(0)
        epochs = range(_PROBED if seed is not None else 1)
        plans = [self._plan(ids, epoch, count=None) for epoch in epochs]
        self.count = max(len(plan) for plan in plans)
        real = sum(int(side.lengths.sum()) for side in ids) - len(kept)
        logger.info(
            "%d pairs in %d batches of up to %d tokens, %.1f %% of them padding.",
            len(kept),
            self.count,
            batching.batch_tokens,
            100 * (1 - real / sum(batch.size for batch in plans[0])),
        )

    def batches(self, epoch: int) -> Iterator[tuple]:
        source, target = ids = self._prepared(epoch)
        if self._batching.sampling is not None:
            self._upcoming = epoch + 1, self._ahead.submit(self._sampled, epoch + 1)
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

    def _prepared(self, epoch: int) -> tuple[Ragged, Ragged]:
        """The ids of an epoch: always the same ones, or a sample that may already be under way."""
        if self._batching.sampling is None:
            return self._ids
        if self._upcoming and self._upcoming[0] == epoch:
            return self._upcoming[1].result()
        return self._sampled(epoch)

    def _sampled(self, epoch: int) -> tuple[Ragged, Ragged]:
        seed = zlib.crc32(f"{self._seed} {epoch}".encode())
        batching = self._batching
        sides = self._text.sample(self._pairs, batching.sampling, seed, batching.max_length)
        source, target = (Ragged.from_lists(side) for side in sides)
        return source, target


def _warn_too_long(too_long: int, kept: int, pairs: int, batching: Batching) -> None:
    if not kept:
        raise ValueError(
            "`max_length` must leave at least one pair. "
            f"Received: max_length={batching.max_length}, which all {pairs} pairs exceed."
        )
    logger.warning(
        "%d of %d pairs are longer than max_length=%d tokens and are %s.",
        too_long,
        pairs,
        batching.max_length,
        "left out" if batching.too_long == "drop" else "cut off",
    )
