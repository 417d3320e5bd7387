"""The three sources of sentence pairs, the real ones included, and every way a file can be bad."""

import gzip
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.translation import corpora
from tasks.translation.corpora import (
    Builtin,
    Multi30k,
    Pair,
    Tsv,
    load_pairs,
    read_parallel,
    read_tsv,
)
from tasks.translation.presets import PRESETS


def sizes(splits):
    return len(splits.train), len(splits.validation), len(splits.test)


def written(path, text):
    path.write_bytes(text.encode())
    return path


def rows(number):
    """That many lines of a two-column file."""
    return "".join(f"sentence {i}\toración {i}\n" for i in range(number))


def test_the_built_in_pairs_need_nothing():
    splits = load_pairs(Builtin(train=3001, validation=31, test=37, seed=2))
    assert sizes(splits) == (3001, 31, 37)
    assert splits == load_pairs(Builtin(train=3001, validation=31, test=37, seed=2))


@pytest.mark.parametrize(
    ("source", "target", "first"),
    [
        ("en", "de", "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche."),
        ("de", "en", "Two young, White males are outside near many bushes."),
        ("en", "fr", "Deux jeunes hommes blancs sont dehors près de buissons."),
    ],
)
def test_multi30k_from_its_folder(data_folder, source, target, first):
    splits = load_pairs(Multi30k(data_folder / "multi30k", source, target))
    assert sizes(splits) == (29_000, 1014, 1000)
    assert splits.train[0].target == first
    assert len(splits.test) == len(set(splits.test))
    test, train = ({pair.source for pair in part} for part in (splits.test, splits.train))
    if source == "en":
        assert test.isdisjoint(train)


def test_multi30k_from_the_environment(data_folder, monkeypatch):
    monkeypatch.setenv("KERAS_ATTENTION_DATA", str(data_folder))
    assert sizes(load_pairs(Multi30k())) == (29_000, 1014, 1000)


def test_multi30k_is_downloaded_into_the_cache_if_there_is_no_folder(
    data_folder, tmp_path, monkeypatch
):
    monkeypatch.delenv("KERAS_ATTENTION_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(corpora, "MULTI30K_URL", (data_folder / "multi30k").as_uri() + "/")
    assert sizes(load_pairs(Multi30k())) == (29_000, 1014, 1000)
    kept = {path.name for path in (tmp_path / "keras_attention" / "multi30k").iterdir()}
    assert kept == {
        f"{part}.{lang}.gz"
        for part in ("train", "val", "test_2016_flickr")
        for lang in ("en", "de")
    }
    monkeypatch.setattr(corpora, "MULTI30K_URL", "file:///no/such/folder/")
    assert sizes(load_pairs(Multi30k())) == (29_000, 1014, 1000)


def test_another_multi30k_file_is_refused(data_folder, tmp_path):
    shutil.copytree(data_folder / "multi30k", tmp_path / "copy")
    path = tmp_path / "copy" / "val.de.gz"
    path.chmod(0o644)
    path.write_bytes(gzip.compress(b"ein Satz\n"))
    with pytest.raises(ValueError, match=r"val.de.gz is damaged or another version.*SHA-256"):
        load_pairs(Multi30k(tmp_path / "copy"))


def test_a_missing_multi30k_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"needs .*train.en.gz, which does not exist"):
        load_pairs(Multi30k(tmp_path))


def test_multi30k_translates_between_two_languages():
    with pytest.raises(ValueError, match=r"two languages. Received: source=fr, target=fr"):
        load_pairs(Multi30k(source="fr", target="fr"))


def test_parallel_files_have_equally_many_lines(tmp_path):
    source, target = written(tmp_path / "a.en", "one\ntwo\n"), written(tmp_path / "a.de", "eins\n")
    with pytest.raises(ValueError, match=r"Received: .*a.en with 2, .*a.de with 1"):
        read_parallel(source, target)
    written(target, "eins\nzwei")
    assert read_parallel(source, target) == [Pair("one", "eins"), Pair("two", "zwei")]
    written(target, "eins\n \n")
    with pytest.raises(ValueError, match=r"a.de, line 2: empty, but its counterpart"):
        read_parallel(source, target)


def test_a_relative_path_leads_from_here_or_else_from_the_folder_of_data(tmp_path, monkeypatch):
    here, data = tmp_path / "here", tmp_path / "data"
    for folder, word in ((here, "here"), (data, "there")):
        folder.mkdir()
        written(folder / "pairs.tsv", f"{word}\tx\n")
    monkeypatch.setenv("KERAS_ATTENTION_DATA", str(data))
    monkeypatch.chdir(here)
    corpus = Tsv(Path("pairs.tsv"))
    assert read_tsv(corpus) == [Pair("here", "x")]
    (here / "pairs.tsv").unlink()
    assert read_tsv(corpus) == [Pair("there", "x")]
    (data / "pairs.tsv").unlink()
    with pytest.raises(FileNotFoundError, match=r"pairs\.tsv"):
        read_tsv(corpus)


@pytest.mark.usefixtures("data_folder")
def test_tatoeba_spanish_from_its_zip():
    splits = load_pairs(PRESETS["tatoeba_spanish"]().data)
    assert sizes(splits) == (106_622, 5785, 5714)
    assert Pair("Go.", "Ve.") in (*splits.train, *splits.validation, *splits.test)
    disjoint_in_their_sources(splits)


@pytest.mark.usefixtures("data_folder")
def test_tatoeba_chinese_and_the_other_way_round():
    corpus = PRESETS["tatoeba_chinese"]().data
    splits = load_pairs(corpus)  # its third column is ignored
    assert sizes(splits) == (26_223, 1467, 1465)
    assert Pair("I forgot.", "我忘了。") in splits.train
    disjoint_in_their_sources(splits)
    swapped = load_pairs(replace(corpus, source_column=2, target_column=1))
    assert sum(sizes(swapped)) == 29_155
    assert Pair("我忘了。", "I forgot.") in (*swapped.train, *swapped.validation, *swapped.test)
    disjoint_in_their_sources(swapped)


def disjoint_in_their_sources(splits):
    train, validation, test = (
        {pair.source for pair in split} for split in (splits.train, splits.validation, splits.test)
    )
    assert train.isdisjoint(validation | test)
    assert validation.isdisjoint(test)


def test_a_split_is_decided_by_the_checksum_of_the_source(tmp_path):
    splits = load_pairs(Tsv(written(tmp_path / "pairs.tsv", rows(499))))
    shares = {0: splits.test, 1: splits.validation}
    for i in range(499):
        pair = Pair(f"sentence {i}", f"oración {i}")
        assert pair in shares.get(zlib.crc32(pair.source.encode()) % 20, splits.train)
    assert sum(sizes(splits)) == 499


def test_files_of_ones_own_for_validation_and_test(tmp_path):
    paths = [
        written(tmp_path / f"{name}.tsv", rows(n)) for name, n in (("a", 7), ("b", 3), ("c", 2))
    ]
    corpus = Tsv(paths[0], validation_path=paths[1], test_path=paths[2])
    assert sizes(load_pairs(corpus)) == (7, 3, 2)
    with pytest.raises(ValueError, match=r"go together.*validation_path=None, test_path=.*c.tsv"):
        load_pairs(Tsv(paths[0], test_path=paths[2]))


def test_too_few_pairs_to_split(tmp_path):
    path = written(tmp_path / "few.tsv", rows(3))
    with pytest.raises(ValueError, match=r"few.tsv has too few pairs.*'train': 2.*validation_path"):
        load_pairs(Tsv(path))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("", "empty"),
        ("  \t ", "empty"),
        ("only one side", r"no column 2: it has 1, separated by tabs"),
        ("source\t", r"column 2 is empty, so the pair has one side only"),
        ("\ttarget", r"column 1 is empty, so the pair has one side only"),
    ],
)
def test_a_bad_row_is_an_error_or_counted(tmp_path, caplog, line, problem):
    path = written(tmp_path / "bad.tsv", f"{rows(200)}{line}\n{rows(200)}{line}\n")
    with pytest.raises(ValueError, match=rf"bad.tsv, line 201: {problem}.*2 such rows, 400 good"):
        load_pairs(Tsv(path))
    assert sum(sizes(load_pairs(Tsv(path, bad_rows="skip")))) == 400
    assert "bad.tsv: skipped 2 of 402 rows. The first: " in caplog.text
    assert "line 201" in caplog.text


def test_a_file_of_nothing_but_bad_rows_is_an_error_in_any_case(tmp_path):
    path = written(tmp_path / "spaces.tsv", "no tabs here\nnor here\n")
    with pytest.raises(ValueError, match=r"spaces.tsv, line 1: no column 2.*0 good ones"):
        load_pairs(Tsv(path, bad_rows="skip"))


@pytest.mark.parametrize("columns", [(0, 1), (2, 2)])
def test_columns_are_two_and_counted_from_one(tmp_path, columns):
    path = written(tmp_path / "pairs.tsv", rows(5))
    with pytest.raises(
        ValueError, match=rf"source_column={columns[0]}, target_column={columns[1]}"
    ):
        load_pairs(Tsv(path, source_column=columns[0], target_column=columns[1]))


def test_other_columns_can_be_chosen(tmp_path):
    text = "".join(f"{i}\tEnglish {i}\tx\tSpanish {i}\n" for i in range(300))
    splits = load_pairs(Tsv(written(tmp_path / "four.tsv", text), source_column=4, target_column=2))
    assert Pair("Spanish 7", "English 7") in (*splits.train, *splits.validation, *splits.test)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "latin.tsv"
    path.write_bytes("yes\tsí\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin.tsv, line 1: not UTF-8"):
        load_pairs(Tsv(path))
    with pytest.raises(ValueError, match=r"empty.tsv is empty"):
        load_pairs(Tsv(written(tmp_path / "empty.tsv", "")))
    with pytest.raises(FileNotFoundError, match=r"There is no file at .*none.tsv"):
        load_pairs(Tsv(tmp_path / "none.tsv"))
