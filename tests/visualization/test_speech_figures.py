"""A picture of an utterance: what is likely is drawn and named, in its place in time."""

import numpy as np
import pytest

from keras_attention.visualization import figure_to_image, speech_figure

FEATURES = np.random.default_rng(0).normal(size=(40, 9))
PIECES = ["", "a", "b", "c"]
POSTERIORS = np.full((10, 4), 0.02)
POSTERIORS[np.arange(10), [0, 1, 1, 0, 0, 2, 0, 0, 1, 0]] = 0.94


def test_likely_pieces_are_named_where_they_begin():
    figure = speech_figure(FEATURES, POSTERIORS, PIECES, seconds=2.0, title="aba")
    _, ctc = figure.axes
    assert [(text.get_text(), round(text.get_position()[0], 1)) for text in ctc.texts] == [
        ("a", 0.3),
        ("a", 1.7),
        ("b", 1.1),
    ]
    assert len(ctc.lines) == 3  # the blank, "a" and "b"; "c" is never likely
    assert figure.get_suptitle() == "aba"


def test_attention_has_a_row_for_each_token():
    attention = np.eye(3, 10)
    figure = speech_figure(FEATURES, POSTERIORS, PIECES, 2.0, attention, ["a", "b", "</s>"])
    decoder = figure.axes[-1]
    assert [label.get_text() for label in decoder.get_yticklabels()] == ["a", "b", "</s>"]
    assert list(decoder.get_yticks()) == pytest.approx([5 / 6, 1 / 2, 1 / 6])
    pixels = figure_to_image(figure)
    assert pixels.dtype == np.uint8
    assert pixels.std() > 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(pieces=["a"]), "must name each column of `posteriors`. Received: 1 pieces, 4"),
        (
            dict(pieces=PIECES, attention=np.eye(3), written=["a"]),
            "must name each row of `attention`. Received: 1 tokens, 3 rows",
        ),
    ],
)
def test_names_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        speech_figure(FEATURES, POSTERIORS, seconds=2.0, **arguments)
