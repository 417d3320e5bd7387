"""Lines of text to answer one by one: arguments, a file, or standard input."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from tasks.common.text_files import read_lines

_PORTION = 1024  # lines of a file that are sorted by length and answered together


def portions_of(
    arguments: Sequence[str], file: Path | None, what: str
) -> Iterator[tuple[int, list[str]]]:
    """Lines in portions, each with the number of its first line, counted from 1.

    Who types at a terminal gets an answer to each line; a file is faster in large portions.

    Args:
        arguments: lines given on the command line.
        file: a file of lines; without it and without arguments standard input is read.
        what: the command does, for errors: `"translate"`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if both are given, there is nothing, or it is not UTF-8.
    """
    if arguments and file:
        raise ValueError("Give texts as arguments or a file by `--input`, not both.")
    lines = arguments or (read_lines(file) if file else _standard_input(what))
    size = 1 if not (arguments or file) and sys.stdin.isatty() else _PORTION
    return _portions(lines, size)


def _portions(lines: Iterable[str], size: int) -> Iterator[tuple[int, list[str]]]:
    iterator, first = iter(lines), 1
    while portion := list(islice(iterator, size)):
        yield first, portion
        first += len(portion)


def _standard_input(what: str) -> Iterator[str]:
    number = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"Standard input, line {number}: not UTF-8 (byte 0x{line[error.start]:02x}). "
                "Convert it, for example with `iconv -f latin1 -t utf-8`."
            ) from error
    if not number:
        raise ValueError(
            f"There is nothing to {what}: standard input is empty. Give texts as arguments, a file "
            "by `--input`, or lines on standard input."
        )
