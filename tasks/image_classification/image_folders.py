"""Pictures in one folder per class: a folder, or an archive that is read without unpacking it."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

import numpy as np

from tasks.common.data_folder import found
from tasks.common.file_tree import contents_of, names_below, written
from tasks.image_classification.image_files import SUFFIXES, read_image
from tasks.image_classification.pictures import Pictures
from tasks.image_classification.sizing import SizeConfig, as_input

logger = logging.getLogger(__name__)
BadPictures = Literal["error", "skip"]
TRAIN, VALIDATION, TEST = "train", "validation", "test"
_SPLIT_OF_FOLDER = {"train": TRAIN, "validation": VALIDATION, "val": VALIDATION, "test": TEST}
_TOP = PurePosixPath(".")
_DEEPEST = 4  # levels below the path: a folder around all, the split, the class, the picture


class ClassFolders(NamedTuple):
    """Names of the classes, sorted, and the pictures of all of them, by name of the file."""

    classes: tuple[str, ...]
    pictures: Pictures


def read_folder(path: Path, size: SizeConfig, bad_pictures: BadPictures = "error") -> ClassFolders:
    """The pictures of a folder (or archive) with one folder per class.

    Args:
        path: see `read_splits`; it must not hold splits.
        size: see `read_splits`.
        bad_pictures: see `read_splits`.

    Returns:
        Names of the classes, sorted, and the pictures, labelled by the classes' numbers.

    Raises:
        FileNotFoundError: if there is nothing at `path`.
        ValueError: see `read_splits`.
    """
    splits = read_splits(path, size, bad_pictures)
    if splits.keys() != {None}:
        raise ValueError(
            f"{path} must hold one folder per class. Received: a folder for each of the splits "
            f"{', '.join(map(str, splits))}. Name one of them."
        )
    return splits[None]


def read_splits(
    path: Path, size: SizeConfig, bad_pictures: BadPictures = "error"
) -> dict[str | None, ClassFolders]:
    """The pictures of a folder with one folder per class, or with `train`, `validation` (or `val`)
    and `test` folders of such folders.

    Files called .jpg, .jpeg, .png, .bmp, .webp or .gif are read, others counted and passed over.

    Args:
        path: a folder, a `.tar` (packed or not) or a `.zip`; a relative path that leads nowhere
            leads from the folder of data.
        size: the size and the channels that pictures get. Without a size they must have one.
        bad_pictures: what to do about files that hold no picture: stop, or skip, count and warn.

    Returns:
        `{None: pictures}`, or the pictures of each split by its name. Grey pictures become coloured
        if others of the splits are.

    Raises:
        FileNotFoundError: if there is nothing at `path`.
        ValueError: for a folder without pictures, an unreadable file, pictures of several sizes
            where none is asked for, a damaged archive.
    """
    path = found(Path(path))
    if not path.exists():
        raise FileNotFoundError(f"There is no folder or archive at {path}.")
    folders, files = names_below(path, _DEEPEST)
    places = _places(path, folders, files)
    images = _read(path, places, size, bad_pictures)
    _colour_all_or_none(images)
    splits = dict.fromkeys(place.split for place in places.values())
    return {split: _collected(path, split, places, images) for split in splits}


class _Place(NamedTuple):
    split: str | None
    class_name: str


def _places(
    path: Path, folders: set[PurePosixPath], files: Sequence[PurePosixPath]
) -> dict[PurePosixPath, _Place]:
    """Of which class, and of which split, each picture is."""
    inner: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for folder in sorted(folders):
        inner[folder.parent].append(folder)
    pictures: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for name in sorted(files):
        if name.suffix.lower() in SUFFIXES:
            pictures[name.parent].append(name)
    places: dict[PurePosixPath, _Place] = {}
    for split, folder in _split_folders(path, inner):
        if not inner[folder]:
            raise ValueError(f"{path / folder} must hold one folder per class, and holds none.")
        for class_folder in inner[folder]:
            if not pictures[class_folder]:
                raise ValueError(
                    f"{path / class_folder} holds no picture ({', '.join(SUFFIXES)}). Put some "
                    "there, or remove the folder of the class."
                )
            place = _Place(split, class_folder.name)
            places.update(dict.fromkeys(pictures[class_folder], place))
    if len(places) < len(files):
        first = next(name for name in files if name not in places)
        logger.warning(
            "%s: passed over %d of %d files that are no pictures in a folder of a class. The "
            "first: %s",
            path,
            len(files) - len(places),
            len(files),
            first,
        )
    return places


def _split_folders(
    path: Path, inner: dict[PurePosixPath, list[PurePosixPath]]
) -> list[tuple[str | None, PurePosixPath]]:
    """The folders of folders of classes: one of each split, or a single one."""
    top = _TOP
    while len(inner[top]) == 1 and inner[inner[top][0]]:
        top = inner[top][0]  # an archive often has one folder around all
    names = {folder.name: folder for folder in inner[top]}
    # A class may be called "train" as well: then there are pictures in it, and no folders.
    if TRAIN not in names or not inner[names[TRAIN]]:
        return [(None, top)]
    if {"val", VALIDATION} <= names.keys():
        raise ValueError(f"{path / top} must hold val or validation. Received: both.")
    return [(split, names[name]) for name, split in _SPLIT_OF_FOLDER.items() if name in names]


def _read(
    path: Path, places: dict[PurePosixPath, _Place], size: SizeConfig, bad_pictures: BadPictures
) -> dict[PurePosixPath, np.ndarray]:
    """The pixels of all pictures that can be read, in the order of their names."""
    images: dict[PurePosixPath, np.ndarray] = {}
    problems = []
    first = None
    for name, content in contents_of(path, places):
        try:
            image = read_image(content, written(path, name), size.channels)
        except ValueError as error:
            problems.append(str(error))
            continue
        images[name] = _sized(image, size)
        first = first or name
        _check_same_size(path, first, name, images)
    _judge(problems, path, len(images), bad_pictures)
    return dict(sorted(images.items()))


def _sized(image: np.ndarray, size: SizeConfig) -> np.ndarray:
    height, width, _ = image.shape
    if (size.height or height, size.width or width) == (height, width):
        return image
    return as_input(image, size).numpy()


def _check_same_size(
    path: Path, first: PurePosixPath, name: PurePosixPath, images: dict[PurePosixPath, np.ndarray]
) -> None:
    one, other = images[first].shape, images[name].shape
    if one[:2] != other[:2]:
        raise ValueError(
            f"The pictures must have one size, or be given one by `--size.height` and "
            f"`--size.width`. Received: {written(path, first)} of {one[0]} x {one[1]} and "
            f"{written(path, name)} of {other[0]} x {other[1]} (height x width)."
        )


def _colour_all_or_none(images: dict[PurePosixPath, np.ndarray]) -> None:
    channels = max(image.shape[-1] for image in images.values())
    for name, image in images.items():
        if image.shape[-1] != channels:
            images[name] = np.repeat(image, channels, axis=-1)


def _collected(
    path: Path,
    split: str | None,
    places: dict[PurePosixPath, _Place],
    images: dict[PurePosixPath, np.ndarray],
) -> ClassFolders:
    classes = tuple(sorted({p.class_name for p in places.values() if p.split == split}))
    names = [name for name in images if places[name].split == split]
    labels = np.array([classes.index(places[name].class_name) for name in names], np.int32)
    for number, class_name in enumerate(classes):
        if number not in labels:
            folder = next(n.parent for n, p in places.items() if p == _Place(split, class_name))
            raise ValueError(f"{path / folder} holds no picture that can be read.")
    files = tuple(written(path, name) for name in names)
    return ClassFolders(classes, Pictures(np.stack([images[n] for n in names]), labels, files))


def _judge(problems: Sequence[str], path: Path, good: int, policy: BadPictures) -> None:
    """Stop at the first file that is no picture, or warn about all of them together."""
    if not problems:
        return
    if policy == "error" or not good:
        raise ValueError(
            f"{problems[0]} ({len(problems)} such files, {good} good ones.) Replace or remove "
            'them, or set `bad_pictures` to "skip".'
        )
    logger.warning(
        "%s: skipped %d of %d pictures. The first: %s",
        path,
        len(problems),
        len(problems) + good,
        problems[0],
    )
