import logging
import math

import numpy as np
import pytest

from tasks.common import console
from tasks.common.characters import Characters
from tasks.common.transformer_config import TransformerConfig
from tasks.language_model import evaluate
from tasks.language_model.model import build_model
from tasks.language_model.scoring import Score, score
from tasks.language_model.text import RunningText
from tasks.language_model.windows import Windowing

pytestmark = pytest.mark.tensorflow


def test_a_score_is_the_cross_entropy_of_each_unit_from_those_before_it():
    content = "abcabdabcaa\n" * 5 + "ab"  # 62 characters: the last window is not full
    text = RunningText(Characters.of(content))
    model = build_model(TransformerConfig(num_layers=1, d_model=12, num_heads=3, dff=17), 8)
    ids = text.encode(content)

    found = score(model, text, content, Windowing(length=7, batch_size=5))

    nats = 0.0
    for start in range(0, len(ids), 7):
        window = ids[start : start + 7]
        logits = np.asarray(model(np.array([[2, *window[:-1]]])), "float64")[0]
        totals = np.log(np.exp(logits).sum(axis=-1))
        nats += float(np.sum(totals - logits[np.arange(len(window)), window]))
    assert (found.characters, found.units) == (62, 62)
    assert found.nats == pytest.approx(nats, rel=1e-5)


def test_a_score_in_other_words():
    found = Score(characters=8, units=4, nats=12.0)

    assert found.nats_per_character == 1.5
    assert found.bits_per_character == pytest.approx(1.5 / math.log(2))
    assert found.perplexity == pytest.approx(math.exp(3.0))
    expected = "1.5000 nats per character, 2.1640 bits, perplexity 20.086 per unit"
    assert str(found) == expected


def test_all_three_scores_are_printed(tiny_run, caplog):
    caplog.set_level(logging.INFO)

    console.run(evaluate.main, [str(tiny_run), "--weights", "best"])

    for words in evaluate.SPLITS.values():
        assert f"characters of {words}:" in caplog.text
    assert "nats per character" in caplog.text


def test_a_run_that_is_none_is_told(capsys):
    with pytest.raises(SystemExit) as exit:
        console.run(evaluate.main, ["nowhere"])

    assert exit.value.code == 2
    assert "There is no run in nowhere" in capsys.readouterr().err
