"""The command that scores a run, and what is out of scope."""

import json
import logging
import shutil

import numpy as np
import pytest

from tasks.common import console
from tasks.text_classification import evaluate
from tasks.text_classification.scoring import out_of_scope_scores

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def run(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "run")


def test_a_split_is_scored_beside_a_bag_of_words(run, caplog):
    caplog.set_level(logging.INFO)
    console.run(evaluate.main, [str(run), "--split", "validation", "--explained", "3"])

    text = caplog.text
    assert "53 examples of builtin_sentiment, validation split" in text
    for name in ("accuracy", "macro F1", "expected calibration error"):
        assert name in text
    assert text.count("bag of words:") == 3
    assert "precision" in text
    assert "Better than tokens at random:" in text
    rows = (run / "validation.builtin_sentiment.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(rows[0]).keys() == {"text", "label", "said"}


def test_an_unknown_task_is_named(run, capsys):
    with pytest.raises(SystemExit):
        console.run(evaluate.main, [str(run), "--task", "sst2"])
    assert "`task` must be one of builtin_sentiment. Received: 'sst2'" in capsys.readouterr().err


def test_out_of_scope():
    draw = np.random.default_rng(3)

    def with_confidence(values):
        return np.stack([values, 1 - values], axis=1)

    validation, test = (with_confidence(draw.uniform(0.6, 1.0, 20_000)) for _ in range(2))
    unsure = with_confidence(draw.uniform(0.5, 0.7, 20_000))
    recall, kept = out_of_scope_scores(validation, test, unsure)
    # The threshold is the twentieth of 0.6 to 1.0, 0.62, which is above three fifths of the others.
    assert recall.value == pytest.approx(60.0, abs=1.5)
    assert kept.value == pytest.approx(95.0, abs=0.6)
