"""Sentence pairs as a `tf.data` pipeline: tokenised in the graph, batched by token count."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from tasks.common.untuned import untuned
from tasks.translation.corpora import (
    Builtin,
    Corpus,
    Multi30k,
    Pair,
    Splits,
    Tsv,
    load_pairs,
)
from tasks.translation.epochs import Batching, Epochs
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
        shuffle: for training. Otherwise the batches are sorted by length and always the same, and
            words are always cut in the best way.
        seed: of the shuffling.
        first_epoch: the number of the first epoch, for a run that is resumed.

    Returns:
        A `tf.data.Dataset`.

    Raises:
        ValueError: if there are no pairs, or all of them are too long to be kept.

    Example:

    >>> pairs = load_pairs(Builtin(train=3000, validation=10, test=10)).train
    >>> text = TranslationText.train(pairs, size=500)
    >>> dataset = make_dataset(pairs, text, Batching(batch_tokens=512, max_length=64))
    >>> inputs, labels = next(iter(dataset))
    >>> sorted(inputs), labels.dtype, int(tf.size(labels)) <= 512
    (['source_ids', 'target_ids'], tf.int32, True)
    """
    batching = Batching() if batching is None else batching
    if not pairs:
        raise ValueError("`pairs` must hold at least one sentence pair. Received: none.")
    if not shuffle:
        batching, seed = replace(batching, sampling=None), None
    epochs = Epochs(pairs, text, batching, seed)
    numbers = itertools.count(first_epoch)
    rows = tf.TensorSpec([None, None], tf.int32)
    dataset = tf.data.Dataset.from_generator(
        lambda: epochs.batches(next(numbers)),
        output_signature=({"source_ids": rows, "target_ids": rows}, rows),
    )
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(epochs.count))
    return untuned(dataset.prefetch(_PREFETCHED))


def padding_share(dataset: tf.data.Dataset) -> float:
    """Share of padding among all ids of both sides, in one pass over `dataset`."""
    real = total = 0
    for inputs, _ in dataset.as_numpy_iterator():
        for ids in inputs.values():
            real += np.count_nonzero(ids)
            total += ids.size
    return 1 - real / total
