"""Scores against their definitions."""

import numpy as np
import pytest

from tasks.text_classification.labels import LabelSet
from tasks.text_classification.scoring import score

THREE = LabelSet("one", ("a", "b", "c"))


def values(scores):
    return {one.name: one.value for one in scores}


def test_one_class():
    probabilities = np.eye(3)[[0, 1, 1, 2]]
    found = values(score(THREE, [0, 1, 2, 2], list(probabilities)))
    assert found["accuracy"] == 75.0
    # F1 of a is 1, of b 2/3, of c 2/3.
    assert found["macro F1"] == pytest.approx(100 * (1 + 2 / 3 + 2 / 3) / 3)
    assert found["expected calibration error"] == pytest.approx(25.0)


def test_several_classes():
    labels = LabelSet("several", ("a", "b"))
    truth = np.array([[1, 0], [1, 1], [0, 0]], "float32")
    said = np.array([[0.9, 0.1], [0.9, 0.2], [0.4, 0.3]])
    found = values(score(labels, truth, said))
    assert found["exact match"] == pytest.approx(200 / 3)
    assert found["micro F1"] == pytest.approx(80.0)
    assert found["macro F1"] == pytest.approx(50.0)


def test_numbers_are_scored_in_their_own_unit():
    labels = LabelSet("number", offset=3.0, scale=2.0)
    truth, said = np.array([[0.0], [1.0], [-1.0]]), np.array([[0.5], [1.0], [-1.0]])
    found = values(score(labels, truth, said))
    assert found["mean absolute error"] == pytest.approx(1 / 3)
    assert found["root mean squared error"] == pytest.approx(np.sqrt(1 / 3))
    assert found["Spearman correlation"] == pytest.approx(100.0)
    assert 90 < found["Pearson correlation"] < 100


def test_words():
    labels = LabelSet("words", ("O", "B"))
    truth = [np.array([0, 1]), np.array([0])]
    said = [np.array([[0.9, 0.1], [0.6, 0.4]]), np.array([[0.8, 0.2]])]
    found = values(score(labels, truth, said))
    assert found["accuracy of words"] == pytest.approx(200 / 3)
    assert found["texts without a mistake"] == 50.0
