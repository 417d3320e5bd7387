"""Files of synonyms, and every way a row of them can be bad."""

import gzip
import logging

import pytest

from tasks.text_classification.augmentation.synonyms import read_synonyms


def written(folder, content):
    path = folder / "synonyms.tsv"
    path.write_text(content, encoding="utf-8")
    return path


def test_rows_of_one_word_are_taken_together(tmp_path):
    path = written(tmp_path, "gut\tschön\tfein\nbad\tpoor\r\ngut\tfein\ttoll\t\n")
    expected = {"gut": ("schön", "fein", "toll"), "bad": ("poor",)}
    assert read_synonyms(path) == expected
    packed = tmp_path / "synonyms.tsv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_synonyms(packed) == expected


def test_a_word_is_no_synonym_of_its_own(tmp_path):
    assert read_synonyms(written(tmp_path, "good\tgood\tfine\n")) == {"good": ("fine",)}


@pytest.mark.parametrize("row", ["alone", "good\t", "good\tgood", "\tfine", ""])
def test_a_row_without_a_word_or_a_synonym(tmp_path, row):
    path = written(tmp_path, f"bad\tpoor\n{row}\n")
    with pytest.raises(ValueError, match=r"synonyms.tsv, line 2: expected a word, a tab and a syn"):
        read_synonyms(path)


@pytest.mark.parametrize(
    ("row", "longer"), [("dessert\tice cream", "ice cream"), ("a b\tc", "a b")]
)
def test_synonyms_are_single_words(tmp_path, row, longer):
    path = written(tmp_path, f"bad\tpoor\n{row}\n")
    with pytest.raises(ValueError, match=f"line 2: .* one word for one word. Received: '{longer}'"):
        read_synonyms(path)


def test_bad_rows_are_skipped_and_counted(tmp_path, caplog):
    path = written(tmp_path, "bad\tpoor\nalone\ndessert\tice cream\n")
    with pytest.raises(ValueError, match=r"line 2: .*\(2 such rows, 1 good ones\.\)"):
        read_synonyms(path)
    with caplog.at_level(logging.WARNING):
        assert read_synonyms(path, "skip") == {"bad": ("poor",)}
    assert "skipped 2 of 3 rows" in caplog.text
    with pytest.raises(ValueError, match="1 such rows, 0 good ones"):
        read_synonyms(written(tmp_path, "alone\n"), "skip")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file at .*nothing.tsv"):
        read_synonyms(tmp_path / "nothing.tsv")
