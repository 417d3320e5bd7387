"""The text to learn from: built in, tiny Shakespeare, or any file of the user's own."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tasks.common.data_folder import found
from tasks.common.grammar.reviews import compose
from tasks.common.public_files import PublicFile
from tasks.common.text_files import read_text

_TENTH = 0.1
_SHAKESPEARE = PublicFile(
    "tinyshakespeare",
    ("input.txt.gz", "input.txt"),
    "https://raw.githubusercontent.com/karpathy/char-rnn/"
    "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e/data/tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)


@dataclass(frozen=True)
class Builtin:
    """English reviews written by a small grammar, one per line; needs no file and no network."""

    reviews: int = 10_000
    """Number of reviews."""
    seed: int = 0
    """Decides which reviews are drawn."""


@dataclass(frozen=True)
class TinyShakespeare:
    """Scenes of Shakespeare's plays, a million characters."""

    folder: Path | None = None
    """Folder with `input.txt` or `input.txt.gz`. By default `tinyshakespeare` in
    `$KERAS_ATTENTION_DATA` if that is set, else it is downloaded once into the cache folder."""


@dataclass(frozen=True)
class TextFile:
    """Your own text, UTF-8."""

    path: Path
    """The text; may be packed (.gz, .xz, .zip). A relative path that leads nowhere from here leads
    from the folder that the environment variable KERAS_ATTENTION_DATA names."""
    held_out_share: float = _TENTH
    """Share of the characters, at the end, that nothing is learned from."""

    def __post_init__(self):
        if not 0 < self.held_out_share < 1:
            raise ValueError(
                "`held_out_share` must be between 0 and 1. "
                f"Received: held_out_share={self.held_out_share}."
            )


Corpus = Builtin | TinyShakespeare | TextFile


class Splits(NamedTuple):
    """A text in three parts, which follow each other.

    Args:
        train: to learn from.
        validation: the first half of what is held out, to choose by.
        test: the second half, to report on.
    """

    train: str
    validation: str
    test: str

    @property
    def held_out(self) -> str:
        """Validation and test together: what others call the validation split of such a text."""
        return self.validation + self.test


def load_text(corpus: Corpus) -> Splits:
    """Read, download or compose the text that `corpus` describes.

    Its beginning is for training; of the rest, a tenth of the characters, the first half is for
    validation and the second for the test.

    Args:
        corpus: one of the classes above.

    Returns:
        `Splits`.

    Raises:
        FileNotFoundError: if the file is missing.
        ValueError: if it is no UTF-8 or too short to be split, or a setting is out of range.
        OSError: if a download fails.

    Example:

    >>> splits = load_text(Builtin(reviews=100))
    >>> len(splits.train) > 8 * len(splits.held_out)
    True
    """
    if isinstance(corpus, Builtin):
        return split(_composed(corpus), _TENTH)
    if isinstance(corpus, TinyShakespeare):
        return split(_read(_SHAKESPEARE.find(corpus.folder)), _TENTH)
    return split(_read(found(corpus.path)), corpus.held_out_share, str(corpus.path))


def split(text: str, held_out_share: float, where: str = "the text") -> Splits:
    """A text in three parts; raises ValueError if one of them would be empty."""
    first = int(len(text) * (1 - held_out_share))
    middle = (first + len(text)) // 2
    splits = Splits(text[:first], text[first:middle], text[middle:])
    if not all(splits):
        raise ValueError(
            f"{where} is too short to be split: a share of {held_out_share:g} of "
            f"{len(text)} characters is held out, for validation and test. Give more text."
        )
    return splits


def _composed(corpus: Builtin) -> str:
    if corpus.reviews < 1:
        raise ValueError(f"`reviews` must be at least 1. Received: reviews={corpus.reviews}.")
    draw = random.Random(corpus.seed)
    return "".join(f"{compose(draw).text}\n" for _ in range(corpus.reviews))


def _read(path: Path) -> str:
    """The text, its lines ending in `\n` alone."""
    return read_text(path).replace("\r\n", "\n")
