"""A vocabulary of single characters."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tasks.common.files import write_atomically
from tasks.common.fingerprinted import Fingerprinted
from tasks.common.special_ids import END_ID, SPECIAL_PIECES, UNKNOWN_ID
from tasks.common.text_files import read_text

_FIRST = len(SPECIAL_PIECES)


class Characters(Fingerprinted):
    r"""Text to ids and back, one for each character; the end id stands for the end of a line.

    Ids 0 to 3 are padding, unknown, start and end.

    Args:
        characters: all that have an id, in the order of their ids; no `"\n"`, which has one anyway.

    Raises:
        ValueError: if a character is there twice, or it is none.

    Example:

    >>> characters = Characters.of("a cab\n")
    >>> characters.encode("cab\n").tolist(), characters.decode([6, 5])
    ([7, 5, 6, 3], 'ba')
    """

    def __init__(self, characters: Iterable[str]):
        characters = list(characters)
        if any(len(one) != 1 or one == "\n" for one in characters) or len({*characters}) < len(
            characters
        ):
            raise ValueError(
                "A vocabulary of characters must hold different single ones, none of them the end "
                f"of a line. Received: {''.join(characters)[:60]!r}."
            )
        self._pieces = [*SPECIAL_PIECES, *characters]
        self._ids = {one: place for place, one in enumerate(characters, start=_FIRST)}
        self._ids["\n"] = END_ID
        self.size = len(self._pieces)
        self.fingerprint = hashlib.sha256(self._content).hexdigest()

    @classmethod
    def of(cls, text: str) -> "Characters":
        """The characters that occur in a text; give it the training split only."""
        return cls(sorted({*text} - {"\n"}))

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Characters":
        """Read what `save` wrote."""
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"There is no vocabulary at {path}.")
        try:
            return cls(read_text(path))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def save(self, path: str | os.PathLike) -> None:
        """Write the characters, completely or not at all."""
        write_atomically(path, self._content)

    def encode(self, text: str) -> np.ndarray:
        """int32 `[characters]`; what has no id is unknown."""
        return np.fromiter((self._ids.get(one, UNKNOWN_ID) for one in text), np.int32, len(text))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids, without those that stand for no character."""
        ids = (int(one) for one in ids)
        return "".join(
            "\n" if one == END_ID else self._pieces[one]
            for one in ids
            if one >= _FIRST or one == END_ID
        )

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """What each id stands for, as a picture shows it."""
        return [self._pieces[int(one)] for one in ids]

    def unknown_characters(self, texts: Iterable[str]) -> Counter:
        """How often each character without an id occurs in `texts`."""
        counts = Counter()
        for text in texts:
            counts.update(text)
        return Counter({one: count for one, count in counts.items() if one not in self._ids})

    @property
    def _content(self) -> bytes:
        return "".join(self._pieces[_FIRST:]).encode()
