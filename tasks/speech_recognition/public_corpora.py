"""Public recordings in the formats in which they are published, from a folder or an archive."""

import csv
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from tasks.common.data_folder import VARIABLE, data_folder
from tasks.common.file_tree import contents_of, names_below, written
from tasks.common.text_files import decoded
from tasks.speech_recognition.recordings import SUFFIXES, Recordings
from tasks.speech_recognition.utterances import Utterances

TRAIN, VALIDATION, TEST = "train", "validation", "test"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
AN4_RATE = 100  # frames per second
_CEPSTRA = 13  # of a frame of AN4
_AN4_VALIDATION_SPEAKERS = 8
_FSDD_NAME = re.compile(r"(\d)_(\w+)_(\d+)\.wav")
_FSDD_SPLITS = {**dict.fromkeys(range(5), TEST), **dict.fromkeys(range(5, 10), VALIDATION)}
_DEEPEST = 6  # folders within folders

Name = PurePosixPath
Parts = dict[str, Utterances]


class Said(NamedTuple):
    """What is known of a file before it is read.

    Args:
        split: `"train"`, `"validation"` or `"test"`.
        transcript: what is said in it.
        speaker: by whom.
    """

    split: str
    transcript: str
    speaker: str


def fsdd(folder: Path | None, unseen_speaker: str | None = None) -> Parts:
    """Free Spoken Digit (8,000 hertz), split as officially, or by speakers.

    Officially, of each digit and speaker the indices 0 to 4 are the test; 5 to 9 are for validation
    here. With an unseen speaker all that this one says is the test, and nothing of it is learned.
    """
    path = _place(
        folder,
        "fsdd",
        ("recordings", "recordings.tar.gz"),
        "github.com/Jakobovski/free-spoken-digit-dataset",
    )
    said: dict[Name, Said] = {}
    for name in names_below(path, _DEEPEST)[1]:
        if match := _FSDD_NAME.fullmatch(name.name):
            digit, speaker, index = match[1], match[2], int(match[3])
            split = _FSDD_SPLITS.get(index, TRAIN)
            if unseen_speaker is not None:
                split = TEST if speaker == unseen_speaker else split.replace(TEST, TRAIN)
            said[name] = Said(split, DIGITS[int(digit)], speaker)
    speakers = sorted({one.speaker for one in said.values()})
    if not said:
        raise ValueError(f"{path} holds no recordings with names such as 7_jackson_32.wav.")
    if unseen_speaker not in (None, *speakers):
        raise ValueError(
            f"`unseen_speaker` must be one of {', '.join(speakers)}. Received: {unseen_speaker!r}."
        )
    return _recorded(path, said, 8_000)


def an4(folder: Path | None) -> Parts:
    """CMU AN4 as cepstra, 100 frames of 13 per second; eight training speakers for validation."""
    path = _place(folder, "an4_mfcc", ("an4", "an4_mfcc.tar.gz"), "speech.cs.cmu.edu/databases/an4")
    files = names_below(path, _DEEPEST)[1]
    texts = {
        name.name: decoded(content, written(path, name)).splitlines()
        for name, content in contents_of(path, [n for n in files if n.parent.name == "etc"])
        if name.suffix in (".fileids", ".transcription")
    }
    by_identity = {"/".join(n.with_suffix("").parts[-3:]): n for n in files if n.suffix == ".mfc"}
    said: dict[Name, Said] = {}
    for split in (TRAIN, TEST):
        lists = [texts.get(f"an4_{split}.{kind}", []) for kind in ("fileids", "transcription")]
        if not lists[0] or len(lists[0]) != len(lists[1]):
            raise ValueError(
                f"{path} must hold etc/an4_{split}.fileids and etc/an4_{split}.transcription with "
                f"as many lines. Received: {len(lists[0])} and {len(lists[1])} lines."
            )
        for identity, line in zip(*lists, strict=True):
            if identity not in by_identity:
                raise FileNotFoundError(f"{path} lacks feat/{identity}.mfc.")
            name = by_identity[identity]
            words = re.sub(r"</?s>|\([^()]*\)\s*$", " ", line.lower()).split()
            said[name] = Said(split, " ".join(words), name.parent.name)
    return _gathered(path, _some_speakers_held_out(said, _AN4_VALIDATION_SPEAKERS), _cepstra)


def librispeech(folder: Path | None) -> Parts:
    """Read English sentences, by split: `train-*`, `dev-*` and `test-*` as published, each chapter
    with a `.trans.txt`, or a subset with a `metadata.tsv`."""
    path = _place(folder, "librispeech_dev_clean_mini", (".",), "openslr.org/12")
    tables = [name for name in names_below(path, 1)[1] if name.name == "metadata.tsv"]
    if tables:
        return _librispeech_subset(path / tables[0])
    files = names_below(path, _DEEPEST)[1]
    by_stem = {name.stem: name for name in files if name.suffix in SUFFIXES}
    said: dict[Name, Said] = {}
    lists = [name for name in files if name.name.endswith(".trans.txt")]
    for name, content in contents_of(path, lists):
        split = _librispeech_split(name)
        for line in decoded(content, written(path, name)).splitlines():
            identity, _, text = line.partition(" ")
            if identity not in by_stem:
                raise FileNotFoundError(
                    f"{written(path, name)} names {identity}, which is not there."
                )
            said[by_stem[identity]] = Said(split, text.lower(), identity.partition("-")[0])
    if not said:
        raise ValueError(f"{path} holds no .trans.txt with recordings beside it.")
    return _recorded(path, said, 16_000)


def _librispeech_subset(table: Path) -> Parts:
    """Those of a table: `id`, `split`, `speaker`, `text`; of the training speakers, two are for
    validation."""
    rows = decoded(table.read_bytes(), str(table)).splitlines()
    found = {row["id"]: row for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE)}
    archive = table.with_name("wav.tar.gz")
    path = archive if archive.exists() else table.parent
    said = {
        name: Said(row["split"], row["text"].lower(), row["speaker"])
        for name in names_below(path, _DEEPEST)[1]
        if (row := found.get(name.stem)) and name.suffix in SUFFIXES
    }
    return _recorded(path, _some_speakers_held_out(said, 2), 16_000)


def _librispeech_split(name: Name) -> str:
    splits = {"train": TRAIN, "dev": VALIDATION, "test": TEST}
    for part in name.parts:
        if (kind := part.partition("-")[0]) in splits and "-" in part:
            return splits[kind]
    raise ValueError(
        f"{name} lies in no folder whose name begins with train-, dev- or test-, as in LibriSpeech."
    )


def speech_commands(folder: Path | None) -> Parts:
    """A folder for each command; `validation_list.txt` and `testing_list.txt` name those that are
    not for training."""
    path = _place(
        folder, "speech_commands", (".",), "tensorflow.org/datasets/catalog/speech_commands"
    )
    files = names_below(path, _DEEPEST)[1]
    lists = {"validation_list.txt": VALIDATION, "testing_list.txt": TEST}
    splits: dict[str, str] = {}
    for name, content in contents_of(path, [name for name in files if name.name in lists]):
        for line in decoded(content, written(path, name)).split():
            splits[line] = lists[name.name]
    if not splits:
        raise FileNotFoundError(f"{path} lacks {' and '.join(lists)}.")
    said = {}
    for name in files:
        command, file = name.parent.name, name.name
        if name.suffix == ".wav" and not command.startswith("_"):  # noise lies in a folder as well
            split = splits.get(f"{command}/{file}", TRAIN)
            said[name] = Said(split, command, file.partition("_")[0])
    return _recorded(path, said, 16_000)


def _place(folder: Path | None, data_set: str, names: tuple[str, ...], source: str) -> Path:
    """Where the files of a data set are."""
    where = folder or data_folder(data_set)
    if where is None:
        raise FileNotFoundError(
            f"`folder` must say where {data_set} is, or the environment variable {VARIABLE} where "
            f"its folder is. It is published at {source}."
        )
    for name in names:
        if (where / name).exists():
            return where / name
    if where.name in names and where.exists():
        return where
    raise FileNotFoundError(
        f"{where} lacks {' and '.join(names)}. Save there what is published at {source}."
    )


def _recorded(path: Path, said: Mapping[Name, Said], sampling_rate: int) -> Parts:
    recordings = Recordings(sampling_rate)
    parts = _gathered(path, said, recordings.read)
    recordings.report(str(path))
    return parts


def _gathered(
    path: Path, said: Mapping[Name, Said], read: Callable[[bytes, str], np.ndarray]
) -> Parts:
    """The files by splits, each in the order of their names."""
    found: dict[Name, np.ndarray] = {
        name: read(content, written(path, name)) for name, content in contents_of(path, said)
    }
    parts: Parts = {}
    for split in (TRAIN, VALIDATION, TEST):
        names = sorted(name for name in found if said[name].split == split)
        parts[split] = Utterances(
            [found[name] for name in names],
            [said[name].transcript for name in names],
            [written(path, name) for name in names],
            [said[name].speaker for name in names],
        )
    return parts


def _some_speakers_held_out(said: Mapping[Name, Said], count: int) -> dict[Name, Said]:
    """The same with `count` of the training speakers, evenly chosen, for validation."""
    speakers = sorted({one.speaker for one in said.values() if one.split == TRAIN})
    places = np.linspace(0, len(speakers) - 1, count).round().astype(int)
    held_out = {speakers[place] for place in places}
    return {
        name: one._replace(split=VALIDATION)
        if one.split == TRAIN and one.speaker in held_out
        else one
        for name, one in said.items()
    }


def _cepstra(content: bytes, where: str) -> np.ndarray:
    """float32 `[frames, 13]` of a Sphinx file: a count, then numbers, the greatest byte first."""
    count = int.from_bytes(content[:4], "big")
    if len(content) != 4 + 4 * count or not count or count % _CEPSTRA:
        raise ValueError(
            f"{where} is no file of {_CEPSTRA} cepstra per frame: its header promises {count} "
            f"numbers. Received: {len(content) - 4} bytes of them."
        )
    features = np.frombuffer(content, ">f4", offset=4).reshape(-1, _CEPSTRA).astype(np.float32)
    if not np.isfinite(features).all():
        raise ValueError(f"{where} holds numbers that are none (NaN or infinite).")
    return features
