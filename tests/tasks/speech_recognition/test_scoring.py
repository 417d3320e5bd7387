"""Error rates are jiwer's; their intervals are wide where there are few utterances."""

import numpy as np
import pytest

from tasks.speech_recognition.scoring import (
    command_scores,
    errors_of_each,
    transcript_scores,
    word_error_rate,
)

SAID = ["one two three four", "five", "six seven"]
HEARD = ["one too three", "five five", "six seven"]


def by_name(scores):
    return {one.name: one.value for one in scores}


def test_each_kind_of_error_is_counted():
    found = by_name(transcript_scores(SAID, HEARD))
    assert found["word error rate"] == pytest.approx(100 * 3 / 7)
    assert word_error_rate(SAID, HEARD) == pytest.approx(100 * 3 / 7)
    for kind in ("substitutions", "deletions", "insertions"):
        assert found[kind] == pytest.approx(100 / 7)
    assert errors_of_each(SAID, HEARD) == [2, 1, 0]


def test_the_interval_holds_the_rate_and_shrinks():
    few, many = (by_name(transcript_scores(n * SAID, n * HEARD)) for n in (3, 60))
    for found in (few, many):
        rate = found["word error rate"]
        assert found["word error rate, low"] < rate < found["word error rate, high"]
    widths = [f["word error rate, high"] - f["word error rate, low"] for f in (few, many)]
    assert widths[1] < 0.4 * widths[0]


def test_accuracy_of_commands():
    probabilities = np.eye(3)[[0, 1, 2, 2]]
    found = by_name(command_scores(np.array([0, 1, 2, 1]), probabilities))
    assert found["accuracy"] == 75.0
    assert found["accuracy, low"] == pytest.approx(30.06, abs=0.01)  # Wilson's, of 3 in 4
    assert found["accuracy, high"] == pytest.approx(95.44, abs=0.01)


@pytest.mark.parametrize(("said", "heard"), [([], []), (["a"], [])])
def test_there_must_be_as_many(said, heard):
    with pytest.raises(ValueError, match="a transcript for each utterance"):
        transcript_scores(said, heard)
