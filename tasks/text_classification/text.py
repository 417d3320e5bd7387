"""How texts become ids: for training, prediction and the exported model."""

from typing import Literal, NamedTuple

import tensorflow as tf

from tasks.common.special_ids import END_ID, START_ID
from tasks.common.vocabulary import Vocabulary

Truncation = Literal["head", "tail", "both"]
KEPT = {"head": "head", "tail": "tail", "both": "beginning and end"}  # in words
_SMALLEST = 5  # start, a piece, end, a piece, end


class Encoded(NamedTuple):
    """Texts as the model reads them.

    Args:
        token_ids: int32 ragged tensor `[batch, (length)]`.
        segment_ids: int32 ragged tensor of the same shape: 0 for the first text, 1 for the second.
        is_word_start: boolean ragged tensor of the same shape: True for the first piece of each
            word, if the texts were read word by word.
        too_long: boolean tensor `[batch]`: where something was cut off.
    """

    token_ids: tf.RaggedTensor
    segment_ids: tf.RaggedTensor
    is_word_start: tf.RaggedTensor
    too_long: tf.Tensor


class ClassifierText:
    """The vocabulary and what is done to a text, or a pair of texts, all in the graph.

    One text is read as `<s> pieces </s>`, two as `<s> pieces </s> pieces </s>`. What is longer than
    `max_length` is cut off; of a pair the longer text loses first.

    Args:
        vocabulary: the subwords.
        max_length: most ids.
        truncation: what is kept of a text that is too long: its head, its tail, or half of both.
        lowercase: read in lower case.
        remove_tags: read what stands between `<` and `>` as a space.
        by_words: cut each word by itself, so that every word has a first piece.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> vocabulary = Vocabulary.train([["not bad", "not good", "a bad day"]], size=17)
    >>> text = ClassifierText(vocabulary, max_length=16)
    >>> encoded = text.encode(["not bad"])
    >>> vocabulary.pieces(encoded.token_ids[0])[0], vocabulary.pieces(encoded.token_ids[0])[-1]
    ('<s>', '</s>')
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        max_length: int = 128,
        truncation: Truncation = "head",
        lowercase: bool = False,
        remove_tags: bool = False,
        by_words: bool = False,
    ):
        if max_length < _SMALLEST:
            raise ValueError(
                f"`max_length` must be at least {_SMALLEST}. Received: max_length={max_length}."
            )
        self.vocabulary = vocabulary
        self.max_length = max_length
        self.truncation = truncation
        self.lowercase = lowercase
        self.remove_tags = remove_tags
        self.by_words = by_words

    @property
    def mask_id(self) -> int:
        """The id of the mask of pre-training, the one after the vocabulary's last."""
        return self.vocabulary.size

    @property
    def size(self) -> int:
        """Number of ids that a model must know, the mask included."""
        return self.vocabulary.size + 1

    def encode(self, texts, seconds=None) -> Encoded:
        """Ids of each text, or of each pair of texts.

        Args:
            texts: string tensor `[batch]`, or a list of strings.
            seconds: the same for the second texts.
        """
        first, first_starts = self._pieces(texts)
        budget = self.max_length - 2
        if seconds is None:
            keep = tf.minimum(_lengths(first), budget)
            parts = [(first, first_starts, keep)]
        else:
            second, second_starts = self._pieces(seconds)
            budget -= 1
            half = budget - budget // 2
            keep = tf.minimum(_lengths(first), tf.maximum(half, budget - _lengths(second)))
            keep_second = tf.minimum(_lengths(second), budget - keep)
            parts = [(first, first_starts, keep), (second, second_starts, keep_second)]
        too_long = tf.reduce_any([_lengths(ids) > keep for ids, _, keep in parts], axis=0)
        column = tf.ones([first.nrows(), 1], tf.int32)
        ids, segments, starts = [START_ID * column], [0 * column], [column == 0]
        for number, (pieces, word_starts, keep) in enumerate(parts):
            kept = self._kept(pieces, keep)
            pieces = tf.ragged.boolean_mask(pieces, kept)
            ids += [pieces, END_ID * column]
            segments += [number * tf.ones_like(pieces), number * column]
            starts += [tf.ragged.boolean_mask(word_starts, kept), column == 0]
        return Encoded(*(tf.concat(each, axis=1) for each in (ids, segments, starts)), too_long)

    def plain_ids(self, strings) -> tf.RaggedTensor:
        """int32 `[batch, (ids)]`: the pieces of each string, all of them, without markers."""
        return self._pieces(strings)[0]

    def _pieces(self, strings) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Ids of each string, and which of them begin a word (if read word by word)."""
        strings = cleaned(strings, self.lowercase, self.remove_tags)
        if not self.by_words:
            ids = self.vocabulary.encode(strings)
            return ids, tf.zeros_like(ids, tf.bool)
        words = tf.strings.split(strings)  # [batch, (words)]
        of_words = self.vocabulary.encode(words.values)  # [all words, (ids)]
        starts = tf.ragged.range(of_words.row_lengths()) == 0
        return tuple(words.with_values(x).merge_dims(1, 2) for x in (of_words, starts))

    def _kept(self, ids: tf.RaggedTensor, keep: tf.Tensor) -> tf.RaggedTensor:
        """Which ids of each row stay, `keep` of them."""
        lengths = _lengths(ids)
        places = tf.ragged.range(lengths)  # [batch, (length)]
        head = {"head": keep, "tail": 0 * keep, "both": keep - keep // 2}[self.truncation]
        tail = keep - head

        def per_row(x):
            return tf.repeat(x, lengths)

        flat = places.values
        kept = (flat < per_row(head)) | (flat >= per_row(lengths - tail))
        return places.with_values(kept)


def _lengths(ids: tf.RaggedTensor) -> tf.Tensor:
    return tf.cast(ids.row_lengths(), tf.int32)


def cleaned(strings, lowercase: bool, remove_tags: bool) -> tf.Tensor:
    """The strings as the vocabulary reads them."""
    strings = tf.convert_to_tensor(strings, tf.string)
    if remove_tags:
        strings = tf.strings.regex_replace(strings, "<[^<>]*>", " ")
    if lowercase:
        strings = tf.strings.lower(strings, encoding="utf-8")
    return strings
