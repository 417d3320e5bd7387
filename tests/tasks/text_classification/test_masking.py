"""Masking: the right share, whole units, nothing special, labels where something is hidden."""

import numpy as np
import pytest
import tensorflow as tf

from tasks.common.special_ids import END_ID, START_ID
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.builtin import generate
from tasks.text_classification.masking import Masker
from tasks.text_classification.text import ClassifierText

pytestmark = pytest.mark.tensorflow

TEXTS = [example.text for example in generate("sentiment", 300, 1, 1).train]


@pytest.fixture(scope="module")
def text():
    # So few pieces that many words have several.
    return ClassifierText(Vocabulary.train([TEXTS], size=120), max_length=128)


def masked(text, **arguments):
    """The ids, what became of them, positions and labels of all texts."""
    tf.random.set_seed(5)
    ids = text.encode(TEXTS).token_ids
    inputs, labels = tf.function(Masker(text, **arguments))(ids)
    arrays = (ids.to_tensor(), inputs["token_ids"], inputs["positions"], labels)
    return [array.numpy() for array in arrays]


@pytest.mark.parametrize("unit", ["tokens", "words", "spans"])
def test_labels_are_what_was_hidden_and_nothing_else_changes(text, unit):
    ids, hidden, positions, labels = masked(text, unit=unit)
    assert ids.shape == hidden.shape
    predicted = np.zeros(ids.shape, bool)
    for row in range(len(ids)):
        real = labels[row] > 0
        np.testing.assert_array_equal(ids[row, positions[row, real]], labels[row, real])
        assert len(set(positions[row, real])) == real.sum() > 0
        predicted[row, positions[row, real]] = True
    assert (ids != hidden)[~predicted].sum() == 0
    assert not np.isin(ids[predicted], [0, START_ID, END_ID]).any()
    share = predicted.sum() / (ids > END_ID).sum()
    assert 0.13 < share < 0.19


def test_most_become_the_mask_some_another_piece_some_stay(text):
    ids, hidden, positions, labels = masked(text, unit="tokens", rate=0.3)
    rows = np.arange(len(ids))[:, None]
    real = labels > 0
    now, before = hidden[rows, positions][real], labels[real]
    shares = [
        np.mean(now == text.mask_id),
        np.mean((now != text.mask_id) & (now != before)),
        np.mean(now == before),
    ]
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.03)
    assert now[now != text.mask_id].min() > END_ID
    assert now.max() == text.mask_id


@pytest.mark.parametrize("unit", ["words", "spans"])
def test_words_are_hidden_whole(text, unit):
    ids, _, positions, labels = masked(text, unit=unit)
    begins = np.array(
        [
            piece.startswith("▁") or i <= END_ID
            for i, piece in enumerate(text.vocabulary.pieces(range(text.size - 1)))
        ]
    )
    runs = []
    for row in range(len(ids)):
        chosen = np.zeros(ids.shape[1] + 1, bool)
        chosen[positions[row, labels[row] > 0]] = True
        for place in range(1, np.count_nonzero(ids[row])):
            if not begins[ids[row, place]]:
                assert chosen[place] == chosen[place - 1]
        starts = np.flatnonzero(chosen[1:] & ~chosen[:-1]) + 1
        for start in starts:
            end = start + np.argmin(chosen[start:])
            runs.append(begins[ids[row, start:end]].sum())
    assert 1.0 <= np.mean(runs) < (1.6 if unit == "words" else 4.5)
    if unit == "spans":
        assert np.mean(runs) > 2.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 1.0}, "`rate` must be between 0 and 1. Received: rate=1.0"),
        (
            {"mask_rate": 0.8, "random_rate": 0.3},
            "at most 1.*mask_rate=0.8, random_rate=0.3",
        ),
        ({"mean_span": 0.5}, "`mean_span` must be at least 1. Received: mean_span=0.5"),
    ],
)
def test_shares_out_of_range(text, arguments, message):
    with pytest.raises(ValueError, match=message):
        Masker(text, **arguments)


@pytest.mark.slow
def test_the_same_seed_hides_the_same(text):
    for one, other in zip(masked(text), masked(text), strict=True):
        np.testing.assert_array_equal(one, other)
