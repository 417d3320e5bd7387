"""What all classifiers are scored by, against its definition."""

import numpy as np
import pytest
from scipy.special import softmax

from tasks.common.scores import best_temperature, calibration_error, confusions, report

draw = np.random.default_rng(3)


def test_honest_probabilities_have_no_calibration_error():
    confidence = draw.uniform(0.5, 1.0, size=200_000)
    truth = (draw.random(len(confidence)) > confidence).astype(int)
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    assert calibration_error(probabilities, truth) < 0.5
    assert calibration_error(np.eye(2)[np.zeros(200, int)], np.arange(200) % 2) == 50.0


@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_the_temperature_that_logits_were_multiplied_by_is_found(temperature):
    logits = draw.normal(size=(20_000, 5)) * 2
    cumulative = softmax(logits, axis=-1).cumsum(axis=1)
    truth = (draw.random((len(logits), 1)) > cumulative).sum(axis=1).clip(max=4)
    assert best_temperature(logits * temperature, truth) == pytest.approx(temperature, rel=0.05)


def test_the_report_and_the_confusions_name_every_class():
    text = report(("a", "b", "c"), [0, 1, 1], [0, 1, 2])
    assert all(name in text for name in ("a", "b", "c", "macro avg"))
    np.testing.assert_array_equal(
        confusions(3, [0, 1, 1], [0, 1, 2]), [[1, 0, 0], [0, 1, 1], [0, 0, 0]]
    )
