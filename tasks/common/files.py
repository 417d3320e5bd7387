"""Files that are whole: written completely or not at all, and checked before they are used."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_atomically(path: str | os.PathLike, content: bytes) -> None:
    """Write a file so that a reader, or a run that died, never sees half of it.

    Args:
        path: the file; its folder is made if it is missing.
        content: all of its bytes.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)  # mkstemp makes files that only their owner may read
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_rows(path: str | os.PathLike, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as lines of JSON, completely or not at all."""
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


def sha256_of(path: str | os.PathLike) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sha256(path: str | os.PathLike, expected: str) -> None:
    """Raise ValueError unless the file has this SHA-256."""
    received = sha256_of(path)
    if received != expected:
        raise ValueError(
            f"{path} is damaged or another version: its SHA-256 must be {expected}. "
            f"Received: {received}. Delete the file and fetch it again."
        )
