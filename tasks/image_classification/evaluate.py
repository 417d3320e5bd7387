"""Score a trained classifier: `python -m tasks.image_classification.evaluate RUN_FOLDER`."""

import logging
from pathlib import Path
from typing import Literal

import tyro

from tasks.common import console
from tasks.common.files import write_rows
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score, report
from tasks.image_classification.config import ImageConfig
from tasks.image_classification.corpora import load_pictures
from tasks.image_classification.model import ImageClassifier
from tasks.image_classification.pictures import Splits
from tasks.image_classification.scoring import score

logger = logging.getLogger(__name__)
_MOST_REPORTED = 20  # classes


def main(
    run_folder: tyro.conf.Positional[Path],
    split: Literal["test", "validation"] = "test",
    weights: Literal["final", "best", "last"] = "final",
    flip: bool = False,
) -> None:
    """Classify a split of the run's data and score what comes out.

    Args:
        run_folder: what `train` made.
        split: which pictures.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        flip: take the mean of a picture and its mirror image.
    """
    folder = RunFolder(run_folder)
    config = folder.load_config(ImageConfig)
    classifier = ImageClassifier.load(run_folder, weights)
    evaluate(classifier, load_pictures(config.data, config.size), folder, split, flip)


def evaluate(
    classifier: ImageClassifier,
    splits: Splits,
    folder: RunFolder,
    split: Literal["test", "validation"],
    flip: bool = False,
) -> list[Score]:
    """Classify a split, print the scores, keep what was said in a file.

    Returns:
        The scores.
    """
    pictures, classes = getattr(splits, split), classifier.facts.classes
    probabilities = classifier.probabilities(pictures.images, flip)
    predicted = probabilities.argmax(axis=-1)
    scores = score(pictures.labels, probabilities)
    logger.info("%d pictures, %s split:", len(predicted), split)
    for one in scores:
        logger.info("  %s", one)
    if len(classes) <= _MOST_REPORTED:
        logger.info("\n%s", report(classes, pictures.labels, predicted))
    path = folder.path / f"{split}.jsonl"
    names = pictures.files or [str(number) for number in range(len(predicted))]
    rows = (
        {
            "picture": name,
            "label": classes[right],
            "said": classes[said],
            "probability": round(float(row[said]), 4),
        }
        for name, right, said, row in zip(
            names, pictures.labels, predicted, probabilities, strict=True
        )
    )
    write_rows(path, rows)
    logger.info("What was said of each is in %s.", path)
    return scores


if __name__ == "__main__":
    console.run(main)
