"""Coloured tokens: the greatest score has the full colour, nothing of the text is markup."""

import re

import numpy as np
import pytest

from keras_attention.visualization import (
    figure_to_image,
    token_scores_ansi,
    token_scores_figure,
    token_scores_html,
)

TOKENS = ["▁not", "▁a", "▁b", "ad", "▁film"]
SCORES = np.array([2.0, 0.0, -1.0, -2.0, 1.0])
WHITE, BLUE, ORANGE = (255, 255, 255), (31, 119, 180), (214, 96, 30)


def test_colours_are_shares_of_the_greatest_score():
    colors = re.findall(r"48;2;(\d+);(\d+);(\d+)m", token_scores_ansi(TOKENS, SCORES))
    colors = [tuple(map(int, color)) for color in colors]
    assert (colors[0], colors[1], colors[3]) == (BLUE, WHITE, ORANGE)
    for half, full in ((colors[2], ORANGE), (colors[4], BLUE)):
        np.testing.assert_allclose(half, (np.array(WHITE) + full) / 2, atol=1)


def test_the_text_can_be_read_and_the_colour_ends():
    line = token_scores_ansi(TOKENS, SCORES)
    assert re.sub(r"\x1b\[[\d;]*m", "", line) == " not a bad film"
    assert line.endswith("\x1b[0m")


def test_what_tokens_hold_is_no_markup():
    page = token_scores_html(["▁<script>", '"&'], [1.0, 0.5])
    assert "<script>" not in page
    assert re.sub(r"</?(p|span[^>]*)>", "", page) == " &lt;script&gt;&quot;&amp;"


def test_scores_that_are_all_zero_are_white():
    assert token_scores_html(["a"], [0.0]).count("rgb(255,255,255)") == 1


def test_a_picture_of_long_texts_is_as_wide_as_of_short_ones():
    short = figure_to_image(token_scores_figure([("one", TOKENS, SCORES)]))
    long = figure_to_image(token_scores_figure([("one", TOKENS * 30, np.tile(SCORES, 30))]))
    assert short.shape[1] == long.shape[1]
    assert long.shape[0] > 2 * short.shape[0]
    assert (long.reshape(-1, 3) == BLUE).all(axis=1).any()
    assert (long.reshape(-1, 3) == ORANGE).all(axis=1).any()


@pytest.mark.parametrize("draw", [token_scores_ansi, token_scores_html])
def test_a_score_for_each_token(draw):
    with pytest.raises(ValueError, match=r"5 tokens and scores of shape \(2,\)"):
        draw(TOKENS, SCORES[:2])
    with pytest.raises(ValueError, match="at least one text"):
        token_scores_figure([])
