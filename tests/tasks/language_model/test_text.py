import numpy as np
import pytest

from tasks.common.special_ids import END_ID
from tasks.language_model.text import RunningText, TextConfig

pytestmark = pytest.mark.tensorflow

TEXT = "a red house\nthe red car\n\nthe house, the car\n" * 5
SUBWORDS = TextConfig(units="subwords", vocabulary_size=18)


@pytest.fixture(scope="module", params=[TextConfig(), SUBWORDS], ids=lambda one: one.units)
def text(request):
    return RunningText.train(TEXT, request.param)


@pytest.mark.parametrize("one", [TEXT, "the car", "\n", "\n\nred", "a house\n", ""])
def test_text_comes_back_as_it_was(text, one):
    ids = text.encode(one)

    assert ids.dtype == np.int32
    assert text.decode(ids) == one
    assert np.sum(ids == END_ID) == one.count("\n")


def test_subwords_are_fewer_than_characters():
    subwords = RunningText.train(TEXT, SUBWORDS)

    assert len(subwords.encode(TEXT)) < 0.8 * len(TEXT)


def test_many_lines_are_encoded_in_portions(text, monkeypatch):
    whole = text.encode(TEXT)
    monkeypatch.setattr("tasks.language_model.text._PORTION", 3)

    np.testing.assert_array_equal(text.encode(TEXT), whole)


def test_a_prompt_of_other_characters_is_refused(text):
    text.check(["the red", ""])
    with pytest.raises(ValueError, match="Received others: 'ñ', '☃'"):
        text.check(["the ☃", "ñ ☃"])
