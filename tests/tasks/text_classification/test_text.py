"""How texts become ids: markers, pairs, truncation, words."""

import numpy as np
import pytest

from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.text import ClassifierText

pytestmark = pytest.mark.tensorflow

LETTERS = "abcdefghijklmnopqrst"


@pytest.fixture(scope="module")
def vocabulary():
    """One piece for each letter, so that lengths can be counted by hand."""
    lines = [" ".join(LETTERS), " ".join(LETTERS[::-1])]
    return Vocabulary.train([lines], size=4 + 1 + 2 * len(LETTERS), model_type="bpe")


def pieces(text, ids):
    return [piece.removeprefix("▁") for piece in text.vocabulary.pieces(ids)]


def words(count, start=0):
    return " ".join(LETTERS[start : start + count])


def shown(text, *columns):
    encoded = text.encode(*columns)
    return "".join(
        p if len(p) == 1 else {"<s>": "<", "</s>": ">", "": ""}.get(p, p)
        for p in pieces(text, encoded.token_ids[0].numpy())
    )


def test_a_text_stands_between_its_markers(vocabulary):
    text = ClassifierText(vocabulary, max_length=16)
    encoded = text.encode([words(3), words(1)])
    assert shown(text, [words(3)]) == "<abc>"
    assert not encoded.too_long.numpy().any()
    assert (encoded.segment_ids.flat_values.numpy() == 0).all()
    assert text.mask_id == vocabulary.size == text.size - 1


def test_a_pair_is_two_segments(vocabulary):
    text = ClassifierText(vocabulary, max_length=16)
    encoded = text.encode([words(2)], [words(3, 5)])
    assert shown(text, [words(2)], [words(3, 5)]) == "<ab>fgh>"
    assert encoded.segment_ids[0].numpy().tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("truncation", "expected"), [("head", "<abcde>"), ("tail", "<fghij>"), ("both", "<abcij>")]
)
def test_what_is_kept_of_a_long_text(vocabulary, truncation, expected):
    text = ClassifierText(vocabulary, max_length=7, truncation=truncation)
    assert shown(text, [words(10)]) == expected
    assert text.encode([words(10), words(5)]).too_long.numpy().tolist() == [True, False]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [(10, 2, (5, 2)), (2, 10, (2, 5)), (10, 10, (4, 3)), (3, 4, (3, 4)), (4, 4, (4, 3))],
)
def test_the_longer_text_of_a_pair_loses_first(vocabulary, first, second, kept):
    text = ClassifierText(vocabulary, max_length=10)
    expected = f"<{LETTERS[: kept[0]]}>{LETTERS[: kept[1]]}>"
    assert shown(text, [words(first)], [words(second)]) == expected


def test_no_text_is_longer_than_allowed(vocabulary):
    draw = np.random.default_rng(3)
    counts = draw.integers(1, 20, size=(2, 50))
    columns = [[words(int(n)) for n in row] for row in counts]
    for truncation in ("head", "tail", "both"):
        text = ClassifierText(vocabulary, max_length=11, truncation=truncation)
        lengths = text.encode(*columns).token_ids.row_lengths().numpy()
        np.testing.assert_array_equal(lengths, np.minimum(counts.sum(axis=0) + 3, 11))


def test_case_and_tags(vocabulary):
    text = ClassifierText(vocabulary, max_length=16, lowercase=True, remove_tags=True)
    assert shown(text, ["A<br />B <i>c</i>"]) == "<abc>"


def test_words_have_a_first_piece(vocabulary):
    text = ClassifierText(vocabulary, max_length=16, by_words=True)
    encoded = text.encode(["ab  c def", "a"])
    for row, expected in enumerate((["ab", "c", "def"], ["a"])):
        starts = encoded.is_word_start[row].numpy()
        assert starts.sum() == len(expected)
        firsts = np.array(pieces(text, encoded.token_ids[row].numpy()))[starts]
        assert all(word.startswith(first) for word, first in zip(expected, firsts, strict=True))
    plain = ClassifierText(vocabulary, max_length=16).encode(["ab c"])
    assert not plain.is_word_start.flat_values.numpy().any()


def test_a_length_that_holds_nothing(vocabulary):
    with pytest.raises(ValueError, match="at least 5. Received: max_length=4"):
        ClassifierText(vocabulary, max_length=4)
