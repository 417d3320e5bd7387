"""Public data sets in every form in which they come, the real ones included."""

import gzip
import io
import json
import lzma
import tarfile
from collections import Counter
from dataclasses import replace

import pytest

from tasks.text_classification import public_corpora
from tasks.text_classification.corpora import (
    AgNews,
    Builtin,
    Clinc150,
    Imdb,
    Sst2,
    Table,
    label_kind,
    load_examples,
)
from tasks.text_classification.examples import Example


def sizes(splits):
    return len(splits.train), len(splits.validation), len(splits.test)


def classes(examples):
    return Counter(example.label for example in examples)


def test_imdb(data_folder):
    splits = load_examples(Imdb(data_folder / "imdb"))
    assert sizes(splits) == (22_500, 2500, 25_000)
    assert classes(splits.validation) == {"positive": 1250, "negative": 1250}
    assert {one.text for one in splits.train}.isdisjoint(one.text for one in splits.validation)


def test_sst2(data_folder):
    splits = load_examples(Sst2(data_folder / "sst2"))
    assert sizes(splits) == (6920, 872, 1821)
    assert splits.validation[0] == Example("one long string of cliches.", "negative")
    assert classes(splits.test) == {"positive": 909, "negative": 912}


@pytest.mark.parametrize(
    ("treebank", "written"),
    [
        ("it ca n't be , and we 're late .", "it can't be, and we're late."),
        ("the critics ' choice of the '70s ...", "the critics' choice of the '70s..."),
        ("a `` film '' -lrb- or not -rrb- ; so ?", 'a "film" (or not); so?'),
        ("of ` art ' and `` life , '' he 'd say", "of 'art' and \"life,\" he'd say"),
        ("and\\/or 3 \\* 4 -- well-made", "and/or 3 * 4 -- well-made"),
        ("as people write it: o'fallon's, isn't it?",) * 2,
    ],
)
def test_a_treebank_is_read_as_people_write(treebank, written):
    assert public_corpora.as_written(treebank) == written


def test_ag_news(data_folder):
    splits = load_examples(AgNews(data_folder / "ag_news_mini"))
    assert sizes(splits) == (4498, 500, 7600)
    assert set(classes(splits.test).values()) == {1900}
    assert splits.test[0].label == "Business"
    assert splits.test[0].text.startswith("Fears for T N pension after talks Unions representing")


def test_clinc150(data_folder):
    splits = load_examples(Clinc150(data_folder / "clinc150"))
    assert sizes(splits) == (15_000, 3000, 4500)
    assert set(classes(splits.train).values()) == {100}
    queries = public_corpora.clinc150(data_folder / "clinc150")
    assert classes(queries["oos_test"]) == {public_corpora.OUT_OF_SCOPE: 1000}


@pytest.mark.parametrize("corpus", [Imdb(), Sst2(), AgNews(), Clinc150()])
def test_a_data_set_is_found_by_the_environment(data_folder, monkeypatch, corpus):
    monkeypatch.setenv("KERAS_ATTENTION_DATA", str(data_folder))
    assert sizes(load_examples(corpus)) > (1000, 100, 1000)


def test_a_data_set_is_downloaded_into_the_cache(data_folder, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_ATTENTION_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    local = {
        name: replace(file, url=(data_folder / "sst2" / file.names[0]).as_uri())
        for name, file in public_corpora.SST2.items()
    }
    monkeypatch.setattr(public_corpora, "SST2", local)
    assert sizes(load_examples(Sst2())) == (6920, 872, 1821)
    kept = {path.name for path in (tmp_path / "keras_attention" / "sst2").iterdir()}
    assert kept == {f"stsa.binary.{part}" for part in ("train", "dev", "test")}


def test_a_folder_that_lacks_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks stsa.binary.train. Point `folder`"):
        load_examples(Sst2(tmp_path))


# The original forms of IMDB.


REVIEWS = {
    f"aclImdb/{split}/{label}/{i}_{rating}.txt": f"{split} {label} number {i}"
    for split in ("train", "test")
    for label, rating in (("pos", 9), ("neg", 2))
    for i in range(20)
}
OTHERS = {"aclImdb/train/unsup/0_0.txt": "unlabelled", "aclImdb/README": "read"}


def archive(path, files):
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


def test_imdb_from_its_archive_and_from_its_folder(tmp_path):
    archive(tmp_path / "aclImdb_v1.tar.gz", REVIEWS | OTHERS)
    packed = load_examples(Imdb(tmp_path))
    assert sizes(packed) == (36, 4, 40)
    assert classes(packed.test) == {"positive": 20, "negative": 20}
    assert Example("test neg number 3", "negative") in packed.test

    unpacked = tmp_path / "unpacked"
    for name, text in (REVIEWS | OTHERS).items():
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).write_text(text)
    assert load_examples(Imdb(unpacked)) == packed


@pytest.mark.parametrize("packing", ["", ".xz", ".gz"])
def test_imdb_from_tables(tmp_path, packing):
    pack = {"": bytes, ".xz": lzma.compress, ".gz": gzip.compress}[packing]
    for split in ("train", "test"):
        rows = "".join(f"{i % 2}\t{3 + 5 * (i % 2)}\t{i}\t{split} {i}\n" for i in range(40))
        content = f"label\trating\tid\ttext\n{rows}".encode()
        (tmp_path / f"imdb_{split}.tsv{packing}").write_bytes(pack(content))
    splits = load_examples(Imdb(tmp_path))
    assert sizes(splits) == (36, 4, 40)
    assert splits.test[1] == Example("test 1", "positive")


def test_an_archive_that_is_damaged_or_another(tmp_path):
    path = archive(tmp_path / "aclImdb_v1.tar.gz", OTHERS)
    with pytest.raises(ValueError, match=r"must hold reviews .* 0 for training and 0 for the test"):
        load_examples(Imdb(tmp_path))
    path.write_bytes(archive(path, REVIEWS).read_bytes()[:-60])
    with pytest.raises(ValueError, match=r"aclImdb_v1.tar.gz cannot be unpacked"):
        load_examples(Imdb(tmp_path))


def test_a_table_of_imdb_with_other_columns(tmp_path):
    for split in ("train", "test"):
        (tmp_path / f"imdb_{split}.tsv").write_text("label\ttext\n1\tgood\n")
    with pytest.raises(ValueError, match=r"imdb_train.tsv, line 1: .* Received: label, text"):
        load_examples(Imdb(tmp_path))
    for split in ("train", "test"):
        (tmp_path / f"imdb_{split}.tsv").write_text("label\trating\tid\ttext\n2\t1\tx\tgood\n")
    with pytest.raises(ValueError, match=r"line 2: expected a label 0 or 1.*4 columns, label '2'"):
        load_examples(Imdb(tmp_path))


# Bad lines of the others.


def sst2_files(folder, train):
    for part in ("train", "dev", "test"):
        (folder / f"stsa.binary.{part}").write_text(train if part == "train" else "0 bad\n1 good\n")
    return folder


@pytest.mark.parametrize("line", ["2 odd", "good", "1 "])
def test_a_bad_line_of_sst2(tmp_path, line):
    with pytest.raises(ValueError, match=r"stsa.binary.train, line 2: expected 0 or 1, a space"):
        load_examples(Sst2(sst2_files(tmp_path, f"0 fine\n{line}\n")))


def test_a_bad_row_of_ag_news(tmp_path):
    (tmp_path / "train.csv").write_text('"3","title","text"\n"5","title","text"\n')
    (tmp_path / "test.csv").write_text('"3","title","text"\n')
    with pytest.raises(ValueError, match=r"train.csv, row 2: expected a class from 1 to 4"):
        load_examples(AgNews(tmp_path))


def test_clinc150_that_is_damaged_or_lacks_lists(tmp_path):
    (tmp_path / "data_full.json").write_text('{"train": [')
    with pytest.raises(ValueError, match=r"data_full.json is damaged: "):
        load_examples(Clinc150(tmp_path))
    (tmp_path / "data_full.json").write_text(json.dumps({"train": [], "val": []}))
    with pytest.raises(ValueError, match=r"the lists train, val, test, .* Received: train, val\."):
        load_examples(Clinc150(tmp_path))


# The user's own.


def test_a_table_is_split_by_itself_or_by_its_files(tmp_path):
    rows = "".join(f"text {i}\t{'ab'[i % 2]}\n" for i in range(400))
    path = tmp_path / "examples.tsv"
    path.write_text(f"text\tlabel\n{rows}")
    splits = load_examples(Table(path))
    assert sizes(splits) == (324, 36, 40)
    whole = load_examples(Table(path, validation_path=path, test_path=path))
    assert sizes(whole) == (400, 400, 400)


def test_the_kinds_of_labels():
    kinds = {
        kind: label_kind(Builtin(kind))
        for kind in ("sentiment", "entailment", "aspects", "rating", "words")
    }
    assert kinds == {
        "sentiment": "one",
        "entailment": "one",
        "aspects": "several",
        "rating": "number",
        "words": "words",
    }
    assert label_kind(Imdb()) == "one"
    assert label_kind(Table("x.tsv", labels="number")) == "number"
