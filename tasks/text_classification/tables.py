"""The user's own examples: a table of tab- or comma-separated values, or a file of JSON lines."""

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tasks.common.bad_rows import BadRows, judge
from tasks.common.data_folder import found
from tasks.common.text_files import read_lines, read_text
from tasks.text_classification.examples import Example, Label

Labels = Literal["one", "several", "number", "words"]
_FORMATS = {".tsv": "tsv", ".csv": "csv", ".jsonl": "jsonl"}
_PACKINGS = (".gz", ".xz", ".zip")


@dataclass(frozen=True)
class Columns:
    """Where the parts of an example are, and how its label is written.

    Args:
        text: name of the text's column.
        second: name of the second text's column, for pairs.
        label: name of the label's column.
        labels: `"one"` class; `"several"`, with `separator` between them, or none; a `"number"`; or
            one for each of the `"words"` of the text, with white space between them. In JSON lines
            several labels are a list.
        separator: what stands between several labels.
    """

    text: str = "text"
    second: str | None = None
    label: str = "label"
    labels: Labels = "one"
    separator: str = ","

    @property
    def names(self) -> list[str]:
        return [name for name in (self.text, self.second, self.label) if name is not None]


def read_table(path: Path, columns: Columns, bad_rows: BadRows = "error") -> list[Example]:
    """The examples of a file.

    The first row of a `.tsv` or `.csv` names its columns; a line of a `.jsonl` is an object. In a
    `.tsv` a tab always separates and nothing is quoted; in a `.csv` a quoted field may hold commas
    and line ends. Each may be packed as `.gz`, `.xz` or `.zip`.

    Args:
        path: the file; a relative path that leads nowhere leads from the folder of data.
        columns: which of its columns to read.
        bad_rows: what to do about a row without text or label: stop, or skip, count and warn.

    Returns:
        `Example`s in the order of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not what is said above; the message names the row.
    """
    path = found(path)
    examples, problems = [], []
    for where, row in _rows(path, columns.names):
        try:
            examples.append(_example(row, columns))
        except ValueError as error:
            problems.append(f"{path}, {where}: {error}")
    judge(problems, path, len(examples), bad_rows)
    return examples


def _rows(path: Path, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each row by the names of its columns, and where it stands."""
    kind = _format(path)
    if kind == "jsonl":
        yield from _json_rows(path, names)
        return
    if kind == "tsv":
        rows = enumerate((line.split("\t") for line in read_lines(path)), start=1)
    else:
        reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
        rows = ((reader.line_num, row) for row in _csv_rows(path, reader))
    _, header = next(rows)
    header = [name.strip() for name in header]
    _check_columns(header, names, f"{path}, line 1")
    for number, row in rows:
        yield f"line {number}", dict(zip(header, row, strict=False))


def _format(path: Path) -> str:
    suffixes = [suffix for suffix in path.suffixes if suffix not in _PACKINGS]
    suffix = suffixes[-1] if suffixes else ""
    if suffix not in _FORMATS:
        raise ValueError(
            f"The name of a file of examples must end in {', '.join(_FORMATS)} (then perhaps "
            f"{', '.join(_PACKINGS)}), which says what it is. Received: {path}."
        )
    return _FORMATS[suffix]


def _csv_rows(path: Path, reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise ValueError(f"{path}, line {reader.line_num}: {error}.") from error


def _json_rows(path: Path, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(read_lines(path), start=1):
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{where}: not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise ValueError(f"{where}: expected an object. Received: {line[:40]}.")
        _check_columns(list(row), names, where)
        yield f"line {number}", row


def _check_columns(header: Sequence[str], names: Sequence[str], where: str) -> None:
    missing = [name for name in names if name not in header]
    if missing:
        raise ValueError(
            f"{where}: there must be the columns {', '.join(names)}. Received: "
            f"{', '.join(header)}; {', '.join(missing)} is missing. Name the columns of your file "
            "by `text_column`, `second_text_column` and `label_column`."
        )


def _example(row: dict[str, Any], columns: Columns) -> Example:
    """An example; a ValueError says what is wrong with its row."""
    text = _text(row.get(columns.text), columns.text)
    second = _text(row.get(columns.second), columns.second) if columns.second else None
    return Example(text, _label(row.get(columns.label), text, columns), second)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{name}` must be a text that is not empty. Received: {value!r}.")
    return value.strip()


def _label(value: Any, text: str, columns: Columns) -> Label:
    if columns.labels == "number":
        return _number(value, columns.label)
    if columns.labels == "one":
        return _text(str(value) if isinstance(value, (int, float)) else value, columns.label)
    if isinstance(value, str):
        between = columns.separator if columns.labels == "several" else None
        value = [label.strip() for label in value.split(between) if label.strip()]
    if not isinstance(value, list) or not all(isinstance(label, str) for label in value):
        raise ValueError(f"`{columns.label}` must be a list of labels. Received: {value!r}.")
    if columns.labels == "words" and len(value) != len(text.split()):
        raise ValueError(
            f"`{columns.label}` must have a label for each word. Received: {len(value)} labels for "
            f"{len(text.split())} words."
        )
    return tuple(value) if columns.labels == "words" else tuple(sorted(set(value)))


def _number(value: Any, name: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"`{name}` must be a finite number. Received: {value!r}.")
    return number
