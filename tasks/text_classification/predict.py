"""Classify texts: `python -m tasks.text_classification.predict RUN_FOLDER "Not bad at all."`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import tyro

from tasks.common import console
from tasks.common.files import write_atomically
from tasks.common.lines import portions_of
from tasks.text_classification.labels import Prediction
from tasks.text_classification.model import Classifier


def main(
    run_folder: tyro.conf.Positional[Path],
    texts: tyro.conf.Positional[tuple[str, ...]] = (),
    input: Path | None = None,
    output: Path | None = None,
    best: int = 3,
    weights: Literal["final", "best", "last"] = "final",
) -> None:
    """Classify texts: arguments, the lines of a file, or those of standard input.

    Both texts of a pair stand in one line with a tab between them.

    Args:
        run_folder: what `train` made.
        texts: what to classify; without any, and without a file, standard input is read.
        input: file to classify, one text per line.
        output: file to write, one JSON object per line, with all probabilities.
        best: how many classes to print for each text.
        weights: those that the finished run has chosen, or its best or last checkpoint.
    """
    portions = portions_of(texts, input, "classify")
    classifier = Classifier.load(run_folder, weights)
    written: list[str] = []
    for first, lines in portions:
        columns = _columns(lines, first, pairs=classifier.facts.num_segments > 1)
        predictions = classifier(*columns)
        if output:
            written += [
                json.dumps({"text": line, **prediction._asdict()}, ensure_ascii=False)
                for line, prediction in zip(lines, predictions, strict=True)
            ]
        else:
            rows = (
                f"{shown(line, prediction, best)}\t{line}"
                for line, prediction in zip(lines, predictions, strict=True)
            )
            print("\n".join(rows), flush=True)
    if output:
        write_atomically(output, "".join(f"{line}\n" for line in written).encode())


def shown(text: str, prediction: Prediction, best: int) -> str:
    """What is said, in a line: the best classes with their probabilities, or the number."""
    label, probabilities = prediction
    if probabilities is None:
        return f"{label:.2f}"
    if isinstance(label, tuple) and isinstance(next(iter(probabilities.values())), list):
        return " ".join(f"{word}/{name}" for word, name in zip(text.split(), label, strict=False))
    order = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
    chosen = order[:best] if isinstance(label, str) else label
    return ", ".join(f"{name} {100 * probabilities[name]:.1f} %" for name in chosen) or "none"


def _columns(
    lines: Sequence[str], first: int, pairs: bool
) -> tuple[Sequence[str], list[str] | None]:
    """The texts of the lines, and the second texts; an error names a line that does not fit."""
    for number, line in enumerate(lines, first):
        if not line.strip():
            raise ValueError(f"Text {number} is empty: there is nothing to classify.")
        if pairs and line.count("\t") != 1:
            raise ValueError(
                f"Text {number} must be two texts with a tab between them: the model was trained "
                f"on pairs. Received: {line[:60]!r}."
            )
    if not pairs:
        return lines, None
    one, two = zip(*(line.split("\t") for line in lines), strict=True)
    return one, list(two)


if __name__ == "__main__":
    console.run(main)
