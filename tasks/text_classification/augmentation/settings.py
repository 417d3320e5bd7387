"""The settings of augmentation: which changes, and how many."""

from dataclasses import dataclass
from pathlib import Path

from tasks.common.bad_rows import BadRows
from tasks.text_classification.tables import Labels


@dataclass(frozen=True)
class AugmentationConfig:
    """Changed copies of the training examples that keep their labels; none by default.

    As in the papers they are made once, before training: each epoch sees the examples and the same
    copies, so one epoch is longer, texts become ids once, and a resumed run goes on with what it
    began with. Validation and test stay as they are, and the vocabulary is that of the examples.
    """

    copies: int = 1
    """Changed copies of each example, each made by one of the changes of words below that are asked
    for, drawn by lot. Of a pair both texts are changed."""
    synonyms: Path | None = None
    """Replace words by their synonyms in this file, UTF-8: a word, a tab, a synonym, a tab, another
    synonym, and so on. A word in lower case also stands for itself with a capital."""
    synonym_share: float = 0.1
    """Share of a text's words that are replaced by synonyms, at least one if any has some."""
    neighbours: Path | None = None
    """Replace words by those whose vectors in this run's trained embedding are nearest by angle. It
    knows the words that are single pieces of its vocabulary. Neighbours stand in like places; they
    may well be opposites."""
    neighbour_share: float = 0.1
    """Share of a text's words that are replaced by neighbours, at least one if any has some."""
    neighbour_count: int = 5
    """How many of the nearest words one is drawn from."""
    deletion: float = 0.0
    """Leave out each word with this probability, but never all."""
    swap: float = 0.0
    """Exchange two words so many times: this share of the number of words, at least once."""
    back_translation: tuple[Path, Path] | None = None
    """Two run folders of the translation task, into another language and back: one more copy of
    each example, translated sentence by sentence. Not for labels of words."""
    bad_rows: BadRows = "error"
    """What to do about a bad row of `synonyms`: stop, or skip it, count it and warn."""

    def __post_init__(self):
        for name in ("copies", "neighbour_count"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")
        for name in ("synonym_share", "neighbour_share", "deletion", "swap"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"`{name}` must be from 0 to 1. Received: {name}={value}.")

    @property
    def changes_words(self) -> bool:
        """Whether any change of words is asked for."""
        return bool(self.synonyms or self.neighbours or self.deletion or self.swap)

    def check(self, labels: Labels) -> None:
        """Raise ValueError if labels of this kind would be lost."""
        if self.back_translation and labels == "words":
            raise ValueError(
                "`augmentation.back_translation` writes new words, whose labels nobody knows. "
                'Received: labels of the kind "words". Use `synonyms`, `neighbours`, `deletion` or '
                "`swap`, which carry the labels of words along."
            )
