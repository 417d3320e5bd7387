"""Score a trained classifier: `python -m tasks.text_classification.evaluate RUN_FOLDER`."""

import json
import logging
from pathlib import Path
from typing import Literal

import tyro

from tasks.common import console
from tasks.common.files import write_atomically
from tasks.common.run_folder import RunFolder
from tasks.text_classification.baseline import bag_of_words
from tasks.text_classification.config import ClassificationConfig
from tasks.text_classification.data import Splits, columns, load_examples
from tasks.text_classification.model import Classifier
from tasks.text_classification.scoring import Score, report, score

logger = logging.getLogger(__name__)
_MOST_REPORTED = 20  # classes


def main(
    run_folder: tyro.conf.Positional[Path],
    split: Literal["test", "validation"] = "test",
    weights: Literal["final", "best", "last"] = "final",
) -> None:
    """Classify a split of the run's data and score what comes out, beside a bag of words.

    Args:
        run_folder: what `train` made.
        split: which examples.
        weights: those that the finished run has chosen, or its best or last checkpoint.
    """
    folder = RunFolder(run_folder)
    config = folder.load_config(ClassificationConfig)
    classifier = Classifier.load(run_folder, weights)
    evaluate(classifier, load_examples(config.data), folder, split)


def evaluate(classifier: Classifier, splits: Splits, folder: RunFolder, split: str) -> list[Score]:
    """Classify a split, print the scores beside a bag of words', keep what was said in a table."""
    examples, labels = getattr(splits, split), classifier.facts.labels
    truth = labels.encode(examples)
    outputs = classifier.outputs(*columns(examples))
    scores = score(labels, truth, outputs)
    baseline = bag_of_words(splits, labels) if split == "test" else None
    logger.info("%d examples of the %s split:", len(examples), split)
    for number, one in enumerate(scores):
        beside = f"   (bag of words: {baseline.scores[number].value:.2f})" if baseline else ""
        logger.info("  %s%s", one, beside)
    if labels.kind == "one" and len(labels.names) <= _MOST_REPORTED:
        predicted = [int(output.argmax()) for output in outputs]
        logger.info("\n%s", report(labels, truth, predicted))
    path = folder.path / f"{split}.predictions.jsonl"
    rows = (
        {"text": " | ".join(one.texts), "label": one.label, "said": labels.decode(output).label}
        for one, output in zip(examples, outputs, strict=True)
    )
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())
    logger.info("What was said of each is in %s.", path)
    return scores


if __name__ == "__main__":
    console.run(main)
