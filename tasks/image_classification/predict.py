"""Classify pictures: `python -m tasks.image_classification.predict RUN_FOLDER picture.jpg`."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import tyro
from PIL import Image

from keras_attention.visualization.picture_maps import overlay
from tasks.common import console
from tasks.common.answers import best_classes, with_probabilities
from tasks.common.files import write_rows
from tasks.common.given_files import files_of
from tasks.image_classification.explanations import Explainer
from tasks.image_classification.image_files import SUFFIXES, read_image
from tasks.image_classification.model import ImageClassifier, Prediction
from tasks.image_classification.sizing import SizeConfig, as_input

logger = logging.getLogger(__name__)
_BATCH_SIZE = 64
_LOOKED_AT = 256  # pixels


def main(
    run_folder: tyro.conf.Positional[Path],
    pictures: tyro.conf.Positional[tuple[Path, ...]],
    output: Path | None = None,
    overlays: Path | None = None,
    method: Literal[
        "attention", "rollout", "class_attention", "gradient_rollout"
    ] = "gradient_rollout",
    best: int = 3,
    weights: Literal["final", "best", "last"] = "final",
    bad_pictures: Literal["error", "skip"] = "error",
) -> None:
    """Say what is on pictures.

    Args:
        run_folder: what `train` made.
        pictures: files, or folders of files.
        output: file to write, one JSON object per picture, with all probabilities.
        overlays: folder to write a copy of each picture to, with what the model looked at in
            colour.
        method: how that is found.
        best: how many classes to print for each picture.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        bad_pictures: what to do about a file that is no picture: stop, or name it and go on.
    """
    classifier = ImageClassifier.load(run_folder, weights)
    explainer = Explainer(classifier.model) if overlays else None
    if explainer and method not in explainer.methods:
        raise ValueError(
            f"`method` must be one of {', '.join(explainer.methods)} for this model. Received: "
            f"{method}."
        )
    rows = []
    overlaid: set[str] = set()
    given = files_of(pictures, SUFFIXES, "picture")
    for files, images in _batches(given, classifier, bad_pictures):
        predictions = classifier(images)
        for file, prediction in zip(files, predictions, strict=True):
            if output:
                rows.append({"picture": str(file), **prediction._asdict()})
            else:
                print(f"{shown(prediction, best)}\t{file}", flush=True)
        if explainer:
            maps = explainer.maps(images.astype("float32"), method)
            for file, image, heat in zip(files, images, maps, strict=True):
                overlays.mkdir(parents=True, exist_ok=True)
                name = _unused(file.stem, overlaid)
                Image.fromarray(overlay(_enlarged(image), heat)).save(overlays / f"{name}.png")
    if output:
        write_rows(output, rows)


def shown(prediction: Prediction, best: int) -> str:
    """The best classes with their probabilities."""
    found = prediction.probabilities
    return with_probabilities(found, best_classes(found, best))


def _unused(name: str, used: set[str]) -> str:
    """The name, with a number if a picture of another folder or format has it already."""
    number, found = 1, name
    while found in used:
        number += 1
        found = f"{name}-{number}"
    used.add(found)
    return found


def _enlarged(image: np.ndarray) -> np.ndarray:
    """A small picture with each of its pixels as a square of several, to be looked at."""
    factor = max(1, _LOOKED_AT // max(image.shape[:2]))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def _batches(
    files: list[Path], classifier: ImageClassifier, bad_pictures: str
) -> Iterator[tuple[list[Path], np.ndarray]]:
    """A few pictures at a time, of the size that the model takes."""
    height, width, channels = classifier.facts.image_shape
    size = SizeConfig(height, width, channels, classifier.size.fit)
    skipped = 0
    for start in range(0, len(files), _BATCH_SIZE):
        good, images = [], []
        for file in files[start : start + _BATCH_SIZE]:
            try:
                image = read_image(file.read_bytes(), str(file), channels)
            except ValueError as error:
                if bad_pictures == "error":
                    raise
                logger.warning("%s", error)
                skipped += 1
                continue
            good.append(file)
            images.append(as_input(image, size).numpy())
        if good:
            yield good, np.stack(images)
    if skipped:
        logger.warning("Skipped %d of %d files that are no pictures.", skipped, len(files))


if __name__ == "__main__":
    console.run(main)
