"""A validation split where there is none, and what two splits must not have in common."""

import hashlib
import logging

import numpy as np

from tasks.image_classification.pictures import Pictures, Splits

logger = logging.getLogger(__name__)


def split_off(pictures: Pictures, share: float) -> tuple[Pictures, Pictures]:
    """Two parts of the pictures, the second about `share` of each class.

    Which part a picture falls into is decided by a checksum of its pixels, so that it is the same
    every time, and equal pictures are never in both.

    Args:
        pictures: all of them.
        share: of the second part, between 0 and 1.

    Returns:
        Both parts, in the order of `pictures`.

    Raises:
        ValueError: if a part would be empty.
    """
    if not 0.0 < share < 1.0:
        raise ValueError(f"`share` must be between 0 and 1. Received: share={share}.")
    checksums = _checksums(pictures)
    in_second = np.zeros(len(checksums), bool)
    for label in np.unique(pictures.labels):
        members = np.flatnonzero(pictures.labels == label)
        wanted = round(share * len(members))
        if wanted:
            last = np.sort(checksums[members])[wanted - 1]
            in_second[members] = checksums[members] <= last
    # Equal pictures with two labels stay together in the first part.
    in_second &= ~np.isin(checksums, checksums[~in_second])
    if in_second.all() or not in_second.any():
        raise ValueError(
            f"{len(in_second)} pictures are too few to be split by themselves "
            f"({np.sum(~in_second)} and {np.sum(in_second)}). Give more, or a folder for each "
            "split."
        )
    return pictures.take(np.flatnonzero(~in_second)), pictures.take(np.flatnonzero(in_second))


def only_per_class(pictures: Pictures, count: int) -> Pictures:
    """`count` pictures of each class, by their checksums: fewer are a part of more.

    Raises:
        ValueError: if `count` is not positive, or a class has fewer.
    """
    fewest = int(np.bincount(pictures.labels).min())
    if not 1 <= count <= fewest:
        raise ValueError(
            f"`per_class` must be between 1 and {fewest}, which is what the training split has of "
            f"its rarest class. Received: per_class={count}."
        )
    order = np.argsort(_checksums(pictures), kind="stable")
    chosen = [
        order[pictures.labels[order] == label][:count] for label in np.unique(pictures.labels)
    ]
    return pictures.take(np.sort(np.concatenate(chosen)))


def check_splits(splits: Splits, where: str) -> None:
    """Stop if a split cannot be learned from or scored; warn about pictures in two splits.

    Args:
        splits: all three parts.
        where: they come from, for messages.

    Raises:
        ValueError: if a split is empty, if there is one class only, or a class without a training
            picture.
    """
    if len(splits.classes) < 2:
        raise ValueError(
            f"{where}: there must be at least two classes to tell apart. Received: "
            f"{', '.join(map(repr, splits.classes)) or 'none'}."
        )
    parts = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    for name, pictures in parts.items():
        if not len(pictures.labels):
            raise ValueError(f"{where}: the {name} split is empty.")
    shown = set(splits.train.labels.tolist())
    if unshown := [name for number, name in enumerate(splits.classes) if number not in shown]:
        raise ValueError(
            f"{where}: every class must have a picture in the training split. Received none of "
            f"{', '.join(map(repr, unshown))}."
        )
    warn_leakage(splits, where)


def warn_leakage(splits: Splits, where: str) -> int:
    """Log a warning that counts the pictures of validation and test that training shows as well.

    Returns:
        Number of such pictures. Nothing is left out.
    """
    known = _checksums(splits.train)
    count = 0
    for name, pictures in (("validation", splits.validation), ("test", splits.test)):
        leaked = np.flatnonzero(np.isin(_checksums(pictures), known))
        count += len(leaked)
        if len(leaked):
            first = int(leaked[0])
            logger.warning(
                "%s: %d of %d pictures of the %s split occur in the training split, too, so its "
                "score is a little too good. The first: %s",
                where,
                len(leaked),
                len(pictures.labels),
                name,
                pictures.files[first] if pictures.files else f"number {first}",
            )
    return count


def _checksums(pictures: Pictures) -> np.ndarray:
    """A number for each picture, `[count]`, which two pictures share only if they are equal."""
    digests = (hashlib.blake2b(image.tobytes(), digest_size=8) for image in pictures.images)
    return np.array([int.from_bytes(one.digest(), "big") for one in digests], np.uint64)
