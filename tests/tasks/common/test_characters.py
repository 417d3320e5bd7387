import numpy as np
import pytest

from tasks.common.characters import Characters
from tasks.common.special_ids import END_ID, UNKNOWN_ID


def test_every_character_has_an_id_and_comes_back():
    text = "to be, or not\n\n ñ☃ to be\n"
    characters = Characters.of(text)
    ids = characters.encode(text)

    assert ids.dtype == np.int32
    assert len(ids) == len(text)
    assert characters.size == 4 + len({*text} - {"\n"})
    assert ids.max() == characters.size - 1
    assert characters.decode(ids) == text


def test_the_end_id_ends_a_line_and_unknown_is_unknown():
    characters = Characters.of("abc")

    assert characters.encode("a\n☃").tolist() == [4, END_ID, UNKNOWN_ID]
    assert characters.decode([0, 1, 2, 3, 5]) == "\nb"
    assert characters.pieces([3, 6]) == ["</s>", "c"]
    assert characters.unknown_characters(["a☃\n", "☃b"]) == {"☃": 2}


def test_saved_and_loaded_is_the_same(tmp_path):
    characters = Characters("c a\tñ\r")
    characters.save(tmp_path / "characters")
    loaded = Characters.load(tmp_path / "characters")

    assert loaded.fingerprint == characters.fingerprint
    assert loaded.encode("a ñ\t\r").tolist() == characters.encode("a ñ\t\r").tolist()
    with pytest.raises(ValueError, match="does not belong to the checkpoint"):
        Characters("ac").check_fingerprint(characters.fingerprint)


@pytest.mark.parametrize("wrong", ["aba", "a\n", ["ab"]])
def test_characters_must_be_single_and_different(wrong):
    with pytest.raises(ValueError, match="different single ones"):
        Characters(wrong)


def test_a_file_that_is_none_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no vocabulary at .*nowhere"):
        Characters.load(tmp_path / "nowhere")
    (tmp_path / "twice").write_text("abca", encoding="utf-8")
    with pytest.raises(ValueError, match="twice: A vocabulary of characters"):
        Characters.load(tmp_path / "twice")
