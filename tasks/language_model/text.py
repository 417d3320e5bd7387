"""How text becomes ids and ids become text: by characters, or by subwords of lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import tensorflow as tf

from tasks.common.characters import Characters
from tasks.common.run_folder import RunFolder
from tasks.common.special_ids import END_ID
from tasks.common.vocabulary import Vocabulary

Units = Literal["characters", "subwords"]
_PORTION = 2048  # lines that are cut into subwords at once


@dataclass(frozen=True)
class TextConfig:
    """What a model reads and writes one of at a time."""

    units: Units = "characters"
    """Single characters, or subwords that SentencePiece finds."""
    vocabulary_size: int = 2000
    """Number of subwords, learned from the training split."""
    model_type: Literal["unigram", "bpe"] = "unigram"
    """How SentencePiece finds them."""


class RunningText:
    r"""Text of many lines as one row of ids; the end id stands for each end of a line.

    Subwords keep neither spaces at the ends of a line nor how many stand between two words.

    Args:
        vocabulary: of characters, or of subwords.

    Example:

    >>> text = RunningText(Characters.of("to be\nor not"))
    >>> text.decode(text.encode("be\nnot"))
    'be\nnot'
    """

    def __init__(self, vocabulary: Characters | Vocabulary):
        self.vocabulary = vocabulary

    @classmethod
    def train(cls, text: str, config: TextConfig) -> "RunningText":
        """Learn the vocabulary of `text`, the training split."""
        if config.units == "characters":
            return cls(Characters.of(text))
        lines = text.split("\n")
        return cls(
            Vocabulary.train(
                [lines], config.vocabulary_size, config.model_type, normalization="identity"
            )
        )

    @classmethod
    def load(cls, folder: RunFolder, config: TextConfig) -> "RunningText":
        """That of a run."""
        kinds = {"characters": Characters, "subwords": Vocabulary}
        return cls(folder.load_vocabulary(kinds[config.units]))

    def encode(self, text: str) -> np.ndarray:
        """int32 `[units]`; what has no id is unknown."""
        if isinstance(self.vocabulary, Characters):
            return self.vocabulary.encode(text)
        lines = text.split("\n")
        rows = []
        for start in range(0, len(lines), _PORTION):
            ids = self.vocabulary.encode(lines[start : start + _PORTION])
            rows += np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1])
        ended = [part for row in rows for part in (row, [END_ID])]
        return np.concatenate(ended[:-1]).astype(np.int32)  # a text need not end in a line's end

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids."""
        ids = np.asarray(ids, np.int32)
        if isinstance(self.vocabulary, Characters):
            return self.vocabulary.decode(ids)
        if not len(ids):
            return ""
        ends = np.flatnonzero(ids == END_ID) + 1
        lines = tf.RaggedTensor.from_row_splits(ids, [0, *ends, len(ids)])
        return "\n".join(line.decode() for line in self.vocabulary.decode(lines).numpy())

    def check(self, texts: Iterable[str]) -> None:
        """Raise ValueError if a text has characters that the model knows nothing of."""
        unknown = self.vocabulary.unknown_characters(texts)
        if unknown:
            raise ValueError(
                "A prompt must be of characters that the training text has. Received others: "
                f"{', '.join(map(repr, sorted(unknown)))}."
            )
