"""A file of a public data set: from the user's folder, the folder of data, or downloaded."""

from dataclasses import dataclass
from pathlib import Path

from tasks.common.data_folder import VARIABLE, data_folder
from tasks.common.download import cache_folder, download


@dataclass(frozen=True)
class PublicFile:
    """What is known of a file.

    Args:
        data_set: name of its folder in the folder of data and in the cache.
        names: what it may be called, packed or not; the last is what a download is called.
        url: where it can be had.
        sha256: of the file at `url`.
    """

    data_set: str
    names: tuple[str, ...]
    url: str
    sha256: str

    def find(self, folder: Path | None) -> Path:
        """Where the file is.

        Args:
            folder: where the user says it is. By default the data set's folder in
                `$KERAS_ATTENTION_DATA` if that is set, else it is downloaded once.

        Raises:
            FileNotFoundError: if the folder lacks it.
            OSError, ValueError: see `download`.
        """
        folder = folder or data_folder(self.data_set)
        if folder is None:
            path = cache_folder() / self.data_set / self.names[-1]
            return download(self.url, path, self.sha256)
        for name in self.names:
            if (folder / name).exists():
                return folder / name
        raise FileNotFoundError(
            f"{folder} lacks {' or '.join(self.names)}. Point `folder` (or the environment "
            f"variable {VARIABLE}) to where {self.url} has been saved, or unset both to download "
            "it."
        )
