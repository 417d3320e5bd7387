"""The epochs of training: which examples each batch has, padded to the longest of them."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from tasks.common.by_length import plan_epoch
from tasks.common.ragged import Ragged
from tasks.common.untuned import untuned
from tasks.text_classification.examples import Example
from tasks.text_classification.labels import NO_LABEL, LabelSet
from tasks.text_classification.text import KEPT, ClassifierText

if TYPE_CHECKING:
    from tasks.text_classification.multi_task import JoinedExamples

logger = logging.getLogger(__name__)
_PREFETCHED = 4  # batches made ahead
_PORTION = 2048  # texts that are cut into words at once


@dataclass(frozen=True)
class Batching:
    """How examples become batches."""

    batch_size: int = 32
    """Number of examples of a batch."""
    pad_to_multiple_of: int | None = None
    """Pad lengths to multiples of this, so that only a few different shapes occur. For training
    compiled by XLA."""

    def __post_init__(self):
        for name in ("batch_size", "pad_to_multiple_of"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")


class EncodedExamples:
    """Examples as ids, with their labels.

    Args:
        examples: texts and labels.
        text: how to read them.
        labels: what may be said of them.
        balanced: give each example the weight that makes every class count alike.
        where: they come from, for warnings.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        text: ClassifierText,
        labels: LabelSet,
        balanced: bool = False,
        where: str = "the data",
    ):
        self.size = len(examples)
        self.token_ids, self.segment_ids, starts, too_long = _encoded(examples, text)
        if too_long.any():
            logger.warning(
                "%d of %d texts of %s are longer than max_length=%d tokens: the %s is kept.",
                too_long.sum(),
                self.size,
                where,
                text.max_length,
                KEPT[text.truncation],
            )
        self.lengths = self.token_ids.lengths
        self.weights = labels.weights(examples) if balanced else None
        encoded = labels.encode(examples)
        if labels.kind == "words":
            self.labels: Ragged | np.ndarray = _labels_of_pieces(encoded, starts)
        else:
            self.labels = np.stack(encoded)

    @property
    def labels_of_words(self) -> bool:
        """Whether each word has a label."""
        return isinstance(self.labels, Ragged)

    def batch(self, members: np.ndarray, multiple: int = 1) -> tuple:
        """`(inputs, labels)` or `(inputs, labels, weights)` of the examples with these numbers."""
        length = padded_length(self.lengths[members], multiple)
        inputs = {
            name: rows.dense(members, len(members), length)
            for name, rows in (("token_ids", self.token_ids), ("segment_ids", self.segment_ids))
        }
        if isinstance(self.labels, Ragged):
            # Shifted by one, so that what pads is no label.
            labels = self.labels.dense(members, len(members), length) + NO_LABEL
        else:
            labels = self.labels[members]
        return (inputs, labels) if self.weights is None else (inputs, labels, self.weights[members])


def padded_length(lengths: np.ndarray, multiple: int) -> int:
    """The least length, a multiple of `multiple`, that holds all."""
    return -(-int(lengths.max()) // multiple) * multiple


def make_dataset(
    examples: "EncodedExamples | JoinedExamples",
    batching: Batching,
    shuffle: bool = True,
    seed: int = 0,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Batches of `({"token_ids", "segment_ids"}, labels)` of examples of similar lengths.

    Each iteration over the dataset is another epoch with batches of its own; the same `seed` gives
    the same epochs again. Every epoch has equally many batches, and each example once.

    Args:
        examples: texts as ids, with labels, of one task or several.
        batching: see `Batching`.
        shuffle: for training. Otherwise the batches are sorted by length and always the same.
        seed: of the shuffling.
        first_epoch: the number of the first epoch, for a run that is resumed.

    Returns:
        A `tf.data.Dataset` of known cardinality.
    """
    multiple = batching.pad_to_multiple_of or 1
    epochs = iter(range(first_epoch, 2**31))

    def batches() -> Iterator[tuple]:
        plan = plan_epoch(
            examples.lengths, batching.batch_size, (seed, next(epochs)) if shuffle else None
        )
        for members in plan:
            yield examples.batch(members, multiple)

    first = examples.batch(np.arange(1), multiple)
    signature = tf.nest.map_structure(_spec, first)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    count = -(-examples.size // batching.batch_size)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    return untuned(dataset.prefetch(_PREFETCHED))


def _encoded(
    examples: Sequence[Example], text: ClassifierText
) -> tuple[Ragged, Ragged, Ragged, np.ndarray]:
    found = []
    pairs = examples[0].second is not None
    for start in range(0, len(examples), _PORTION):
        portion = examples[start : start + _PORTION]
        seconds = [example.second for example in portion] if pairs else None
        found.append(text.encode([example.text for example in portion], seconds))
    token_ids, segment_ids, starts, too_long = (
        tf.concat(part, 0) for part in zip(*found, strict=True)
    )
    return Ragged.of(token_ids), Ragged.of(segment_ids), Ragged.of(starts), too_long.numpy()


def _labels_of_pieces(labels: Sequence[np.ndarray], starts: Ragged) -> Ragged:
    """The label of each word at its first piece, one more than it is, and 0 elsewhere."""
    values = np.zeros(len(starts.values), np.int32)
    for number, row in enumerate(labels):
        first, end = starts.starts[number : number + 2]
        places = first + np.flatnonzero(starts.values[first:end])
        values[places] = row[: len(places)] - NO_LABEL
    return Ragged(values, starts.starts)


def _spec(array: np.ndarray) -> tf.TensorSpec:
    shape = [
        None,
        *(None if array.ndim == 2 and array.dtype == np.int32 else n for n in array.shape[1:]),
    ]
    return tf.TensorSpec(shape[: array.ndim], array.dtype)
