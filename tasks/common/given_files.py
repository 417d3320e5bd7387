"""The files that a command line names."""

from collections.abc import Iterable, Sequence
from pathlib import Path


def files_of(paths: Iterable[Path], suffixes: Sequence[str], what: str) -> list[Path]:
    """The files, those of folders in the order of their names.

    Args:
        paths: files, whatever they are called, and folders.
        suffixes: of the files in folders that are meant.
        what: a file holds, for errors: `"picture"`.

    Raises:
        FileNotFoundError: if there is no such file, or a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [one for one in path.rglob("*") if one.suffix.lower() in suffixes]
            if not inside:
                raise FileNotFoundError(
                    f"{path} holds no {what} ({', '.join(suffixes)}). Give files or folders of "
                    f"{what}s."
                )
            found += sorted(inside)
        elif path.exists():
            found.append(path)
        else:
            raise FileNotFoundError(f"There is no file at {path}.")
    return found
