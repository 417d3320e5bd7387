"""A subword vocabulary: trained by SentencePiece, applied inside the TensorFlow graph."""

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tensorflow as tf

from tasks.common.files import write_atomically
from tasks.common.fingerprinted import Fingerprinted
from tasks.common.special_ids import END_ID, SPECIAL_PIECES, START_ID, UNKNOWN_ID

if TYPE_CHECKING:
    from tasks.common.subword_sampler import SubwordSampler

try:
    from tensorflow_text import SentencepieceTokenizer
except (ImportError, tf.errors.NotFoundError) as error:
    raise ImportError(
        "Text is tokenised with tensorflow-text, which is missing or does not fit TensorFlow "
        f"{tf.__version__} (the first two numbers of their versions must agree). It has wheels for "
        "Linux (x86-64 and ARM) and macOS, none for Windows (use WSL2 there). Install it with "
        "`pip install 'keras-attention-zoo[text]'`."
    ) from error

logger = logging.getLogger(__name__)


class Vocabulary(Fingerprinted):
    """Text to subword ids and back, in the graph: in `tf.data`, and in a SavedModel.

    Ids 0 to 3 are padding, unknown, start and end. The model becomes part of every graph that
    uses it, so a SavedModel needs no file beside it and nothing has to be tracked.

    Args:
        model: the bytes of a SentencePiece model with those ids, as `train` makes it.

    Raises:
        ValueError: if `model` is not such a model.

    Example:

    >>> vocabulary = Vocabulary.train([["a red house", "a red car", "the car"]], size=16)
    >>> ids = vocabulary.encode(["a red car"], start=True, end=True)
    >>> vocabulary.decode(ids).numpy()
    array([b'a red car'], dtype=object)

    References:
        [Kudo and Richardson, 2018](https://arxiv.org/abs/1808.06226)
    """

    def __init__(self, model: bytes):
        self._model = model
        strings, ids = tf.TensorSpec([None], tf.string), tf.TensorSpec([None], tf.int32)
        rows = tf.RaggedTensorSpec([None, None], tf.int32)
        self._tokenize = _in_graph(model, strings, SentencepieceTokenizer.tokenize)
        self._detokenize = _in_graph(model, rows, SentencepieceTokenizer.detokenize)
        self._pieces = _in_graph(model, ids, SentencepieceTokenizer.id_to_string)
        size = _in_graph(model, None, SentencepieceTokenizer.vocab_size)
        try:
            self.size = int(size())
        except tf.errors.OpError as error:
            raise ValueError(
                f"Not a SentencePiece model ({len(model)} bytes): the file is damaged or something "
                "else. Train the vocabulary again."
            ) from error
        special = self.pieces(range(4)) if self.size > 4 else []
        if tuple(special) != SPECIAL_PIECES:
            raise ValueError(
                f"The first four pieces of a vocabulary must be {SPECIAL_PIECES}. Received: "
                f"{special}. Make it with `Vocabulary.train`."
            )
        self.fingerprint = hashlib.sha256(model).hexdigest()

    @classmethod
    def train(
        cls,
        languages: Sequence[Sequence[str]],
        size: int,
        model_type: str = "unigram",
        character_coverage: float | Sequence[float] = 1.0,
        normalization: str = "nmt_nfkc",
    ) -> "Vocabulary":
        """Learn a vocabulary for one or several languages; the same text gives the same one.

        Args:
            languages: the sentences of each language. Give it the training split only.
            size: number of pieces, the four special ones included.
            model_type: `"unigram"` or `"bpe"`.
            character_coverage: the share of each language's characters (0.98 to 1.0, one number
                per language or one for all) that get a piece of their own; the rarest others
                become unknown. 1.0 for alphabets, 0.9995 for Chinese or Japanese.
            normalization: SentencePiece's rule: `"nmt_nfkc"`, `"nmt_nfkc_cf"` (folds the case of
                all text), `"nfkc"`, `"nfkc_cf"` or `"identity"`.

        Returns:
            A `Vocabulary`.

        Raises:
            ValueError: if `size` is more than this text has pieces, or less than its characters
                need, or another argument is outside of what is said above.
        """
        from tasks.common.subwords import train_model

        return cls(train_model(languages, size, model_type, character_coverage, normalization))

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Vocabulary":
        """Read what `save` wrote; any SentencePiece model with the ids above will do."""
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"There is no vocabulary at {path}.")
        try:
            return cls(path.read_bytes())
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error

    def save(self, path: str | os.PathLike) -> None:
        """Write the SentencePiece model, completely or not at all."""
        write_atomically(path, self._model)

    def encode(
        self, strings, start: bool = False, end: bool = False, max_length: int | None = None
    ) -> tf.RaggedTensor:
        """Ids of each string, in the graph.

        Args:
            strings: string tensor of shape `[batch]`, or a list of strings.
            start: put the start id before each.
            end: put the end id after each.
            max_length: most ids of each, start and end included; what is beyond is cut off.

        Returns:
            int32 ragged tensor of shape `[batch, (ids)]`.
        """
        ids = self._tokenize(tf.convert_to_tensor(strings, tf.string))
        if max_length is not None:
            ids = ids[:, : max_length - start - end]
        column = tf.ones([ids.nrows(), 1], tf.int32)
        before = [START_ID * column] if start else []
        after = [END_ID * column] if end else []
        return tf.concat([*before, ids, *after], axis=1) if before or after else ids

    def sampler(
        self, sentences: Sequence[str], alpha: float, start: bool = False, end: bool = False
    ) -> "SubwordSampler":
        """Something that cuts `sentences` otherwise for each seed; see `SubwordSampler`.

        For training only: it knows these sentences and works outside of the graph.
        """
        from tasks.common.subword_sampler import SubwordSampler

        return SubwordSampler(self._model, sentences, alpha, start, end)

    def decode(self, ids) -> tf.Tensor:
        """Strings from ids, in the graph; what follows the first end id is ignored.

        Args:
            ids: int tensor of shape `[..., length]`, padded with 0, or ragged `[batch, (ids)]`.

        Returns:
            String tensor of shape `[...]`.
        """
        ids = ids.to_tensor() if isinstance(ids, tf.RaggedTensor) else tf.convert_to_tensor(ids)
        ids = tf.cast(ids, tf.int32)
        shape = tf.shape(ids)
        rows = tf.reshape(ids, [-1, shape[-1]])  # [all, length]
        ended = tf.cumsum(tf.cast(rows == END_ID, tf.int32), axis=-1) > 0
        strings = self._detokenize(tf.ragged.boolean_mask(rows, ~ended))
        return tf.reshape(strings, shape[:-1])

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The piece of each id, as a picture shows it: `["▁red", "▁house", "</s>"]`."""
        ids = tf.constant([int(i) for i in ids], tf.int32)
        return [piece.decode() for piece in self._pieces(ids).numpy()]

    def unknown_characters(self, sentences: Iterable[str]) -> Counter:
        """How often each character without a piece occurs in `sentences`."""
        counts = Counter()
        for sentence in sentences:
            counts.update(sentence)
        characters = [character for character in counts if not character.isspace()]
        if not characters:
            return Counter()
        unknown = tf.reduce_any(self.encode(characters) == UNKNOWN_ID, axis=-1).numpy()
        return Counter(
            {
                character: counts[character]
                for character, is_unknown in zip(characters, unknown, strict=True)
                if is_unknown
            }
        )

    def warn_unknown(self, sentences: Iterable[str], where: str) -> int:
        """Log a warning that counts the unknown characters of `sentences`, if there are any.

        Returns:
            Number of occurrences.
        """
        unknown = self.unknown_characters(sentences)
        if unknown:
            examples = ", ".join(f"{c!r} ({n})" for c, n in unknown.most_common(5))
            logger.warning(
                "%s: %d characters (%d different) are not in the vocabulary and are read as "
                "unknown. Most frequent: %s.",
                where,
                unknown.total(),
                len(unknown),
                examples,
            )
        return unknown.total()


def _in_graph(model: bytes, argument, use: Callable, **options) -> Callable:
    """`use(tokenizer, argument)` as a graph function that makes its own tokenizer.

    A tokenizer made eagerly dies with TensorFlow's kernel cache, which `tf.random.set_seed`
    empties: its next use says that a resource does not exist (TensorFlow Text 2.21).
    """

    @tf.function(input_signature=[] if argument is None else [argument])
    def function(*arguments):
        return use(SentencepieceTokenizer(model=model, **options), *arguments)

    return function.get_concrete_function()
