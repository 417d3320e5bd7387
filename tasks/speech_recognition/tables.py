"""The user's own recordings: a table of tab-separated paths and transcripts."""

from pathlib import Path

import numpy as np

from tasks.common.bad_rows import BadRows, judge
from tasks.common.data_folder import found
from tasks.common.text_files import read_lines
from tasks.speech_recognition.recordings import Recordings
from tasks.speech_recognition.utterances import Utterances

_COLUMNS = ("path", "transcript")


def read_table(path: Path, recordings: Recordings, bad_rows: BadRows = "error") -> Utterances:
    """The recordings that a `.tsv` names, each with what is said in it.

    The first row names the columns `path` and `transcript`; if there is a column `speaker`, it says
    who speaks. Relative paths lead from the folder of the table.

    Args:
        path: the table; a relative path that leads nowhere leads from the folder of data.
        recordings: how to read them.
        bad_rows: what to do about a row without a transcript or without a recording that can be
            read: stop, or skip, count and warn.

    Returns:
        `Utterances` in the order of the table.

    Raises:
        FileNotFoundError: if there is no such table.
        ValueError: if it is not what is said above; the message names the row.
    """
    path = found(path)
    header, *lines = read_lines(path)
    columns = header.split("\t")
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise ValueError(
            f"{path} must have the columns {' and '.join(_COLUMNS)}, separated by tabs. Missing: "
            f"{', '.join(missing)}. Received: {', '.join(columns)}."
        )
    rows, problems = [], []
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        row = dict(zip(columns, line.split("\t"), strict=False))
        try:
            rows.append((_audio(path, row, recordings), row))
        except (OSError, ValueError) as error:
            problems.append(f"{path}, row {number}: {error}")
    judge(problems, path, len(rows), bad_rows)
    return Utterances(
        [audio for audio, _ in rows],
        [row["transcript"].strip() for _, row in rows],
        [row["path"] for _, row in rows],
        [row.get("speaker", "") for _, row in rows] if "speaker" in columns else (),
    )


def _audio(table: Path, row: dict[str, str], recordings: Recordings) -> np.ndarray:
    if not row.get("transcript", "").strip():
        raise ValueError("the transcript is missing.")
    file = table.parent / row["path"]
    if not file.is_file():
        raise FileNotFoundError(f"there is no file at {file}.")
    return recordings.read(file.read_bytes(), str(file))
