"""Transcripts to ids and back, by characters and by words."""

import pytest

from tasks.speech_recognition.text import TextConfig, TranscriptText

SAID = ["Two  one", "one", "NINE one two"]


def test_characters_come_and_go():
    text = TranscriptText.of(SAID, TextConfig())
    assert text.pieces == tuple(" einotw")
    assert text.size == 11
    assert text.decode(text.encode("  two   ONE ")) == "two one"


def test_words_come_and_go():
    text = TranscriptText.of(SAID, TextConfig("words"))
    assert text.pieces == ("nine", "one", "two")
    assert text.encode("two nine").tolist() == [6, 4]
    assert text.decode([6, 4]) == "two nine"


def test_case_may_count():
    text = TranscriptText.of(SAID, TextConfig("words", lowercase=False))
    assert text.pieces == ("NINE", "Two", "one", "two")


def test_what_has_no_id_is_left_out_and_counted():
    text = TranscriptText.of(SAID, TextConfig())
    assert text.unknown(["two xx", "x-one"]) == {"x": 3, "-": 1}
    assert text.decode(text.encode("x-one")) == text.normalized("x-one") == "one"
    assert text.normalized("two xx") == "two"


def test_an_alphabet_may_be_given():
    text = TranscriptText.of(SAID, TextConfig(alphabet="abc no"))
    assert text.decode(text.encode("Banana one")) == "banana on"


def test_words_have_no_alphabet():
    with pytest.raises(ValueError, match="units=words, alphabet='abc'"):
        TextConfig("words", alphabet="abc")


@pytest.mark.parametrize("ids", [[], [0, 1, 2, 3]])
def test_special_ids_say_nothing(ids):
    assert TranscriptText.of(SAID, TextConfig()).decode(ids) == ""
