"""Transcripts as ids and back: by characters, or by whole words where only a few are ever said."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from keras_attention.decoding.n_gram import NGram
from tasks.common.special_ids import SPECIAL_PIECES, UNKNOWN_ID
from tasks.common.text_files import read_lines

Units = Literal["characters", "words"]
_FIRST = len(SPECIAL_PIECES)


@dataclass(frozen=True)
class TextConfig:
    """What is written down."""

    units: Units = "characters"
    """What has an id: each character, or each word, if only those of the training split are ever
    said."""
    lowercase: bool = True
    """Write everything in lower case."""
    alphabet: str | None = None
    """The characters of a transcript; others are left out, counted and named in a warning. By
    default all that the training split has."""

    def __post_init__(self):
        if self.units == "words" and self.alphabet is not None:
            raise ValueError(
                "`text.alphabet` is of characters, not of words. Leave it out. Received: "
                f"units=words, alphabet={self.alphabet!r}."
            )


class TranscriptText:
    """Transcripts to ids and back. Ids 0 to 3 are padding (and the blank), unknown, start and end.

    Args:
        pieces: what has an id, in the order of the ids.
        units: `"characters"` or `"words"`.
        lowercase: whether to write in lower case.

    Example:

    >>> text = TranscriptText.of(["one two", "two"], TextConfig("words"))
    >>> text.encode("two one").tolist(), text.decode([5, 4])
    ([5, 4], 'two one')
    """

    def __init__(self, pieces: Sequence[str], units: Units, lowercase: bool = True):
        self.pieces = tuple(pieces)
        self.units = units
        self.lowercase = lowercase
        self._ids = {piece: place for place, piece in enumerate(pieces, start=_FIRST)}

    @classmethod
    def of(cls, transcripts: Iterable[str], config: TextConfig) -> "TranscriptText":
        """All that occurs in transcripts; give it those of the training split only."""
        empty = cls((), config.units, config.lowercase)
        found = {piece for transcript in transcripts for piece in empty.split(transcript)}
        if config.alphabet is not None:
            found = {*config.alphabet}
        return cls(sorted(found), config.units, config.lowercase)

    @property
    def size(self) -> int:
        """Number of ids."""
        return _FIRST + len(self.pieces)

    def split(self, transcript: str) -> list[str]:
        """The pieces of a transcript; white space between words is one space."""
        words = (transcript.lower() if self.lowercase else transcript).split()
        return words if self.units == "words" else list(" ".join(words))

    def normalized(self, transcript: str) -> str:
        """The transcript as it would be written if every piece were heard."""
        return self._joined(piece for piece in self.split(transcript) if piece in self._ids)

    def encode(self, transcript: str) -> np.ndarray:
        """int32 `[pieces]`; what has no id is left out."""
        ids = [self._ids.get(piece, UNKNOWN_ID) for piece in self.split(transcript)]
        return np.array([one for one in ids if one != UNKNOWN_ID], np.int32)

    def decode(self, ids: Iterable[int]) -> str:
        """The transcript of ids, without those that stand for no piece."""
        return self._joined(self.pieces[i - _FIRST] for i in map(int, ids) if i >= _FIRST)

    def unknown(self, transcripts: Iterable[str]) -> Counter:
        """How often each piece without an id occurs."""
        return Counter(
            piece
            for transcript in transcripts
            for piece in self.split(transcript)
            if piece not in self._ids
        )

    def _joined(self, pieces: Iterable[str]) -> str:
        return " ".join((" " if self.units == "words" else "").join(pieces).split())


def count_n_grams(path: Path, text: TranscriptText, order: int) -> NGram:
    """A language model of the texts in a file, for a search that asks what is likely.

    Args:
        path: UTF-8, a text on each line.
        text: makes ids of them; what has none is left out.
        order: greatest number of tokens that are looked at together.

    Raises:
        FileNotFoundError: if there is no file.
        ValueError: if nothing in it has an id, or it is not UTF-8.
    """
    found = [ids for line in read_lines(path) if len(ids := text.encode(line))]
    if not found:
        raise ValueError(
            f"{path} has no text of the characters or words that the run knows: "
            f"{', '.join(map(repr, text.pieces[:40]))}. Give a file with a text on each line."
        )
    return NGram(found, text.size, order)
