"""The user's own examples, and every way a file of them can be bad."""

import csv
import gzip
import json
import logging

import pytest

from tasks.text_classification.examples import Example
from tasks.text_classification.tables import Columns, read_table

ROWS = [
    {"text": "not bad, really", "label": "good"},
    {"text": 'it says "no"', "label": "bad"},
    {"text": "grüße, 猫", "label": "good"},
]
EXAMPLES = [Example(row["text"], row["label"]) for row in ROWS]


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def table(folder, kind, rows=ROWS):
    """A file of that kind with these rows."""
    path = folder / f"examples.{kind}"
    if kind == "jsonl":
        return written(path, "".join(json.dumps(row) + "\n" for row in rows))
    if kind == "tsv":
        lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
        return written(path, "\n".join(lines) + "\n")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl"])
def test_every_kind_of_file_gives_the_same_examples(tmp_path, kind):
    assert read_table(table(tmp_path, kind), Columns()) == EXAMPLES


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl"])
def test_a_packed_file(tmp_path, kind):
    path = table(tmp_path, kind)
    packed = written(tmp_path / f"examples.{kind}.gz", gzip.compress(path.read_bytes()))
    assert read_table(packed, Columns()) == EXAMPLES


def test_a_quoted_field_of_a_csv_may_hold_a_line_end(tmp_path):
    path = written(tmp_path / "a.csv", 'text,label\n"two\nlines",x\nbad,\n')
    assert read_table(path, Columns(), "skip") == [Example("two\nlines", "x")]
    with pytest.raises(ValueError, match=r"a.csv, line 4: `label` must be a text"):
        read_table(path, Columns())


def test_pairs_and_other_names_of_columns(tmp_path):
    rows = [{"a": "x", "b": "y", "c": "z", "d": "w"}]
    path = table(tmp_path, "tsv", rows)
    assert read_table(path, Columns("b", "d", "a")) == [Example("y", "x", "w")]


def test_several_labels(tmp_path):
    path = written(tmp_path / "a.tsv", "text\tlabel\none\tb, a\nnone\t\n")
    assert read_table(path, Columns(labels="several")) == [
        Example("one", ("a", "b")),
        Example("none", ()),
    ]
    path = written(tmp_path / "a.jsonl", '{"text": "one", "label": ["b", "a"]}\n')
    assert read_table(path, Columns(labels="several")) == [Example("one", ("a", "b"))]


def test_numbers(tmp_path):
    path = written(tmp_path / "a.csv", "text,label\none,3.5\ntwo,-1\n")
    assert read_table(path, Columns(labels="number")) == [Example("one", 3.5), Example("two", -1.0)]
    for bad in ("many", "nan", "inf"):
        path = written(tmp_path / "b.csv", f"text,label\none,{bad}\n")
        with pytest.raises(ValueError, match=f"line 2: `label` must be a finite number.*'{bad}'"):
            read_table(path, Columns(labels="number"))


def test_a_label_for_each_word(tmp_path):
    path = written(tmp_path / "a.tsv", "text\tlabel\nnot so bad\tO O B\n")
    assert read_table(path, Columns(labels="words")) == [Example("not so bad", ("O", "O", "B"))]
    path = written(tmp_path / "b.tsv", "text\tlabel\nnot so bad\tO B\n")
    with pytest.raises(
        ValueError, match="line 2: .* a label for each word. Received: 2 labels for 3"
    ):
        read_table(path, Columns(labels="words"))


def test_a_number_may_name_a_class(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"text": "one", "label": 1}\n')
    assert read_table(path, Columns()) == [Example("one", "1")]


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl"])
def test_a_missing_column_is_named(tmp_path, kind):
    with pytest.raises(ValueError, match="line 1: .* text, category. Received: text, label; categ"):
        read_table(table(tmp_path, kind), Columns(label="category"))


def test_rows_without_text_are_counted(tmp_path, caplog):
    path = written(tmp_path / "a.tsv", "text\tlabel\ngood\tx\n   \tx\nlonely\n")
    with pytest.raises(ValueError, match=r"line 3: `text` must be .* \(2 such rows, 1 good ones"):
        read_table(path, Columns())
    with caplog.at_level(logging.WARNING):
        assert read_table(path, Columns(), "skip") == [Example("good", "x")]
    assert "skipped 2 of 3 rows" in caplog.text


def test_lines_that_are_no_json(tmp_path):
    path = written(tmp_path / "a.jsonl", '{"text": "a", "label": "b"}\n{"text": \n')
    with pytest.raises(ValueError, match=r"a.jsonl, line 2: not JSON"):
        read_table(path, Columns())
    with pytest.raises(ValueError, match=r"b.jsonl, line 1: expected an object. Received: \[1\]"):
        read_table(written(tmp_path / "b.jsonl", "[1]\n"), Columns())


def test_a_csv_whose_quotes_do_not_end(tmp_path):
    path = written(tmp_path / "a.csv", 'text,label\n"open,x\n')
    with pytest.raises(ValueError, match=r"a.csv, line \d+: unexpected end of data"):
        read_table(path, Columns())


def test_text_that_is_not_utf8(tmp_path):
    path = written(tmp_path / "a.tsv", "text\tlabel\nfünf\tx\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"a.tsv, line 2: not UTF-8"):
        read_table(path, Columns())


def test_a_name_that_says_nothing_of_the_format(tmp_path):
    with pytest.raises(ValueError, match=r"must end in .tsv, .csv, .jsonl .*examples.txt"):
        read_table(tmp_path / "examples.txt", Columns())


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file at .*nothing.tsv"):
        read_table(tmp_path / "nothing.tsv", Columns())
