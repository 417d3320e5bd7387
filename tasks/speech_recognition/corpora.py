"""The speech to learn from: built in, public data sets, or the user's own recordings."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.common.bad_rows import BadRows
from tasks.speech_recognition import builtin, public_corpora
from tasks.speech_recognition.digit_strings import join
from tasks.speech_recognition.recordings import Recordings
from tasks.speech_recognition.tables import read_table
from tasks.speech_recognition.utterances import Splits, Utterances

_TENTH = 10


@dataclass(frozen=True)
class Builtin:
    """Strings of digits that the project itself speaks, each by another voice (8,000 hertz); needs
    no file and no network."""

    train: int = 4000
    """Number of training utterances."""
    validation: int = 200
    """Number of validation utterances."""
    test: int = 500
    """Number of test utterances."""
    fewest: int = 1
    """Least number of digits in one."""
    most: int = 5
    """Greatest number of digits in one."""
    seed: int = 0
    """Decides what is said, and how."""


@dataclass(frozen=True)
class FreeSpokenDigit:
    """Single digits by six speakers (3,000 recordings, 8,000 hertz)."""

    folder: Path | None = None
    """Folder with `recordings` or `recordings.tar.gz`. By default `fsdd` in
    `$KERAS_ATTENTION_DATA`."""
    unseen_speaker: str | None = None
    """Whose recordings are the test split, instead of the official one, in which all speak."""


@dataclass(frozen=True)
class DigitStrings:
    """Strings of digits, joined from recordings of Free Spoken Digit's official splits, with gaps
    and noise; those for the test from its test recordings alone."""

    folder: Path | None = None
    """As for `FreeSpokenDigit`."""
    train: int = 8000
    """Number of training strings."""
    validation: int = 300
    """Number of validation strings."""
    test: int = 1000
    """Number of test strings."""
    fewest: int = 3
    """Least number of digits in one."""
    most: int = 7
    """Greatest number of digits in one."""
    seed: int = 0
    """Decides which recordings are joined, and how."""


@dataclass(frozen=True)
class An4:
    """CMU AN4: spelled letters, numbers and commands, as cepstra (948 utterances by 74 speakers, of
    whom eight are held out for validation; 130 by other speakers for the test)."""

    folder: Path | None = None
    """Folder with `an4` or `an4_mfcc.tar.gz`. By default `an4_mfcc` in `$KERAS_ATTENTION_DATA`."""


@dataclass(frozen=True)
class LibriSpeech:
    """Read English sentences at 16,000 hertz: folders `train-*`, `dev-*` and `test-*` as published,
    or a subset with a table."""

    folder: Path | None = None
    """Folder of those folders, or with `metadata.tsv` (`id`, `split`, `speaker`, `text`) beside
    `wav.tar.gz`. By default `librispeech_dev_clean_mini` in `$KERAS_ATTENTION_DATA`."""


@dataclass(frozen=True)
class SpeechCommands:
    """A folder of recordings for each command, with the lists `validation_list.txt` and
    `testing_list.txt`, at 16,000 hertz."""

    folder: Path | None = None
    """By default `speech_commands` in `$KERAS_ATTENTION_DATA`."""


@dataclass(frozen=True)
class Table:
    """Your own recordings: a `.tsv` with the columns `path`, `transcript` and perhaps `speaker`.

    Where there is no table for validation or test, a tenth of the recordings goes to it: by the
    checksum of the speaker's name if there is one, else of the path.
    """

    path: Path
    """The training table."""
    validation_path: Path | None = None
    """The validation table."""
    test_path: Path | None = None
    """The test table."""
    sampling_rate: int = 16_000
    """What all recordings are resampled to, in hertz."""
    bad_rows: BadRows = "error"
    """What to do about a row without a transcript or a recording: stop, or skip, count and warn."""


Corpus = Builtin | FreeSpokenDigit | DigitStrings | An4 | LibriSpeech | SpeechCommands | Table


def load_utterances(corpus: Corpus) -> Splits:
    """Read or make the speech that `corpus` describes.

    Args:
        corpus: one of the classes above.

    Returns:
        `Splits`, none of them empty.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for a file that is not what it should be.

    Example:

    >>> splits = load_utterances(Builtin(train=8, validation=2, test=2))
    >>> len(splits.train.audio), splits.rate
    (8, 8000)
    """
    if isinstance(corpus, Builtin):
        counts = (corpus.train, corpus.validation, corpus.test)
        return builtin.generate(*counts, corpus.fewest, corpus.most, corpus.seed)
    splits = _read(corpus)
    for name in ("train", "validation", "test"):
        if not getattr(splits, name).audio:
            raise ValueError(f"{type(corpus).__name__}: the {name} split has no recording.")
    return splits


def _read(corpus: Corpus) -> Splits:
    if isinstance(corpus, FreeSpokenDigit):
        return Splits(8_000, **public_corpora.fsdd(corpus.folder, corpus.unseen_speaker))
    if isinstance(corpus, DigitStrings):
        return _digit_strings(corpus)
    if isinstance(corpus, An4):
        return Splits(public_corpora.AN4_RATE, **public_corpora.an4(corpus.folder))
    if isinstance(corpus, LibriSpeech):
        return Splits(16_000, **public_corpora.librispeech(corpus.folder))
    if isinstance(corpus, SpeechCommands):
        return Splits(16_000, **public_corpora.speech_commands(corpus.folder))
    return _tables(corpus)


def _digit_strings(corpus: DigitStrings) -> Splits:
    digits = public_corpora.fsdd(corpus.folder)
    counts = {"train": corpus.train, "validation": corpus.validation, "test": corpus.test}
    parts = {
        name: join(digits[name], count, corpus.fewest, corpus.most, (corpus.seed, i), 8_000)
        for i, (name, count) in enumerate(counts.items())
    }
    return Splits(8_000, **parts)


def _tables(corpus: Table) -> Splits:
    recordings = Recordings(corpus.sampling_rate)
    parts = {
        name: read_table(path, recordings, corpus.bad_rows)
        for name, path in (
            ("train", corpus.path),
            ("validation", corpus.validation_path),
            ("test", corpus.test_path),
        )
        if path is not None
    }
    recordings.report(str(corpus.path))
    # The test first: what it holds does not depend on whether there is a table for validation.
    for name in ("test", "validation"):
        if name not in parts:
            parts["train"], parts[name] = _split_off(parts["train"], name)
    return Splits(corpus.sampling_rate, **parts)


def _split_off(utterances: Utterances, name: str) -> tuple[Utterances, Utterances]:
    """The recordings without a tenth of them, and this tenth; a speaker is in one of both."""
    keys = utterances.speakers or utterances.names
    chosen = np.array([zlib.crc32(f"{name} {key}".encode()) % _TENTH == 0 for key in keys])
    if chosen.all() or not chosen.any():
        raise ValueError(
            f"{len(keys)} recordings by {len({*keys})} speakers are too few to be split by "
            f"themselves. Give a table for the {name} split."
        )
    return utterances.take(np.flatnonzero(~chosen)), utterances.take(np.flatnonzero(chosen))
