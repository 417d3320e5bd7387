"""Learning a subword vocabulary with SentencePiece."""

import io
import re
from collections import Counter
from collections.abc import Sequence

from sentencepiece import SentencePieceNormalizer, SentencePieceTrainer

from tasks.common.special_ids import END_ID, PAD_ID, SPECIAL_PIECES, START_ID, UNKNOWN_ID

_NORMALIZATIONS = ("nmt_nfkc", "nmt_nfkc_cf", "nfkc", "nfkc_cf", "identity")


def train_model(
    languages: Sequence[Sequence[str]],
    size: int,
    model_type: str,
    character_coverage: float | Sequence[float],
    normalization: str,
) -> bytes:
    """The bytes of a SentencePiece model; `Vocabulary.train` says what the arguments mean."""
    coverages = _coverages(character_coverage, len(languages))
    sentences = [sentence for language in languages for sentence in language]
    if not any(sentence.strip() for sentence in sentences):
        raise ValueError(f"A vocabulary needs text. Received: {len(sentences)} empty sentences.")
    if size <= len(SPECIAL_PIECES):
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
    return model.getvalue()


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
    normalizer = SentencePieceNormalizer(rule_name=normalization)
    chosen = set()
    for sentences, coverage in zip(languages, coverages, strict=True):
        counts = Counter()
        for sentence in normalizer.normalize(list(sentences)):
            counts.update(sentence)
        for space in (" ", "▁"):  # always a piece
            del counts[space]
        needed = coverage * counts.total()
        for character, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            if needed <= 0:
                break
            chosen.add(character)
            needed -= count
    return "".join(sorted(chosen))


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
