"""Public data sets in the formats in which they are published: MNIST, Fashion-MNIST, CIFAR-10."""

import gzip
import math
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from tasks.common.data_folder import data_folder
from tasks.common.public_files import PublicFile
from tasks.image_classification.image_folders import TEST, TRAIN, read_splits
from tasks.image_classification.pictures import Pictures
from tasks.image_classification.sizing import SizeConfig

_SHA256_OF_IDX = {
    "fashion_mnist": {
        "train-images-idx3-ubyte": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
    "mnist": {
        "train-images-idx3-ubyte": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
}
_URL_OF_IDX = {
    "fashion_mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "mnist": "https://storage.googleapis.com/cvdf-datasets/mnist/",
}
IDX_FILES = {
    data_set: {
        name: PublicFile(
            data_set, (name, f"{name}.gz"), f"{_URL_OF_IDX[data_set]}{name}.gz", sha256
        )
        for name, sha256 in files.items()
    }
    for data_set, files in _SHA256_OF_IDX.items()
}
FASHION_MNIST_CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
MNIST_CLASSES = tuple("0123456789")
_IMAGES, _LABELS = 2051, 2049  # the first number of an IDX file: bytes, in 3 dimensions or in 1

CIFAR10 = PublicFile(
    "cifar10",
    (
        "cifar-10-batches-bin",
        "data_batch_1.bin",
        "train",
        "cifar10_jpeg_subset.tar",
        "cifar-10-binary.tar.gz",
    ),
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)
CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_TRAIN_BATCHES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_TEST_BATCH = "test_batch.bin"
_CIFAR_SIDE, _CIFAR_CHANNELS = 32, 3
_RECORD = 1 + _CIFAR_CHANNELS * _CIFAR_SIDE**2  # bytes: a label, then the red, green, blue planes


def fashion_mnist(folder: Path | None) -> tuple[Pictures, Pictures]:
    """Training and test pictures of clothes, 28 x 28, grey."""
    return _idx_splits("fashion_mnist", folder)


def mnist(folder: Path | None) -> tuple[Pictures, Pictures]:
    """Training and test pictures of handwritten digits, 28 x 28, grey."""
    return _idx_splits("mnist", folder)


def cifar10(folder: Path | None) -> tuple[Pictures, Pictures]:
    """Training and test photographs, 32 x 32, in colour.

    From `cifar-10-binary.tar.gz`, from its `*.bin` files, or from the folders `train` and `test`,
    or an archive `cifar10_jpeg_subset.tar` of them, with one folder of pictures per class.
    """
    path = CIFAR10.find(folder or _cifar10_data_folder())
    if path.suffix == ".tar":
        return _cifar10_pictures(path)
    if path.name == "train":
        return _cifar10_pictures(path.parent)
    return _cifar10_batches(path.parent if path.suffix == ".bin" else path)


def read_idx(path: Path, magic: int) -> np.ndarray:
    """The numbers in an IDX file of bytes.

    Args:
        path: the file, packed (`.gz`) or not.
        magic: the number that it must begin with, which says how many dimensions it has.

    Returns:
        uint8 array.

    Raises:
        ValueError: if the file is another, is damaged, or is cut off.
    """
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise ValueError(f"{path} cannot be unpacked: {error}. It is damaged.") from error
    first = int.from_bytes(content[:4], "big")
    if first != magic:
        raise ValueError(
            f"{path} must begin with the number {magic}, as an IDX file of "
            f"{'pictures' if magic == _IMAGES else 'labels'} does. Received: {first}."
        )
    start = 4 + 4 * (magic % 256)  # the last byte is the number of dimensions
    shape = np.frombuffer(content[4:start].ljust(start - 4, b"\0"), ">u4").tolist()
    received = len(content) - start
    if received != math.prod(shape):
        raise ValueError(
            f"{path} must hold {' x '.join(map(str, shape))} bytes behind its header of {start}, "
            f"as that says. Received: {len(content)} bytes in all. It is cut off or damaged."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _idx_splits(data_set: str, folder: Path | None) -> tuple[Pictures, Pictures]:
    paths = {name: file.find(folder) for name, file in IDX_FILES[data_set].items()}
    train, test = (
        _idx_pictures(paths[f"{part}-images-idx3-ubyte"], paths[f"{part}-labels-idx1-ubyte"])
        for part in ("train", "t10k")
    )
    return train, test


def _idx_pictures(images_path: Path, labels_path: Path) -> Pictures:
    images, labels = read_idx(images_path, _IMAGES), read_idx(labels_path, _LABELS)
    if len(images) != len(labels):
        raise ValueError(
            f"{images_path} and {labels_path} must be of the same length. Received: {len(images)} "
            f"pictures and {len(labels)} labels."
        )
    _check_labels(labels, str(labels_path))
    return Pictures(images[..., np.newaxis], labels.astype(np.int32))


def _check_labels(labels: np.ndarray, where: str) -> None:
    if labels.size and labels.max() > 9:
        raise ValueError(f"{where}: labels must be between 0 and 9. Received: {labels.max()}.")


def _cifar10_data_folder() -> Path | None:
    """Of the folder of data: the whole set, or the subset."""
    folders = [data_folder(name) for name in ("cifar10", "cifar10_jpeg_subset")]
    return next((one for one in folders if one is not None and one.is_dir()), folders[0])


def _cifar10_pictures(path: Path) -> tuple[Pictures, Pictures]:
    splits = read_splits(path, SizeConfig())
    for split in (TRAIN, TEST):
        classes = splits[split].classes if split in splits else ()
        if classes != CIFAR10_CLASSES:
            raise ValueError(
                f"{path} must hold the folder {split} with one folder for each of "
                f"{', '.join(CIFAR10_CLASSES)}. Received: {', '.join(classes) or 'no such folder'}."
            )
    return splits[TRAIN].pictures, splits[TEST].pictures


def _cifar10_batches(path: Path) -> tuple[Pictures, Pictures]:
    """From the archive, or the folder of what is in it."""
    names = (*_TRAIN_BATCHES, _TEST_BATCH)
    batches = dict(_files_of_folder(path, names) if path.is_dir() else _members(path, names))
    if missing := [name for name in names if name not in batches]:
        raise ValueError(f"{path} lacks {', '.join(missing)}: it is another, or not complete.")
    parts = [_batch(batches[name], f"{path}/{name}") for name in _TRAIN_BATCHES]
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Pictures(images, labels), Pictures(
        *_batch(batches[_TEST_BATCH], f"{path}/{_TEST_BATCH}")
    )


def _files_of_folder(folder: Path, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for name in names:
        if (folder / name).is_file():
            yield name, (folder / name).read_bytes()


def _members(path: Path, names: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Read, not extracted: no member can write anywhere."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                name = PurePosixPath(member.name).name
                if member.isfile() and name in names:
                    yield name, archive.extractfile(member).read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ValueError(f"{path} cannot be unpacked: {error}. It is damaged.") from error


def _batch(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, uint8 `[count, 32, 32, 3]`, and labels, int32 `[count]`."""
    if not content or len(content) % _RECORD:
        raise ValueError(
            f"{where} must hold records of {_RECORD} bytes: a label and 3 x 32 x 32 pixels. "
            f"Received: {len(content)} bytes. It is cut off or damaged."
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _RECORD)
    _check_labels(records[:, 0], where)
    planes = records[:, 1:].reshape(-1, _CIFAR_CHANNELS, _CIFAR_SIDE, _CIFAR_SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), records[:, 0].astype(np.int32)
