"""Several tasks at once: their examples in the same batches, a head and a loss for each."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from tasks.text_classification.batches import EncodedExamples, padded_length
from tasks.text_classification.facts import Facts, RunFacts

Value = TypeVar("Value")


def for_each_task(facts: RunFacts, make: Callable[[Facts], Value]) -> Value | dict[str, Value]:
    """What `make` makes of the only task, or of each by its name, as Keras takes it."""
    if len(facts.tasks) == 1:
        return make(facts.main)
    return {task.name: make(task) for task in facts.tasks}


def joined(parts: Mapping[str, EncodedExamples]) -> "EncodedExamples | JoinedExamples":
    """The examples of the only task, or of all."""
    return next(iter(parts.values())) if len(parts) == 1 else JoinedExamples(parts)


class JoinedExamples:
    """Examples of several tasks as one set, for `make_dataset`.

    A batch has labels and weights for every task, by its name; an example has the weight 0 but for
    its own. So a task's loss is the mean over its own examples of a batch, and all count alike.

    Args:
        parts: the examples of each task.
    """

    def __init__(self, parts: Mapping[str, EncodedExamples]):
        self.parts = dict(parts)
        self.size = sum(part.size for part in parts.values())
        self.lengths = np.concatenate([part.lengths for part in parts.values()])
        self._ends = dict(zip(parts, np.cumsum([p.size for p in parts.values()]), strict=True))

    def batch(self, members: np.ndarray, multiple: int = 1) -> tuple[dict, dict, dict]:
        """`(inputs, labels, weights)` of the examples with these numbers."""
        place = _Placing(len(members), padded_length(self.lengths[members], multiple))
        inputs: dict[str, np.ndarray] = {}
        labels, weights = {}, {}
        for name, part in self.parts.items():
            local = members - (self._ends[name] - part.size)
            rows = np.flatnonzero((local >= 0) & (local < part.size))
            # One example at least, so that the shapes are known.
            found = part.batch(local[rows] if rows.size else np.zeros(1, int), multiple)
            for key, values in found[0].items():
                inputs[key] = inputs.get(key, 0) + place(values, rows, is_sequence=True)
            is_sequence = part.labels_of_words
            labels[name] = place(found[1], rows, is_sequence)
            counts = found[2] if len(found) == 3 else np.ones(len(found[1]), "float32")
            weights[name] = place(counts, rows, is_sequence=False)
        return inputs, labels, weights


class _Placing:
    """Rows of a part of a batch among zeros for the others."""

    def __init__(self, batch_size: int, length: int):
        self.batch_size = batch_size
        self.length = length

    def __call__(self, values: np.ndarray, rows: np.ndarray, is_sequence: bool) -> np.ndarray:
        shape = (self.batch_size, *((self.length,) if is_sequence else values.shape[1:]))
        found = np.zeros(shape, values.dtype)
        if rows.size and is_sequence:
            found[rows, : values.shape[1]] = values
        elif rows.size:
            found[rows] = values
        return found
