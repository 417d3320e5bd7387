"""Scores of translations, by the tools that everybody uses, with the signatures that say how."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics import BLEU, CHRF
from sacremoses import MosesPunctNormalizer, MosesTokenizer

# Languages that are written without spaces, and sacreBLEU's tokenizer that splits them.
_UNSPACED = {"zh": "zh", "ja": "char", "th": "char"}


@dataclass(frozen=True)
class Score:
    """One number of one metric.

    Args:
        name: the metric.
        value: from 0 to 100, greater is better.
        signature: how it was computed, so that another can compare.
    """

    name: str
    value: float
    signature: str

    def __str__(self) -> str:
        return f"{self.name:<15} {self.value:6.2f}   {self.signature}"


def score(hypotheses: Sequence[str], references: Sequence[str], language: str) -> list[Score]:
    """BLEU, chrF, tokenised BLEU (for languages with spaces) and exact match.

    Args:
        hypotheses: translations as plain text.
        references: what they should be.
        language: code of their language, such as `"de"`.

    Returns:
        The scores; their names are `BLEU`, `chrF`, `tokenized BLEU`, `exact match`.

    Raises:
        ValueError: if there are not as many hypotheses as references, or none.

    Example:

    >>> scores = score(["ein roter Hut ist hier"], ["ein roter Hut ist da"], "de")
    >>> [one.name for one in scores]
    ['BLEU', 'chrF', 'tokenized BLEU', 'exact match']
    """
    if len(hypotheses) != len(references) or not references:
        raise ValueError(
            "There must be a hypothesis for each reference, and one at least. Received: "
            f"{len(hypotheses)} hypotheses and {len(references)} references."
        )
    scores = [
        _corpus_score(
            "BLEU", BLEU(tokenize=_UNSPACED.get(language, "13a")), hypotheses, references
        ),
        _corpus_score("chrF", CHRF(), hypotheses, references),
        _tokenized_bleu(hypotheses, references, language),
        Score("exact match", exact_match(hypotheses, references), "string equality"),
    ]
    return [one for one in scores if one is not None]


def bleu(hypotheses: Sequence[str], references: Sequence[str], language: str) -> float:
    """SacreBLEU alone, from 0 to 100."""
    tokenizer = _UNSPACED.get(language, "13a")
    return BLEU(tokenize=tokenizer).corpus_score(list(hypotheses), [list(references)]).score


def exact_match(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Share of translations that are their reference, from 0 to 100."""
    pairs = zip(hypotheses, references, strict=True)
    return 100.0 * sum(h.strip() == r.strip() for h, r in pairs) / len(references)


def _corpus_score(name, metric, hypotheses, references, how="") -> Score:
    value = metric.corpus_score(list(hypotheses), [list(references)]).score
    return Score(name, value, how + str(metric.get_signature()))


def _tokenized_bleu(hypotheses, references, language) -> Score | None:
    """BLEU over Moses tokens of the lower-cased text, which most papers on Multi30k publish."""
    if language in _UNSPACED:
        return None
    normalizer, tokenizer = MosesPunctNormalizer(lang=language), MosesTokenizer(lang=language)

    def tokenized(text: str) -> str:
        normalized = normalizer.normalize(text.lower())
        return tokenizer.tokenize(normalized, return_str=True, escape=False)

    return _corpus_score(
        "tokenized BLEU",
        BLEU(tokenize="none", force=True),
        [tokenized(text) for text in hypotheses],
        [tokenized(text) for text in references],
        how="lower-cased, sacremoses normalized and tokenized|",
    )
