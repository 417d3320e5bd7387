"""Score a trained translator: `python -m tasks.translation.evaluate runs/translation-tiny`."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import tyro

from tasks.common import console
from tasks.common.files import write_atomically
from tasks.common.run_folder import RunFolder
from tasks.translation.config import AS_TRAINED, DecodeOptions, TranslationConfig
from tasks.translation.corpora import Pair, load_pairs
from tasks.translation.model import Translator
from tasks.translation.scoring import Score, score

logger = logging.getLogger(__name__)


def main(
    run_folder: tyro.conf.Positional[Path],
    split: Literal["test", "validation"] = "test",
    weights: Literal["final", "best", "last"] = "final",
    decode: DecodeOptions = AS_TRAINED,
) -> None:
    """Translate a split of the run's data, score the translations and keep them in the run folder.

    Args:
        run_folder: what `train` made.
        split: which pairs.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        decode: the search.
    """
    folder = RunFolder(run_folder)
    config = folder.load_config(TranslationConfig)
    translator = Translator.load(run_folder, decode, weights=weights)
    pairs = getattr(load_pairs(config.data), split)
    evaluate(translator, pairs, config.language, folder, split)


def evaluate(
    translator: Translator, pairs: Sequence[Pair], language: str, folder: RunFolder, split: str
) -> list[Score]:
    """Translate `pairs`, print the scores, and keep what came out in `<split>.hypotheses.txt`."""
    sources, references = ([*side] for side in zip(*pairs, strict=True))
    hypotheses = translator(sources)
    path = folder.path / f"{split}.hypotheses.txt"
    lines = (" ".join(hypothesis.split()) for hypothesis in hypotheses)
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())
    scores = score(hypotheses, references, language)
    config = translator.config
    logger.info(
        "%d sentences of the %s split, %d beams, length penalty %g, %d compilations:",
        len(pairs),
        split,
        config.beams,
        config.length_penalty,
        translator.compilations,
    )
    for one in scores:
        logger.info("  %s", one)
    logger.info("The translations are in %s.", path)
    return scores


if __name__ == "__main__":
    console.run(main)
