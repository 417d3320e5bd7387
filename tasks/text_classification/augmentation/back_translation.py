"""Paraphrases: texts translated into another language and back."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

from tasks.translation.model import Translator

logger = logging.getLogger(__name__)
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def back_translated(texts: Sequence[str], there: Path, back: Path) -> list[str]:
    """Each text as two translators give it back, sentence by sentence.

    Args:
        texts: in the language that the first translator reads.
        there: run folder of a translator into another language.
        back: run folder of one from there.

    Returns:
        As many texts; one that its translators lost is empty.

    Raises:
        FileNotFoundError, ValueError: if a folder holds no finished run of the translation task.
    """
    translators = Translator.load(there), Translator.load(back)
    sentences = [_BETWEEN_SENTENCES.split(text.strip()) for text in texts]
    distinct = list(dict.fromkeys(sentence for text in sentences for sentence in text))
    found = distinct
    for folder, translator in zip((there, back), translators, strict=True):
        logger.info("Back-translation: %d sentences by %s.", len(found), folder)
        translator.text.warn_unknown(found, f"Back-translation by {folder}")
        found = translator(found)
    paraphrases = dict(zip(distinct, found, strict=True))
    return [" ".join(" ".join(paraphrases[one] for one in text).split()) for text in sentences]
