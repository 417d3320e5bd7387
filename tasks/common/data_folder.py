"""The folder of public data sets that the environment variable `KERAS_ATTENTION_DATA` names."""

import os
from pathlib import Path

VARIABLE = "KERAS_ATTENTION_DATA"


def data_folder(name: str) -> Path | None:
    """The folder of one data set, if the variable is set; it need not exist."""
    data = os.environ.get(VARIABLE)
    return Path(data, name) if data else None


def found(path: Path) -> Path:
    """Where a relative path leads: from here, else from the folder of data."""
    in_data = Path(os.environ.get(VARIABLE) or "", path)
    return in_data if not path.exists() and in_data.exists() else path
