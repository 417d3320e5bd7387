"""The pictures to learn from: built in, public data sets, or the user's own folders."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.image_classification import builtin, public_corpora
from tasks.image_classification.image_folders import (
    TEST,
    TRAIN,
    VALIDATION,
    BadPictures,
    read_folder,
    read_splits,
)
from tasks.image_classification.pictures import Pictures, Splits
from tasks.image_classification.sizing import SizeConfig, as_input
from tasks.image_classification.splitting import check_splits, only_per_class, split_off


@dataclass(frozen=True)
class Builtin:
    """Outlines in 8 arrangements of the same pieces, drawn by the project (32 x 32, grey); needs no
    file and no network."""

    train: int = 20_000
    """Number of training pictures."""
    validation: int = 1000
    """Number of validation pictures."""
    test: int = 2000
    """Number of test pictures."""
    seed: int = 0
    """Decides which pictures are drawn."""


@dataclass(frozen=True)
class FashionMnist:
    """Clothes with 10 classes (60,000 / 10,000; 28 x 28, grey)."""

    folder: Path | None = None
    """Folder with `{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz`. By default `fashion_mnist` in
    `$KERAS_ATTENTION_DATA` if that is set, else they are downloaded once into the cache folder."""
    validation: int = 5000
    """About how many of the training pictures are set aside for validation, spread evenly over the
    classes."""


@dataclass(frozen=True)
class Mnist:
    """Handwritten digits (60,000 / 10,000; 28 x 28, grey)."""

    folder: Path | None = None
    """Folder with `{train,t10k}-{images-idx3,labels-idx1}-ubyte.gz`. By default `mnist` in
    `$KERAS_ATTENTION_DATA` if that is set, else they are downloaded once into the cache folder."""
    validation: int = 5000
    """About how many of the training pictures are set aside for validation, spread evenly over the
    classes."""


@dataclass(frozen=True)
class Cifar10:
    """Photographs with 10 classes (50,000 / 10,000, or a subset; 32 x 32, in colour)."""

    folder: Path | None = None
    """Folder with `cifar-10-binary.tar.gz`, its `*.bin` files, the folders `train` and `test` with
    a folder of pictures per class, or `cifar10_jpeg_subset.tar`. By default `cifar10` or
    `cifar10_jpeg_subset` in `$KERAS_ATTENTION_DATA` if that is set, else the archive is downloaded
    once into the cache folder."""
    validation_share: float = 0.1
    """Share of the training pictures that are set aside for validation, of each class."""
    per_class: int | None = None
    """Learn from only so many pictures of each class, for a learning curve; by default from all."""


@dataclass(frozen=True)
class Folder:
    """Your own pictures: one folder per class, with JPEG, PNG, BMP, WebP or GIF files.

    Where there is no validation or test split, a tenth of each class goes to it, by a checksum of
    the pixels, so that equal pictures are never in two splits.
    """

    path: Path
    """The folder of the folders, or a .tar or .zip of it; or folders `train`, `validation` (or
    `val`) and `test` of such folders. A relative path that leads nowhere from here leads from the
    folder that the environment variable KERAS_ATTENTION_DATA names."""
    validation_path: Path | None = None
    """The folders for validation, in place of those in `path`."""
    test_path: Path | None = None
    """The folders for the test, in place of those in `path`."""
    bad_pictures: BadPictures = "error"
    """What to do about a file that is no picture: stop, or skip it, count it and warn."""


Corpus = Builtin | FashionMnist | Mnist | Cifar10 | Folder
_TENTH = 0.1
_AT_ONCE = 1000  # pictures that change their size together, which bounds the memory


def name_of(corpus: Corpus) -> str:
    """A short name: the class and, of the user's pictures, the folder."""
    name = type(corpus).__name__.lower()
    return f"{name}_{Path(corpus.path).stem}" if isinstance(corpus, Folder) else name


def load_pictures(corpus: Corpus, size: SizeConfig | None = None) -> Splits:
    """Read, download or draw the pictures that `corpus` describes.

    Args:
        corpus: one of the classes above.
        size: the size and the channels that all pictures get; by default those of the data.

    Returns:
        `Splits` of uint8 `Pictures` of one size.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for a file that is not what it should be, or splits that cannot be used.
        OSError: if a download fails.

    Example:

    >>> splits = load_pictures(Builtin(train=80, validation=8, test=8))
    >>> splits.train.images.shape
    (80, 32, 32, 1)
    """
    size = size or SizeConfig()
    splits = _load(corpus, size)
    # Public pictures are split before they are made smaller: the split is that of every size.
    sized = (_sized(part, size) for part in (splits.train, splits.validation, splits.test))
    splits = Splits(splits.classes, *sized)
    check_splits(splits, name_of(corpus))
    return splits


def _load(corpus: Corpus, size: SizeConfig) -> Splits:
    if isinstance(corpus, Builtin):
        return builtin.generate(corpus.train, corpus.validation, corpus.test, corpus.seed)
    if isinstance(corpus, Folder):
        return _folder(corpus, size)
    if isinstance(corpus, Cifar10):
        pictures, test = public_corpora.cifar10(corpus.folder)
        train, validation = split_off(pictures, corpus.validation_share)
        if corpus.per_class is not None:
            train = only_per_class(train, corpus.per_class)
        return Splits(public_corpora.CIFAR10_CLASSES, train, validation, test)
    if isinstance(corpus, FashionMnist):
        classes, read = public_corpora.FASHION_MNIST_CLASSES, public_corpora.fashion_mnist
    else:
        classes, read = public_corpora.MNIST_CLASSES, public_corpora.mnist
    pictures, test = read(corpus.folder)
    count = len(pictures.labels)
    if not 1 <= corpus.validation < count:
        raise ValueError(
            f"`validation` must be between 1 and {count - 1}, of {count} training pictures. "
            f"Received: validation={corpus.validation}."
        )
    return Splits(classes, *split_off(pictures, corpus.validation / count), test)


def _folder(corpus: Folder, size: SizeConfig) -> Splits:
    """The splits that there are; the others are split off."""
    parts = read_splits(corpus.path, size, corpus.bad_pictures)
    given = {split or TRAIN: part for split, part in parts.items()}
    paths = {TRAIN: corpus.path, VALIDATION: corpus.validation_path, TEST: corpus.test_path}
    for split in (VALIDATION, TEST):
        if paths[split] is not None:
            given[split] = read_folder(paths[split], size, corpus.bad_pictures)
    for split, part in given.items():
        is_inside = part is parts.get(split)
        where = f"The {split} folder in {corpus.path}" if is_inside else str(paths[split])
        _check_classes(part.classes, given[TRAIN].classes, where)
    pictures = _alike({split: part.pictures for split, part in given.items()})
    for split in (TEST, VALIDATION):
        if split not in pictures:
            pictures[TRAIN], pictures[split] = split_off(pictures[TRAIN], _TENTH)
    return Splits(given[TRAIN].classes, pictures[TRAIN], pictures[VALIDATION], pictures[TEST])


def _check_classes(received: tuple[str, ...], expected: tuple[str, ...], where: str) -> None:
    missing = sorted(set(expected) - set(received))
    unknown = sorted(set(received) - set(expected))
    if missing or unknown:
        raise ValueError(
            f"{where} must hold the same folders of classes as the training split. Missing: "
            f"{', '.join(missing) or 'none'}. Received beyond them: {', '.join(unknown) or 'none'}."
        )


def _alike(parts: dict[str, Pictures]) -> dict[str, Pictures]:
    """Splits of pictures with as many channels; those of two folders may be grey and coloured."""
    shapes = {split: part.images.shape[1:3] for split, part in parts.items()}
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{split} {shape[0]} x {shape[1]}" for split, shape in shapes.items())
        raise ValueError(
            "The pictures of all splits must have one size, or be given one by `--size.height` and "
            f"`--size.width`. Received: {listed} (height x width)."
        )
    channels = max(part.images.shape[-1] for part in parts.values())
    return {split: _sized(part, SizeConfig(channels=channels)) for split, part in parts.items()}


def _sized(pictures: Pictures, size: SizeConfig) -> Pictures:
    """Pictures as `size` asks for them, a thousand at a time."""
    _, height, width, channels = pictures.images.shape
    wanted = (size.height or height, size.width or width, size.channels or channels)
    if wanted == (height, width, channels):
        return pictures
    images = np.empty((len(pictures.images), *wanted), np.uint8)
    for start in range(0, len(images), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        images[some] = as_input(pictures.images[some], size)
    return pictures._replace(images=images)
