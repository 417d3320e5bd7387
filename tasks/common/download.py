"""Public files fetched once, checked by their SHA-256 and kept in a cache folder."""

import os
import urllib.error
import urllib.request
from pathlib import Path

from tasks.common.files import check_sha256, sha256_of, write_atomically

_TIMEOUT_SECONDS = 60


def cache_folder() -> Path:
    """Where downloads are kept: `keras_attention` in `$XDG_CACHE_HOME`, by default `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "keras_attention"


def download(url: str, path: str | os.PathLike, sha256: str) -> Path:
    """Fetch `url` into `path` unless it is there already; its content must have that SHA-256.

    Args:
        url: an address that `urllib` understands.
        path: the file to be.
        sha256: what the bytes must hash to, in hexadecimal. Nothing else is ever kept.

    Returns:
        `path`.

    Raises:
        ValueError: if a file at `path`, or what the server sent, is not the file expected.
        OSError: if the server cannot be reached, with what to do instead.
    """
    path = Path(path)
    if path.exists():
        check_sha256(path, sha256)
        return path
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response:
            content = response.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise OSError(
            f"Cannot download {url} ({error}). Fetch it by other means and put it at {path}."
        ) from error
    arrival = path.with_name(path.name + ".unchecked")
    write_atomically(arrival, content)
    received = sha256_of(arrival)
    if received != sha256:
        arrival.unlink()
        raise ValueError(
            f"{url} must have the SHA-256 {sha256}. Received: {received} ({len(content)} bytes). "
            "The file has changed or something between you and the server replaced it."
        )
    os.replace(arrival, path)
    return path
