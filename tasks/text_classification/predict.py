"""Classify texts: `python -m tasks.text_classification.predict RUN_FOLDER "Not bad at all."`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import tyro

from tasks.common import console
from tasks.common.answers import best_classes, with_probabilities
from tasks.common.files import write_atomically, write_rows
from tasks.common.lines import portions_of
from tasks.text_classification.explanations import Explainer
from tasks.text_classification.labels import Prediction
from tasks.text_classification.model import Classifier
from tasks.text_classification.reasons import as_lines, as_page, explained


def main(
    run_folder: tyro.conf.Positional[Path],
    texts: tyro.conf.Positional[tuple[str, ...]] = (),
    input: Path | None = None,
    output: Path | None = None,
    html: Path | None = None,
    reasons: bool = True,
    best: int = 3,
    weights: Literal["final", "best", "last"] = "final",
    task: str | None = None,
) -> None:
    """Classify texts: arguments, the lines of a file, or those of standard input.

    Both texts of a pair stand in one line with a tab between them. Of texts that are arguments the
    tokens that carried the answer are printed as well, if the answer is one class: in colour on a
    terminal, else the strongest.

    Args:
        run_folder: what `train` made.
        texts: what to classify; without any, and without a file, standard input is read.
        input: file to classify, one text per line.
        output: file to write, one JSON object per line, with all probabilities.
        html: web page to write, of the tokens that carried each answer.
        reasons: whether to print the tokens behind the answers to texts that are arguments.
        best: how many classes to print for each text.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        task: which of several tasks of the run, by default the one that it is for.
    """
    portions = portions_of(texts, input, "classify")
    classifier = Classifier.load(run_folder, weights, task)
    faithful = classifier.facts.faithful
    wanted = bool(texts) and reasons and not output and classifier.facts.labels.kind == "one"
    explainer = Explainer(classifier) if wanted or html else None
    rows: list[dict] = []
    on_page: tuple[list, list] = ([], [])
    for first, lines in portions:
        columns = _columns(lines, first, pairs=classifier.facts.num_segments > 1)
        predictions = classifier(*columns)
        answers = [
            f"{shown(line, prediction, best)}\t{line}"
            for line, prediction in zip(lines, predictions, strict=True)
        ]
        if explainer:
            explanations = explained(explainer, *columns)
            on_page[0].extend(explanations)
            on_page[1].extend(answers)
            if wanted:
                colored = sys.stdout.isatty()
                more = (as_lines(one, colored, faithful) for one in explanations)
                answers = [f"{a}\n{m}" for a, m in zip(answers, more, strict=True)]
        if output:
            rows += [
                {"text": line, **prediction._asdict()}
                for line, prediction in zip(lines, predictions, strict=True)
            ]
        else:
            print("\n".join(answers), flush=True)
    if output:
        write_rows(output, rows)
    if html:
        write_atomically(html, as_page(*on_page, faithful).encode())


def shown(text: str, prediction: Prediction, best: int) -> str:
    """What is said, in a line: the best classes with their probabilities, or the number."""
    label, probabilities = prediction
    if probabilities is None:
        return f"{label:.2f}"
    if isinstance(label, tuple) and isinstance(next(iter(probabilities.values())), list):
        return " ".join(f"{word}/{name}" for word, name in zip(text.split(), label, strict=False))
    chosen = best_classes(probabilities, best) if isinstance(label, str) else label
    return with_probabilities(probabilities, chosen) or "none"


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
