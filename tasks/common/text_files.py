"""Text files: plain, gzip, xz or a member of a zip archive; errors name the line."""

import gzip
import lzma
import os
import zipfile
import zlib
from pathlib import Path

_UNPACK = {".gz": gzip.decompress, ".xz": lzma.decompress}


def read_lines(path: str | os.PathLike, member: str | None = None) -> list[str]:
    """The lines of a UTF-8 text file, without their line ends.

    The `\\r` of Windows line ends is removed. Only `\\n` ends a line, so that two parallel files
    agree on what a line is.

    Args:
        path, member: see `read_text`.

    Returns:
        One string per line.

    Raises:
        FileNotFoundError, ValueError: see `read_text`.
    """
    lines = read_text(path, member).split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def read_text(path: str | os.PathLike, member: str | None = None) -> str:
    """What a UTF-8 text file holds, without a byte-order mark.

    Args:
        path: a plain file, a `.gz`, a `.xz`, or a `.zip`.
        member: the file inside a `.zip`; may be left out if there is only one.

    Returns:
        One string, never an empty one.

    Raises:
        FileNotFoundError: if there is no file at `path`.
        ValueError: if it is empty, is not UTF-8, cannot be unpacked or lacks `member`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file at {path}.")
    try:
        name, content = _unpacked(path, member)
    except (gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(
            f"{path} cannot be unpacked: {error}. It is damaged or cut off."
        ) from error
    text = decoded(content, name).removeprefix("\ufeff")
    if not text:
        raise ValueError(f"{name} is empty: it must hold at least one line.")
    return text


def _unpacked(path: Path, member: str | None) -> tuple[str, bytes]:
    """A name for error messages, and the bytes of the text."""
    if path.suffix != ".zip":
        if member is not None:
            raise ValueError(f"Only a .zip has members. Received: path={path}, member={member}.")
        unpack = _UNPACK.get(path.suffix, bytes)
        return str(path), unpack(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if member is None and len(members) == 1:
            member = members[0]
        if member not in members:
            raise ValueError(
                f"`member` must be one of the files in {path}: {', '.join(members)}. "
                f"Received: member={member}."
            )
        return f"{path}:{member}", archive.read(member)


def decoded(content: bytes, name: str) -> str:
    """UTF-8 bytes as a string; `name` says in an error where they come from."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}, line {line}: not UTF-8 (byte 0x{content[error.start]:02x} at offset "
            f"{error.start}). Convert the file, for example with `iconv -f latin1 -t utf-8`."
        ) from error
