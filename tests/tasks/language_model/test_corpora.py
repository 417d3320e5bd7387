import gzip
from pathlib import Path

import pytest

from tasks.language_model.corpora import Builtin, TextFile, TinyShakespeare, load_text, split


def test_the_three_parts_are_the_text():
    text = "".join(chr(97 + i % 23) for i in range(1009))
    splits = split(text, 0.1)

    assert splits.train + splits.validation + splits.test == text
    assert splits.train + splits.held_out == text
    assert len(splits.train) == 908
    assert abs(len(splits.validation) - len(splits.test)) <= 1


@pytest.mark.parametrize(("text", "share"), [("", 0.1), ("ab", 0.1), ("abcdefg", 0.9)])
def test_a_text_too_short_to_be_split_is_refused(text, share):
    with pytest.raises(ValueError, match=r"notes\.txt is too short"):
        split(text, share, "notes.txt")


def test_built_in_reviews_are_lines_and_the_same_for_a_seed():
    splits = load_text(Builtin(reviews=53, seed=3))

    assert splits == load_text(Builtin(reviews=53, seed=3))
    assert splits != load_text(Builtin(reviews=53, seed=5))
    lines = "".join(splits).split("\n")
    assert len(lines) == 54
    assert all(line[0].isupper() and line.endswith(".") for line in lines[:-1])


def test_a_file_may_be_packed_and_of_any_line_ends(tmp_path):
    text = "Zeile eins\r\nZeile zwei ☃\r\n" * 7
    (tmp_path / "text.txt").write_bytes(text.encode())
    (tmp_path / "text.txt.gz").write_bytes(gzip.compress(text.encode()))

    plain = load_text(TextFile(tmp_path / "text.txt", held_out_share=0.3))

    assert "".join(plain) == "Zeile eins\nZeile zwei ☃\n" * 7
    assert plain == load_text(TextFile(tmp_path / "text.txt.gz", held_out_share=0.3))


def test_a_relative_path_leads_from_the_folder_of_data_too(tmp_path, monkeypatch):
    (tmp_path / "own.txt").write_text("abc" * 17, encoding="utf-8")
    monkeypatch.setenv("KERAS_ATTENTION_DATA", str(tmp_path))

    assert load_text(TextFile(Path("own.txt"))).train.startswith("abcabc")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"gut\nsch\xf6n\n", "text.txt, line 2: not UTF-8"),
        (b"", "text.txt is empty"),
        (b"ab", "text.txt is too short"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path, content, message):
    (tmp_path / "text.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        load_text(TextFile(tmp_path / "text.txt"))


def test_settings_out_of_range_are_refused(tmp_path):
    with pytest.raises(ValueError, match="held_out_share=1"):
        TextFile(tmp_path, held_out_share=1)
    with pytest.raises(ValueError, match="reviews=0"):
        load_text(Builtin(reviews=0))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
        load_text(TextFile(tmp_path / "nowhere.txt"))
    with pytest.raises(FileNotFoundError, match=r"lacks input\.txt\.gz or input\.txt"):
        load_text(TinyShakespeare(tmp_path))


def test_shakespeare_is_split_as_everywhere(data_folder):
    splits = load_text(TinyShakespeare(data_folder / "tinyshakespeare"))

    assert len("".join(splits)) == 1_115_394
    assert len(splits.train) == int(0.9 * 1_115_394)
    assert len({*splits.train}) == 65
    assert splits.train.startswith("First Citizen:\nBefore we proceed")
