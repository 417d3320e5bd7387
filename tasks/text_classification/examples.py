"""A labelled text, and the three parts of a set of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

# A class; several classes, or one for each word; or a number.
Label = str | tuple[str, ...] | float


class Example(NamedTuple):
    """A text, or a pair of texts, and what is to be said of it.

    Args:
        text: the text, the first of a pair.
        label: the class; all classes that apply; the number; or a class for each of the words that
            white space separates.
        second: the second text of a pair.
    """

    text: str
    label: Label
    second: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The text, or both."""
        return (self.text,) if self.second is None else (self.text, self.second)


@dataclass(frozen=True)
class Splits:
    """The three parts of a data set. Nothing but `train` may be learned from.

    Args:
        train: examples to learn from.
        validation: examples to choose by.
        test: examples to report on, once.
        out_of_scope: test examples of which none of the classes is right, if there are any.
    """

    train: list[Example]
    validation: list[Example]
    test: list[Example]
    out_of_scope: list[Example] = field(default_factory=list)


def columns(examples: Sequence[Example]) -> tuple[list[str], list[str] | None]:
    """All texts, and all second texts if they are pairs."""
    seconds = [example.second for example in examples if example.second is not None]
    return [example.text for example in examples], seconds or None
