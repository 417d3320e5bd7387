"""What may be said of a text, as numbers: classes, sets of classes, numbers, classes of words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from tasks.text_classification.examples import Example, Label
from tasks.text_classification.tables import Labels

NO_LABEL = -1  # of a token that begins no word


class Prediction(NamedTuple):
    """What a model says of a text.

    Args:
        label: the class, all classes that apply, the number, or the class of each word.
        probabilities: of each class (of words a list of them, one for each word); of numbers none.
    """

    label: Label
    probabilities: dict[str, Any] | None = None


@dataclass(frozen=True)
class LabelSet:
    """The labels of a data set.

    Args:
        kind: `"one"`, `"several"`, `"number"` or `"words"`, see `Columns`.
        names: of the classes, in the order of the model's outputs; of numbers none.
        offset: of numbers, the mean of the training split, which the model's output is added to.
        scale: of numbers, their standard deviation, which the model's output is multiplied by.
    """

    kind: Labels
    names: tuple[str, ...] = ()
    offset: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, examples: Sequence[Example], kind: Labels) -> "LabelSet":
        """The labels of the training split.

        Raises:
            ValueError: if its labels are not of that kind.
        """
        _check_kind(examples, kind)
        if kind == "number":
            numbers = np.array([example.label for example in examples], float)
            return cls(kind, (), float(numbers.mean()), float(numbers.std()) or 1.0)
        names = sorted({name for example in examples for name in _names(example.label)})
        return cls(kind, tuple(names))

    @property
    def num_outputs(self) -> int:
        return len(self.names) or 1

    def encode(self, examples: Sequence[Example]) -> list[Any]:
        """The label of each example as what the loss takes: an id, a row, or the ids of words."""
        ids = {name: number for number, name in enumerate(self.names)}
        if self.kind == "number":
            return [
                np.array([(example.label - self.offset) / self.scale], "float32")
                for example in examples
            ]
        if self.kind == "one":
            return [np.int32(ids[example.label]) for example in examples]
        rows = [[ids[name] for name in example.label] for example in examples]
        if self.kind == "words":
            return [np.array(row, np.int32) for row in rows]
        return [np.isin(np.arange(len(self.names)), row).astype("float32") for row in rows]

    def decode(self, output: np.ndarray) -> Prediction:
        """What an output of the model says.

        Args:
            output: probabilities `[classes]`, of words `[words, classes]`, or a number `[1]`.
        """
        if self.kind == "number":
            return Prediction(self.offset + self.scale * float(output[0]))
        by_name = dict(zip(self.names, output.T.tolist(), strict=True))
        if self.kind == "one":
            return Prediction(self.names[int(output.argmax())], by_name)
        if self.kind == "several":
            return Prediction(tuple(name for name in self.names if by_name[name] > 0.5), by_name)
        return Prediction(tuple(self.names[i] for i in output.argmax(axis=-1)), by_name)

    def weights(self, examples: Sequence[Example]) -> np.ndarray:
        """A weight for each example so that every class counts alike; 1 on average."""
        if self.kind != "one":
            raise ValueError(
                f"Only one class per example can be balanced. Received: labels of kind {self.kind}."
            )
        counts = Counter(example.label for example in examples)
        return np.array(
            [len(examples) / (len(counts) * counts[example.label]) for example in examples],
            "float32",
        )

    def check(self, expected: "LabelSet", where: str) -> None:
        """Raise ValueError unless these are the labels that `where` was made with."""
        if (self.kind, self.names) != (expected.kind, expected.names):
            raise ValueError(
                f"The data has other labels than {where}. Expected {expected.kind}: "
                f"{_shown(expected.names)}. Received {self.kind}: {_shown(self.names)}."
            )


def _names(label) -> tuple[str, ...]:
    return (label,) if isinstance(label, str) else label


def _check_kind(examples: Sequence[Example], kind: Labels) -> None:
    expected = {"one": str, "several": tuple, "number": float, "words": tuple}[kind]
    for number, example in enumerate(examples, start=1):
        if not isinstance(example.label, expected):
            raise ValueError(
                f"Labels of the kind {kind!r} must be of type {expected.__name__}. Received: "
                f"{example.label!r} (example {number})."
            )


def _shown(names: Sequence[str], most: int = 8) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(names[:most]) + rest) or "no classes"
