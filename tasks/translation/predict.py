"""Translate: `python -m tasks.translation.predict runs/translation-tiny "The house is red."`."""

import logging
from pathlib import Path
from typing import Literal

import tyro

from keras_attention.visualization.attention_maps import attention_grid, layers_and_heads
from keras_attention.visualization.images import check_picture_path, save_figure
from tasks.common import console
from tasks.common.files import write_atomically
from tasks.common.lines import portions_of
from tasks.translation.config import AS_TRAINED, DecodeOptions
from tasks.translation.model import Candidate, Translator

logger = logging.getLogger(__name__)


def main(
    run_folder: tyro.conf.Positional[Path],
    sentences: tyro.conf.Positional[tuple[str, ...]] = (),
    input: Path | None = None,
    output: Path | None = None,
    n_best: int = 1,
    attention: Path | None = None,
    weights: Literal["final", "best", "last"] = "final",
    decode: DecodeOptions = AS_TRAINED,
) -> None:
    """Translate sentences: arguments, the lines of a file, or those of standard input.

    Args:
        run_folder: what `train` made.
        sentences: what to translate; without any, and without a file, standard input is read.
        input: file to translate, one sentence per line; empty lines stay empty lines.
        output: file to write, by default standard output.
        n_best: translations of each sentence. Above 1, the columns are the number of the sentence,
            the score and the translation, separated by tabs.
        attention: picture to draw of what each translation attends to, such as attention.png; that
            of the second sentence becomes attention-2.png, and so on.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        decode: the search, where it shall differ from the run's configuration.
    """
    if attention:
        check_picture_path(attention)
    portions = portions_of(sentences, input, "translate")
    translator = Translator.load(run_folder, decode, n_best, weights)
    written: list[str] = []
    for first, portion in portions:
        translator.text.warn_unknown(portion, f"From sentence {first} on")
        found = translator.candidates(portion)
        rows = _rows(found, first, n_best)
        if output:
            written += rows
        else:
            print("\n".join(rows), flush=True)
        if attention:
            _draw(translator, portion, found, attention, first)
    if output:
        write_atomically(output, "".join(f"{row}\n" for row in written).encode())


def _rows(found: list[list[Candidate]], first: int, n_best: int) -> list[str]:
    # A translation is a line, whatever the model writes.
    if n_best == 1:
        return [" ".join(candidates[0].text.split()) for candidates in found]
    return [
        f"{number}\t{candidate.score:.4f}\t{' '.join(candidate.text.split())}"
        for number, candidates in enumerate(found, start=first)
        for candidate in candidates
    ]


def _draw(translator, sentences, found, attention: Path, first: int) -> None:
    for number, (sentence, candidates) in enumerate(zip(sentences, found, strict=True), first):
        if not sentence.strip():
            continue
        (one,) = translator.alignments([sentence], [candidates[0].text])
        maps, titles = layers_and_heads(one.weights)
        path = attention if number == 1 else attention.with_stem(f"{attention.stem}-{number}")
        save_figure(attention_grid(maps, one.source, one.target, titles), path)
        logger.info("%s shows the attention of: %s", path, sentence)


if __name__ == "__main__":
    console.run(main)
