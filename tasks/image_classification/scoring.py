"""Scores of predictions, by scikit-learn."""

import numpy as np
from sklearn import metrics

from tasks.common.scores import Score, calibration_error

_TOP = 5


def score(truth: np.ndarray, probabilities: np.ndarray) -> list[Score]:
    """The scores of a model.

    Args:
        truth: class ids `[count]`.
        probabilities: `[count, classes]`.

    Returns:
        Accuracy (top-1), top-5 accuracy if there are more than five classes, macro F1, expected
        calibration error.
    """
    ids = np.arange(probabilities.shape[1])
    predicted = probabilities.argmax(axis=-1)
    found = [Score("accuracy", 100.0 * metrics.accuracy_score(truth, predicted))]
    if len(ids) > _TOP:
        top = metrics.top_k_accuracy_score(truth, probabilities, k=_TOP, labels=ids)
        found.append(Score("top-5 accuracy", 100.0 * float(top)))
    return [
        *found,
        Score("macro F1", 100.0 * metrics.f1_score(truth, predicted, average="macro")),
        Score("expected calibration error", calibration_error(probabilities, truth)),
    ]
