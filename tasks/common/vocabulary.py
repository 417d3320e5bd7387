"""A subword vocabulary: trained by SentencePiece, applied inside the TensorFlow graph."""

import hashlib
import io
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tensorflow as tf

from tasks.common.files import write_atomically

try:
    import tensorflow_text
except ImportError as error:
    raise ImportError(
        "Translation tokenises with tensorflow-text, which is not installed. It has wheels for "
        "Linux (x86-64 and ARM) and macOS, none for Windows (use WSL2 there). Install it with "
        "`pip install 'keras-attention-zoo[text]'`; its version must be that of TensorFlow "
        f"({tf.__version__})."
    ) from error

PAD_ID, UNKNOWN_ID, START_ID, END_ID = range(4)
_SPECIAL_PIECES = ("<pad>", "<unk>", "<s>", "</s>")
_NORMALIZATIONS = ("nmt_nfkc", "nmt_nfkc_cf", "nfkc", "nfkc_cf", "identity")

logger = logging.getLogger(__name__)


class Vocabulary:
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
        self._tokenize = _in_graph(model, strings, lambda tokenizer, x: tokenizer.tokenize(x))
        self._detokenize = _in_graph(model, rows, lambda tokenizer, x: tokenizer.detokenize(x))
        self._pieces = _in_graph(model, ids, lambda tokenizer, x: tokenizer.id_to_string(x))
        size = _in_graph(model, None, lambda tokenizer: tokenizer.vocab_size())
        try:
            self.size = int(size())
        except tf.errors.OpError as error:
            raise ValueError(
                f"Not a SentencePiece model ({len(model)} bytes): the file is damaged or something "
                "else. Train the vocabulary again."
            ) from error
        special = self.pieces(range(4)) if self.size > 4 else []
        if tuple(special) != _SPECIAL_PIECES:
            raise ValueError(
                f"The first four pieces of a vocabulary must be {_SPECIAL_PIECES}. Received: "
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
        from sentencepiece import SentencePieceTrainer  # only training needs the package

        coverages = _coverages(character_coverage, len(languages))
        sentences = [sentence for language in languages for sentence in language]
        if not any(sentence.strip() for sentence in sentences):
            raise ValueError(
                f"A vocabulary needs text. Received: {len(sentences)} empty sentences."
            )
        if size <= len(_SPECIAL_PIECES):
            raise ValueError(f"`size` must be above 4, the special pieces. Received: size={size}.")
        if normalization not in _NORMALIZATIONS:
            raise ValueError(
                f"`normalization` must be one of {_NORMALIZATIONS}. "
                f"Received: normalization={normalization!r}."
            )
        if model_type not in ("unigram", "bpe"):
            raise ValueError(
                f'`model_type` must be "unigram" or "bpe". Received: model_type={model_type!r}.'
            )
        required = _frequent_characters(languages, coverages, normalization)
        model = io.BytesIO()
        try:
            SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=model,
                model_type=model_type,
                vocab_size=size,
                # Coverage is per language, so the characters are chosen here: all that the joint
                # count could add at the lowest share SentencePiece accepts is among them.
                required_chars=required,
                character_coverage=1.0 if min(coverages) == 1.0 else 0.98,
                normalization_rule_name=normalization,
                pad_id=PAD_ID,
                unk_id=UNKNOWN_ID,
                bos_id=START_ID,
                eos_id=END_ID,
                # Longer sentences are left out without a word otherwise.
                max_sentence_length=max(len(sentence.encode()) for sentence in sentences) + 1,
                minloglevel=2,
            )
        except (RuntimeError, OSError) as error:
            raise ValueError(_explain(str(error), size)) from error
        return cls(model.getvalue())

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

    def check_fingerprint(self, expected: str, where: str = "the checkpoint") -> None:
        """Raise ValueError unless this is the vocabulary that `where` was made with."""
        if self.fingerprint != expected:
            raise ValueError(
                f"The vocabulary does not belong to {where}, whose ids mean other pieces. "
                f"Expected the fingerprint {expected}. Received: {self.fingerprint}. Use the "
                "vocabulary saved in the same run folder, or train again."
            )

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

    def sample(
        self,
        sentences: Sequence[str],
        alpha: float,
        seed: int,
        start: bool = False,
        end: bool = False,
        max_length: int | None = None,
    ) -> list[list[int]]:
        """Ids of a random way to cut each sentence into pieces (subword regularisation).

        For training only, and outside of the graph: there the randomness cannot be seeded.

        Args:
            sentences: strings.
            alpha: for a unigram vocabulary the inverse temperature over all ways (0.1 cuts wildly,
                0.5 mildly); for BPE the probability of leaving out a merge (BPE-dropout).
            seed: the same one gives the same ids.
            start: see `encode`.
            end: see `encode`.
            max_length: see `encode`.

        Returns:
            One list of ids per sentence.

        References:
            [Kudo, 2018](https://arxiv.org/abs/1804.10959),
            [Provilkov et al., 2020](https://arxiv.org/abs/1910.13267)
        """
        if not 0.0 < alpha <= 1.0:
            raise ValueError(f"`alpha` must be in (0, 1]. Received: alpha={alpha}.")
        ids = _sample_seeded(self._model, list(sentences), alpha, seed)
        room = None if max_length is None else max_length - start - end
        return [[START_ID] * start + row[:room] + [END_ID] * end for row in ids]

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
        return use(tensorflow_text.SentencepieceTokenizer(model=model, **options), *arguments)

    return function.get_concrete_function()


_sampling = threading.Lock()  # the seed is one for the whole process


def _sample_seeded(model: bytes, sentences: list[str], alpha: float, seed: int) -> list[list[int]]:
    """SentencePiece seeds its generator once per thread, so each call has a thread of its own."""
    from sentencepiece import SentencePieceProcessor, set_random_generator_seed

    def work() -> list[list[int]]:
        set_random_generator_seed(seed % 2**32)  # it takes 32 bits
        return SentencePieceProcessor(model_proto=model).encode(
            sentences, enable_sampling=True, nbest_size=-1, alpha=alpha, num_threads=1
        )

    with _sampling, ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


def _coverages(coverage: float | Sequence[float], languages: int) -> list[float]:
    coverages = [coverage] * languages if isinstance(coverage, (int, float)) else list(coverage)
    if len(coverages) != languages or not all(0.98 <= share <= 1.0 for share in coverages):
        raise ValueError(
            "`character_coverage` must be from 0.98 to 1.0, or one per language. Received: "
            f"character_coverage={coverage} for {languages} languages."
        )
    return coverages


def _frequent_characters(languages, coverages, normalization) -> str:
    """The most frequent characters of each language that make up its share of its text."""
    from sentencepiece import SentencePieceNormalizer

    normalizer = SentencePieceNormalizer(rule_name=normalization)
    chosen = set()
    for sentences, coverage in zip(languages, coverages, strict=True):
        counts = Counter()
        for sentence in normalizer.normalize(list(sentences)):
            counts.update(sentence)
        needed = coverage * counts.total()
        for character, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if needed <= 0:
                break
            chosen.add(character)
            needed -= count
    return "".join(sorted(chosen - {" ", "▁"}))


def _explain(message: str, size: int) -> str:
    """SentencePiece's complaint about a size in our words; anything else as it is."""
    if largest := re.search(r"too high .*<= (\d+)", message):
        return (
            f"`size` must be at most {largest[1]}: this text has no more pieces. Received: "
            f"size={size}. Take a smaller vocabulary, or more text."
        )
    if smallest := re.search(r"smaller than required_chars\. \d+ vs (\d+)", message):
        return (
            f"`size` must be at least {smallest[1]}, one piece per character. Received: "
            f"size={size}. Take a larger vocabulary, or lower `character_coverage`."
        )
    return f"SentencePiece cannot train on this text: {message}"
