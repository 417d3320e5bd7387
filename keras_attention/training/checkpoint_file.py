"""Checkpoint files: named arrays in an `.npz`, never half-written, never partly loaded.

A file holds `weights/<path>` for every weight of the model (the path without the model's name),
`random/<path>` for the state of every dropout, `optimizer/<index>` for every variable of the
optimizer, and `about`, a JSON text that the writer chose. The archive has checksums.
"""

import json
import os
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        weights: Path of the weight, without the model's name -> array.
        random: Path of a random state -> array.
        optimizer: Arrays in the order of the optimizer's variables.
        about: Anything that JSON can hold.
    """

    weights: dict[str, np.ndarray]
    random: dict[str, np.ndarray] = field(default_factory=dict)
    optimizer: list[np.ndarray] = field(default_factory=list)
    about: dict = field(default_factory=dict)


def write_checkpoint(path: str | os.PathLike, checkpoint: Checkpoint) -> None:
    """Writes a file under a temporary name and renames it once it is complete."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"weights/{name}": value for name, value in checkpoint.weights.items()}
    arrays |= {f"random/{name}": value for name, value in checkpoint.random.items()}
    arrays |= {f"optimizer/{i}": value for i, value in enumerate(checkpoint.optimizer)}
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(checkpoint.about)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(path: str | os.PathLike) -> Checkpoint:
    """Reads a whole file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or not a checkpoint.
    """
    try:
        # NumPy forgets to close a file that it opened and could not read.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("about").item())
        parts: dict[str, dict] = {"weights": {}, "random": {}, "optimizer": {}}
        for name, value in arrays.items():
            part, _, rest = name.partition("/")
            parts[part][rest] = value
        optimizer = [parts["optimizer"][str(i)] for i in range(len(parts["optimizer"]))]
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no checkpoint {os.fspath(path)}.") from None
    # All that a truncated or overwritten file was seen to raise.
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, EOFError) as error:
        raise ValueError(
            f"The checkpoint {os.fspath(path)} is damaged or is no checkpoint ({error}). "
            "Take another file of the run, or train anew."
        ) from error
    return Checkpoint(parts["weights"], parts["random"], optimizer, about)
