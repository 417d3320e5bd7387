"""The texts to learn from: built in, public data sets, or the user's own tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tasks.common.bad_rows import BadRows
from tasks.common.config_json import from_json, to_json
from tasks.common.written_values import parse
from tasks.text_classification import builtin, public_corpora
from tasks.text_classification.examples import Splits
from tasks.text_classification.splitting import check_splits, split_off
from tasks.text_classification.tables import Columns, Labels, read_table


@dataclass(frozen=True)
class Builtin:
    """English reviews written by a small grammar; needs no file and no network."""

    kind: builtin.Kind = "sentiment"
    """What is to be said of a review: whether it recommends; whether it entails a statement; which
    aspects it praises; its rating; or what each of its words does."""
    train: int = 20_000
    """Number of training examples."""
    validation: int = 1000
    """Number of validation examples."""
    test: int = 2000
    """Number of test examples: they say of things what no training example says of them."""
    seed: int = 0
    """Decides which reviews are drawn and which combinations are held out."""


@dataclass(frozen=True)
class Imdb:
    """Film reviews, long texts with two classes (25,000 / 25,000)."""

    folder: Path | None = None
    """Folder with `aclImdb_v1.tar.gz`, with `aclImdb`, or with `imdb_train.tsv.xz` and
    `imdb_test.tsv.xz`. By default `imdb` in `$KERAS_ATTENTION_DATA` if that is set, else the
    archive is downloaded once into the cache folder."""
    validation_share: float = 0.1
    """Share of the training reviews that are set aside for validation, of each class."""


@dataclass(frozen=True)
class Sst2:
    """Sentences about films with two classes (6,920 / 872 / 1,821), read as people write: in the
    files, `can't` is `ca n't`."""

    folder: Path | None = None
    """Folder with `stsa.binary.{train,dev,test}`. By default `sst2` in `$KERAS_ATTENTION_DATA` if
    that is set, else they are downloaded once into the cache folder."""


@dataclass(frozen=True)
class AgNews:
    """News with four classes: 120,000 training articles, or 5,000 of them; 7,600 for the test."""

    folder: Path | None = None
    """Folder with `train_5k.csv.gz` or `train.csv`, and `test.csv`. By default `ag_news_mini` in
    `$KERAS_ATTENTION_DATA` if that is set, else the full files are downloaded once."""
    validation_share: float = 0.1
    """Share of the training articles that are set aside for validation, of each class."""


@dataclass(frozen=True)
class Clinc150:
    """Queries to an assistant with 150 intents (15,000 / 3,000 / 4,500), and 1,000 with none of
    them, which measure how well a run knows what it does not know."""

    folder: Path | None = None
    """Folder with `data_full.json`. By default `clinc150` in `$KERAS_ATTENTION_DATA` if that is
    set, else it is downloaded once into the cache folder."""


@dataclass(frozen=True)
class Table:
    """Your own examples: UTF-8, a `.tsv` or `.csv` with named columns, or a `.jsonl` of objects.

    Without files for validation and test a tenth of each class goes to each, by a checksum of the
    text, so that equal texts are never in two splits.
    """

    path: Path
    """The examples; may be packed (.gz, .xz, .zip). A relative path that leads nowhere from here
    leads from the folder that the environment variable KERAS_ATTENTION_DATA names."""
    validation_path: Path | None = None
    """Examples for validation, in the same format."""
    test_path: Path | None = None
    """Examples for the test, in the same format."""
    text_column: str = "text"
    """Name of the column of the text."""
    second_text_column: str | None = None
    """Name of the column of the second text, for pairs."""
    label_column: str = "label"
    """Name of the column of the label."""
    labels: Labels = "one"
    """One class; several; a number; or a class for each of the words that white space separates."""
    separator: str = ","
    """What stands between several classes in a .tsv or .csv."""
    bad_rows: BadRows = "error"
    """What to do about a row without text or label: stop, or skip it, count it and warn."""


Corpus = Builtin | Imdb | Sst2 | AgNews | Clinc150 | Table
_TENTH = 0.1


def name_of(corpus: Corpus) -> str:
    """A short name: the class and, of built-in examples and tables, which of them."""
    detail = {Builtin: "kind", Table: "path"}.get(type(corpus))
    part = Path(getattr(corpus, detail)).stem if detail else ""
    return "_".join(filter(None, (type(corpus).__name__.lower(), part)))


def parse_corpus(text: str, where: str) -> Corpus:
    """The corpus that a setting describes, as `Sst2` or `Builtin(kind='rating')`.

    Raises:
        ValueError: if there is no such corpus, or it does not take these settings.
    """
    classes = {cls.__name__: cls for cls in get_args(Corpus)}
    value = parse(text, classes, where)
    if not isinstance(value, get_args(Corpus)):
        raise ValueError(f"`{where}` must be one of {', '.join(classes)}. Received: {text!r}.")
    # Once more by the types of the fields: a path is written as a string.
    return from_json(type(value), to_json(value), f"`{where}`")


def load_examples(corpus: Corpus) -> Splits:
    """Read, download or compose the examples that `corpus` describes.

    Args:
        corpus: one of the classes above.

    Returns:
        `Splits` of `Example`s.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for a file that is not what it should be, or splits that cannot be used.
        OSError: if a download fails.

    Example:

    >>> splits = load_examples(Builtin(train=100, validation=10, test=10))
    >>> len(splits.train)
    100
    """
    splits = _load(corpus)
    check_splits(splits, type(corpus).__name__)
    return splits


def _load(corpus: Corpus) -> Splits:
    if isinstance(corpus, Builtin):
        return builtin.generate(
            corpus.kind, corpus.train, corpus.validation, corpus.test, corpus.seed
        )
    if isinstance(corpus, Sst2):
        return Splits(*public_corpora.sst2(corpus.folder))
    if isinstance(corpus, Clinc150):
        queries = public_corpora.clinc150(corpus.folder)
        return Splits(queries["train"], queries["val"], queries["test"], queries["oos_test"])
    if isinstance(corpus, Table):
        return _table(corpus)
    read = public_corpora.imdb if isinstance(corpus, Imdb) else public_corpora.ag_news
    examples, test = read(corpus.folder)
    return Splits(*split_off(examples, corpus.validation_share), test)


def _table(corpus: Table) -> Splits:
    columns = Columns(
        corpus.text_column,
        corpus.second_text_column,
        corpus.label_column,
        corpus.labels,
        corpus.separator,
    )
    paths = (corpus.path, corpus.validation_path, corpus.test_path)
    train, validation, test = (
        read_table(path, columns, corpus.bad_rows) if path else None for path in paths
    )
    if test is None:
        train, test = split_off(train, _TENTH)
    if validation is None:
        train, validation = split_off(train, _TENTH)
    return Splits(train, validation, test)


def label_kind(corpus: Corpus) -> Labels:
    """What kind of labels the examples of `corpus` have."""
    if isinstance(corpus, Table):
        return corpus.labels
    kinds: dict[str, Labels] = {"aspects": "several", "rating": "number", "words": "words"}
    return kinds.get(corpus.kind, "one") if isinstance(corpus, Builtin) else "one"
