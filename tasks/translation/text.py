"""How the text of the two sides becomes ids: for training, decoding and the exported model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tensorflow as tf

from tasks.common.vocabulary import Vocabulary
from tasks.translation.corpora import Pair

if TYPE_CHECKING:
    from tasks.common.subword_sampler import SubwordSampler


class TranslationText:
    """One vocabulary for both languages and what is done to each side, all in the graph.

    Source sentences are followed by the end id; target sentences stand between start and end id.

    Args:
        vocabulary: the subwords of both languages.
        lowercase_source: read the source in lower case (the target keeps its case). Helps small
            corpora whose source says with capitals nothing that the target needs.

    Example:

    >>> text = TranslationText.train([Pair("The red car", "El coche rojo")], size=17)
    >>> text.vocabulary.pieces(text.encode_source(["The car"])[0])[-2:]
    ['r', '</s>']
    >>> text.decode(text.encode_target(["El coche"])).numpy()
    array([b'El coche'], dtype=object)
    """

    def __init__(self, vocabulary: Vocabulary, lowercase_source: bool = False):
        self.vocabulary = vocabulary
        self.lowercase_source = lowercase_source

    @classmethod
    def train(
        cls,
        pairs: Sequence[Pair],
        size: int,
        model_type: str = "unigram",
        character_coverage: tuple[float, float] = (1.0, 1.0),
        lowercase_source: bool = False,
    ) -> "TranslationText":
        """Learn the joint vocabulary of `pairs`, the training split; see `Vocabulary.train`.

        Args:
            pairs: sentences and their translations.
            size: number of pieces.
            model_type: `"unigram"` or `"bpe"`.
            character_coverage: of the source and of the target.
            lowercase_source: see above.
        """
        sources, targets = (list(side) for side in zip(*pairs, strict=True))
        sources = _lowered(sources) if lowercase_source else sources
        vocabulary = Vocabulary.train([sources, targets], size, model_type, character_coverage)
        return cls(vocabulary, lowercase_source)

    def encode_source(self, strings, max_length: int | None = None) -> tf.RaggedTensor:
        """int32 `[batch, (ids)]`: pieces of each string and the end id, `max_length` at most."""
        strings = tf.convert_to_tensor(strings, tf.string)
        if self.lowercase_source:
            strings = tf.strings.lower(strings, encoding="utf-8")
        return self.vocabulary.encode(strings, end=True, max_length=max_length)

    def encode_target(self, strings, max_length: int | None = None) -> tf.RaggedTensor:
        """int32 `[batch, (ids)]`: start id, pieces, end id; `max_length` without the end id."""
        longer = None if max_length is None else max_length + 1
        return self.vocabulary.encode(strings, start=True, end=True, max_length=longer)

    def samplers(
        self, pairs: Sequence[Pair], alpha: float
    ) -> tuple["SubwordSampler", "SubwordSampler"]:
        """For both sides, what cuts them otherwise for each seed; see `SubwordSampler`."""
        sources, targets = (list(side) for side in zip(*pairs, strict=True))
        sources = _lowered(sources) if self.lowercase_source else sources
        return (
            self.vocabulary.sampler(sources, alpha, end=True),
            self.vocabulary.sampler(targets, alpha, start=True, end=True),
        )

    def warn_unknown(self, sources: Sequence[str], where: str) -> int:
        """Log a warning about unknown characters; see `Vocabulary.warn_unknown`."""
        sources = _lowered(list(sources)) if self.lowercase_source else sources
        return self.vocabulary.warn_unknown(sources, where)

    def decode(self, ids) -> tf.Tensor:
        """Strings from ids of shape `[..., length]`; see `Vocabulary.decode`."""
        return self.vocabulary.decode(ids)


def _lowered(sentences: list[str]) -> list[str]:
    """In lower case by TensorFlow's rules, which are not Python's for a few letters."""
    return [lower.decode() for lower in tf.strings.lower(sentences, encoding="utf-8").numpy()]
