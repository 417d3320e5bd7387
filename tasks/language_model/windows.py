"""A long text in windows of equal length: cut elsewhere in each epoch, or side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tasks.common.special_ids import PAD_ID, START_ID
from tasks.common.untuned import untuned

_PREFETCHED = 4  # batches made ahead


@dataclass(frozen=True)
class Windowing:
    """How a text becomes batches."""

    length: int = 128
    """Number of units of a window: as far back as the model sees."""
    batch_size: int = 32
    """Number of windows of a batch."""

    def __post_init__(self):
        for name in ("length", "batch_size"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")


def training_windows(
    ids: np.ndarray, windowing: Windowing, seed: int = 0, first_epoch: int = 0
) -> tf.data.Dataset:
    """Batches of `(token_ids, labels)`, both `[batch, length]`, in random order.

    The text is cut into windows side by side, the first of them at another place in each epoch. So
    an epoch has nearly each unit once, in windows that no other epoch has. The token ids are the
    labels one place later, after the start id.

    Args:
        ids: of the whole text.
        windowing: see `Windowing`.
        seed: of the cuts and of the order; the same one gives the same epochs again.
        first_epoch: the number of the first epoch, for a run that is resumed.

    Returns:
        A `tf.data.Dataset` of known cardinality, all of whose batches have the same shape. Each
        iteration over it is another epoch.

    Raises:
        ValueError: if the text is shorter than a window.
    """
    length = windowing.length
    if len(ids) < length:
        raise ValueError(
            f"The training text must have at least the {length} units of a window. Received: "
            f"{len(ids)} units. Give more text, or a smaller `windowing.length`."
        )
    count = max(1, (len(ids) - length + 1) // length)
    batch_size = min(windowing.batch_size, count)
    furthest = len(ids) - count * length  # the first window begins
    epochs = iter(range(first_epoch, 2**31))

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        generator = np.random.default_rng((seed, next(epochs)))
        first = generator.integers(furthest, endpoint=True)
        windows = ids[first : first + count * length].reshape(count, length)
        order = generator.permutation(count)
        for start in range(0, count - batch_size + 1, batch_size):
            yield _example(windows[order[start : start + batch_size]])

    return _dataset(batches, count // batch_size, length)


def held_out_windows(ids: np.ndarray, windowing: Windowing, context: int = 0) -> tf.data.Dataset:
    """All of a text as batches of `(token_ids, labels)`, each unit once among the labels.

    Args:
        ids: of the whole text.
        windowing: see `Windowing`.
        context: from how many units before it each label is predicted at least, where the text has
            so many. 0 is windows side by side, whose first label is predicted from nothing; above,
            windows overlap and their first `context` labels are padding.

    Returns:
        A `tf.data.Dataset` of known cardinality; the last window is padded.

    Raises:
        ValueError: if no unit of a window would be left to predict.
    """
    length, batch_size = windowing.length, windowing.batch_size
    if not 0 <= context < length:
        raise ValueError(
            f"`context` must be from 0 to {length - 1}, less than a window. Received: "
            f"context={context}."
        )
    stride = length - context
    count = 1 + max(0, -(-(len(ids) - length) // stride))
    padded = np.full((count - 1) * stride + length, PAD_ID, np.int32)
    padded[: len(ids)] = ids
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)[::stride]

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for start in range(0, count, batch_size):
            token_ids, labels = _example(windows[start : start + batch_size])
            labels = labels.copy()
            labels[0 if start else 1 :, :context] = PAD_ID  # said in the window before
            yield token_ids, labels

    return _dataset(batches, -(-count // batch_size), length)


def _example(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the model reads, and what it shall say: the same, one place apart."""
    starts = np.full((len(labels), 1), START_ID, np.int32)
    return np.concatenate([starts, labels[:, :-1]], axis=1), labels


def _dataset(batches, count: int, length: int) -> tf.data.Dataset:
    rows = tf.TensorSpec([None, length], tf.int32)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=(rows, rows))
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    return untuned(dataset.prefetch(_PREFETCHED))
