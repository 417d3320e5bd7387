"""The files in a folder, or in an archive that is read without unpacking it."""

import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path, PurePosixPath

_TOP = PurePosixPath(".")
# What reading an archive raises; RuntimeError if it is encrypted.
_UNREADABLE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError)


def names_below(path: Path, deepest: int) -> tuple[set[PurePosixPath], list[PurePosixPath]]:
    """All folders and all files below a path, hidden ones and what macOS adds left out.

    Args:
        path: a folder, or a .tar or .zip, perhaps compressed.
        deepest: how many levels of a folder are read.

    Returns:
        The names of the folders and of the files, relative to `path`.

    Raises:
        ValueError: if it is neither a folder nor an archive that can be read.
    """
    if path.is_dir():
        # Patterns and not `**`: they follow links, which people make folders with.
        patterns = ("/".join("*" * depth) for depth in range(1, deepest + 1))
        below = chain.from_iterable(path.glob(pattern) for pattern in patterns)
        entries = [(PurePosixPath(p.relative_to(path).as_posix()), p.is_dir()) for p in below]
    else:
        entries = _members(path)
    entries = [(name, is_folder) for name, is_folder in entries if not _is_hidden(name)]
    files = [name for name, is_folder in entries if not is_folder]
    folders = {name for name, is_folder in entries if is_folder}
    # An archive need not name the folders of its members.
    folders.update(parent for name in files for parent in name.parents)
    return folders - {_TOP}, files


def contents_of(
    path: Path, names: Iterable[PurePosixPath]
) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The bytes of files, in the order in which they are stored: no archive is rewound.

    Args:
        path: as for `names_below`.
        names: of the files that are wanted, as `names_below` returns them.

    Raises:
        ValueError: if an archive cannot be read.
    """
    if path.is_dir():
        for name in names:
            yield name, (path / name).read_bytes()
        return
    wanted = set(names)
    with _opened(path) as archive:
        if isinstance(archive, zipfile.ZipFile):
            for one in archive.infolist():
                if (name := PurePosixPath(one.filename)) in wanted:
                    yield name, archive.read(one)
            return
        for one in archive:
            if one.isfile() and (name := PurePosixPath(one.name)) in wanted:
                yield name, archive.extractfile(one).read()


def written(path: Path, name: PurePosixPath) -> str:
    """Which file it is, for messages."""
    return str(path / name) if path.is_dir() else f"{path}:{name}"


def _is_hidden(name: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.parts)


def _members(path: Path) -> list[tuple[PurePosixPath, bool]]:
    """All members, and whether each is a folder. Links and devices are none."""
    with _opened(path) as archive:
        if isinstance(archive, zipfile.ZipFile):
            return [(PurePosixPath(one.filename), one.is_dir()) for one in archive.infolist()]
        return [
            (PurePosixPath(one.name), one.isdir()) for one in archive if one.isfile() or one.isdir()
        ]


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile | tarfile.TarFile]:
    """The archive; what goes wrong while it is read becomes an error that names it."""
    is_zip = zipfile.is_zipfile(path)
    try:
        with zipfile.ZipFile(path) if is_zip else tarfile.open(path) as archive:
            yield archive
    except tarfile.ReadError as error:
        raise ValueError(
            f"{path} is neither a folder nor a .tar nor a .zip that is whole: "
            f"{' '.join(str(error).split())}."
        ) from error
    except _UNREADABLE as error:
        raise ValueError(
            f"{path} cannot be unpacked: {error}. It is damaged, cut off or encrypted."
        ) from error
