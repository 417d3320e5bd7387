"""Score a trained classifier: `python -m tasks.text_classification.evaluate RUN_FOLDER`."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import tyro

from tasks.common import console
from tasks.common.files import write_rows
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score, report
from tasks.common.spread import spread
from tasks.text_classification.baseline import BagOfWords
from tasks.text_classification.config import ClassificationConfig
from tasks.text_classification.data import Example, LabelSet, Splits, columns, load_examples
from tasks.text_classification.explanations import Explainer, Faithfulness, faithful
from tasks.text_classification.model import Classifier
from tasks.text_classification.reasons import FAITHFULNESS_HEADER, faithfulness_table
from tasks.text_classification.scoring import out_of_scope_scores, score

logger = logging.getLogger(__name__)
_MOST_REPORTED = 20  # classes
EXPLAINED = 200  # texts of the test of deletion


def main(
    run_folder: tyro.conf.Positional[Path],
    split: Literal["test", "validation"] = "test",
    weights: Literal["final", "best", "last"] = "final",
    explained: int = EXPLAINED,
    task: str | None = None,
) -> None:
    """Classify a split of the run's data and score what comes out, beside a bag of words.

    Args:
        run_folder: what `train` made.
        split: which examples.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        explained: how many texts to test the methods of explanation on.
        task: which of several tasks of the run, by default the one that it is for.
    """
    folder = RunFolder(run_folder)
    config = folder.load_config(ClassificationConfig)
    classifier = Classifier.load(run_folder, weights, task)
    corpus = config.corpora()[classifier.facts.name]
    evaluate(classifier, load_examples(corpus), folder, split, explained)


def evaluate(
    classifier: Classifier, splits: Splits, folder: RunFolder, split: str, explained: int
) -> tuple[list[Score], list[Score]]:
    """Classify a split, print the scores beside a bag of words', keep what was said in a file.

    Returns:
        The scores, and those of the bag of words, none where it cannot say anything.
    """
    labels, examples = classifier.facts.labels, getattr(splits, split)
    outputs, scores = _scored(
        lambda some: classifier.outputs(*columns(some)), splits, split, labels
    )
    baseline: list[Score] = []
    if labels.kind != "words":
        _, baseline = _scored(BagOfWords(splits, labels).outputs, splits, split, labels)
    _print_scores(scores, baseline, len(outputs), classifier.facts.name, split)
    if labels.kind == "one":
        if len(labels.names) <= _MOST_REPORTED:
            predicted = [int(output.argmax()) for output in outputs]
            truth = labels.encode(examples)
            logger.info("\n%s", report(labels.names, truth, predicted))
        if explained:
            _print_faithfulness(deletion_test(classifier, examples, explained))
    path = folder.path / f"{split}.{classifier.facts.name}.jsonl"
    rows = (
        {"text": " | ".join(one.texts), "label": one.label, "said": labels.decode(output).label}
        for one, output in zip(examples, outputs, strict=True)
    )
    write_rows(path, rows)
    logger.info("What was said of each is in %s.", path)
    return scores, baseline


def deletion_test(
    classifier: Classifier, examples: Sequence[Example], explained: int
) -> list[Faithfulness]:
    """The faithfulness of each method, on that many of the examples."""
    return Explainer(classifier).faithfulness(*columns(spread(examples, explained)))


def _scored(
    classify: Callable[[Sequence[Example]], list[np.ndarray]],
    splits: Splits,
    split: str,
    labels: LabelSet,
) -> tuple[list[np.ndarray], list[Score]]:
    """The outputs of `classify` for a split, and all their scores."""
    examples = getattr(splits, split)
    outputs = classify(examples)
    scores = score(labels, labels.encode(examples), outputs)
    if splits.out_of_scope and split == "test":
        parts = (classify(splits.validation), outputs, classify(splits.out_of_scope))
        scores += out_of_scope_scores(*map(np.stack, parts))
    return outputs, scores


def _print_scores(scores, baseline, count: int, task: str, split: str) -> None:
    logger.info("%d examples of %s, %s split:", count, task, split)
    for number, one in enumerate(scores):
        beside = f"   (bag of words: {baseline[number].value:.2f})" if baseline else ""
        logger.info("  %s%s", one, beside)


def _print_faithfulness(found: Sequence[Faithfulness]) -> None:
    rows = [FAITHFULNESS_HEADER, *faithfulness_table(found)]
    logger.info("By how many points the answers' probability falls without the tokens named by")
    for name, *falls in rows:
        logger.info("  %-28s%s", name, "".join(f"{fall:>8}" for fall in falls))
    named = ", ".join(faithful(found)) or "none"
    logger.info("Better than tokens at random: %s.", named)


if __name__ == "__main__":
    console.run(main)
