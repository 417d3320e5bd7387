"""The sentence pairs to learn from: built in, Multi30k, or the user's own two-column file."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NamedTuple

from tasks.common.bad_rows import BadRows, judge
from tasks.common.data_folder import data_folder, found
from tasks.common.download import cache_folder, download
from tasks.common.files import check_sha256
from tasks.common.text_files import read_lines
from tasks.translation import phrases


class Pair(NamedTuple):
    """A sentence and its translation."""

    source: str
    target: str


@dataclass(frozen=True)
class Splits:
    """The three parts of a corpus. Nothing but `train` may be learned from."""

    train: list[Pair]
    validation: list[Pair]
    test: list[Pair]


@dataclass(frozen=True)
class Builtin:
    """English-Spanish phrases written by a small grammar; needs no file and no network."""

    train: int = 40_000
    """Number of training pairs."""
    validation: int = 1000
    """Number of validation pairs."""
    test: int = 1000
    """Number of test pairs: combinations of words that no training pair holds."""
    seed: int = 0
    """Decides which phrases are drawn and which combinations are held out."""


@dataclass(frozen=True)
class Multi30k:
    """Descriptions of photographs (29,000 / 1,014 / 1,000): the 2016 Flickr test set.

    The canonical files `{train,val,test_2016_flickr}.{en,de,fr}.gz`, each checked by its SHA-256.
    """

    folder: Path | None = None
    """Folder with the files. By default `multi30k` in `$KERAS_ATTENTION_DATA` if that is set, else
    they are downloaded once into the cache folder."""
    source: Literal["en", "de", "fr"] = "en"
    """Language to translate from."""
    target: Literal["en", "de", "fr"] = "de"
    """Language to translate into."""


@dataclass(frozen=True)
class Tsv:
    """Your own sentence pairs: UTF-8, one pair per line, columns separated by tabs.

    Without files for validation and test a twentieth of the pairs goes to each, by a checksum of
    the source sentence, so that equal source sentences are never in two splits.
    """

    path: Path
    """The pairs: a plain file, a .gz or a .zip. A relative path that leads nowhere from here leads
    from the folder that the environment variable KERAS_ATTENTION_DATA names."""
    member: str | None = None
    """File inside a .zip."""
    source_column: int = 1
    """Column to translate from, counted from 1."""
    target_column: int = 2
    """Column to translate into. Other columns are ignored."""
    validation_path: Path | None = None
    """Pairs for validation, in the same format; needs `test_path` as well."""
    test_path: Path | None = None
    """Pairs for the test; needs `validation_path` as well."""
    bad_rows: BadRows = "error"
    """What to do about a row that is empty or lacks a side: stop, or skip it, count it and warn."""


Corpus = Builtin | Multi30k | Tsv

MULTI30K_URL = (
    "https://raw.githubusercontent.com/multi30k/dataset/"
    "a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/"
)
MULTI30K_SHA256 = {
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.fr.gz": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.fr.gz": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.fr.gz": "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
}


def load_pairs(corpus: Corpus) -> Splits:
    """Read, download or write the pairs that `corpus` describes.

    Args:
        corpus: `Builtin`, `Multi30k` or `Tsv`.

    Returns:
        `Splits` of `Pair`s, in the order of the files.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for a file that is not what it should be; the message names file and line.
        OSError: if a download fails.

    Example:

    >>> splits = load_pairs(Builtin(train=3000, validation=10, test=10))
    >>> len(splits.train), splits.train[0].source != splits.train[0].target
    (3000, True)
    """
    if isinstance(corpus, Builtin):
        drawn = phrases.generate(corpus.train, corpus.validation, corpus.test, corpus.seed)
        return Splits(*([Pair(p.english, p.spanish) for p in split] for split in drawn))
    return _multi30k(corpus) if isinstance(corpus, Multi30k) else _tsv(corpus)


def _multi30k(corpus: Multi30k) -> Splits:
    if corpus.source == corpus.target:
        raise ValueError(
            "`source` and `target` must be two languages. "
            f"Received: source={corpus.source}, target={corpus.target}."
        )
    splits = []
    for name in ("train", "val", "test_2016_flickr"):
        paths = [
            _multi30k_file(corpus, f"{name}.{lang}.gz") for lang in (corpus.source, corpus.target)
        ]
        splits.append(read_parallel(*paths))
    return Splits(*splits)


def _multi30k_file(corpus: Multi30k, name: str) -> Path:
    folder = corpus.folder or data_folder("multi30k")
    if folder is None:
        folder = cache_folder() / "multi30k"
        return download(MULTI30K_URL + name, folder / name, MULTI30K_SHA256[name])
    path = Path(folder) / name
    if not path.is_file():
        raise FileNotFoundError(
            f"Multi30k needs {path}, which does not exist. Point `folder` (or the environment "
            f"variable KERAS_ATTENTION_DATA) to the files of {MULTI30K_URL}, or unset both to "
            "download them."
        )
    check_sha256(path, MULTI30K_SHA256[name])
    return path


def read_parallel(source: Path, target: Path) -> list[Pair]:
    """Pairs from two files of which line i translates line i; no line may be empty."""
    sources, targets = read_lines(source), read_lines(target)
    if len(sources) != len(targets):
        raise ValueError(
            f"Parallel files must have equally many lines. Received: {source} with "
            f"{len(sources)}, {target} with {len(targets)}."
        )
    for path, lines in ((source, sources), (target, targets)):
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                raise ValueError(f"{path}, line {number}: empty, but its counterpart needs one.")
    return [Pair(*pair) for pair in zip(sources, targets, strict=True)]


def _tsv(corpus: Tsv) -> Splits:
    if (corpus.validation_path is None) != (corpus.test_path is None):
        raise ValueError(
            "`validation_path` and `test_path` go together: give both, or none to split `path`. "
            f"Received: validation_path={corpus.validation_path}, test_path={corpus.test_path}."
        )
    pairs = read_tsv(corpus)
    if corpus.validation_path and corpus.test_path:
        others = (corpus.validation_path, corpus.test_path)
        return Splits(pairs, *(read_tsv(replace(corpus, path=path)) for path in others))
    splits = Splits([], [], [])
    shares = {0: splits.test, 1: splits.validation}
    for pair in pairs:
        share = zlib.crc32(pair.source.encode()) % 20
        shares.get(share, splits.train).append(pair)
    counts = {name: len(split) for name, split in vars(splits).items()}
    if not all(counts.values()):
        raise ValueError(
            f"{corpus.path} has too few pairs to be split by itself: {counts}. Give more pairs, or "
            "files of your own as `validation_path` and `test_path`."
        )
    return splits


def read_tsv(corpus: Tsv) -> list[Pair]:
    """The two chosen columns of `corpus.path`, with surrounding white space removed."""
    columns = (corpus.source_column, corpus.target_column)
    if min(columns) < 1 or columns[0] == columns[1]:
        raise ValueError(
            "`source_column` and `target_column` must be two columns, counted from 1. "
            f"Received: source_column={columns[0]}, target_column={columns[1]}."
        )
    corpus = replace(corpus, path=found(corpus.path))
    pairs, problems = [], []
    for number, line in enumerate(read_lines(corpus.path, corpus.member), start=1):
        fields = [field.strip() for field in line.split("\t")]
        problem = _problem(fields, columns)
        if problem:
            problems.append(f"{corpus.path}, line {number}: {problem}")
        else:
            pairs.append(Pair(fields[columns[0] - 1], fields[columns[1] - 1]))
    judge(problems, corpus.path, len(pairs), corpus.bad_rows)
    return pairs


def _problem(fields: list[str], columns: Iterable[int]) -> str | None:
    """What is wrong with a row, or None."""
    if not any(fields):
        return "empty."
    for column in columns:
        if column > len(fields):
            return f"no column {column}: it has {len(fields)}, separated by tabs."
        if not fields[column - 1]:
            return f"column {column} is empty, so the pair has one side only."
    return None
