"""Scores of classifiers of any kind, by scikit-learn, and how far probabilities can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn import metrics

_BINS = 15


@dataclass(frozen=True)
class Score:
    """One number of one metric.

    Args:
        name: the metric.
        value: in its unit.
        unit: `"%"` or `""`.
    """

    name: str
    value: float
    unit: str = "%"

    def __str__(self) -> str:
        return f"{self.name:<28} {self.value:8.2f} {self.unit}".rstrip()


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = _BINS) -> float:
    """The expected calibration error in percent.

    Predictions are binned by the probability of the predicted class; the error is the mean
    distance between the accuracy of a bin and its mean probability, weighted by its size.

    Args:
        probabilities: `[examples, classes]`.
        truth: class ids `[examples]`.
        bins: number of bins of equal width.

    References:
        [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
    """
    confidence = probabilities.max(axis=-1)
    right = probabilities.argmax(axis=-1) == truth
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for place in np.unique(places):
        chosen = places == place
        error += chosen.mean() * abs(right[chosen].mean() - confidence[chosen].mean())
    return 100.0 * float(error)


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """What to divide logits by so that the likelihood of the validation labels is the greatest.

    Args:
        logits: `[examples, classes]` of the validation split.
        truth: class ids `[examples]`.

    References:
        [Guo et al., 2017](https://arxiv.org/abs/1706.04599)
    """

    def loss(log_temperature: float) -> float:
        return metrics.log_loss(
            truth,
            softmax(logits / np.exp(log_temperature), axis=-1),
            labels=np.arange(logits.shape[1]),
        )

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def report(classes: Sequence[str], truth: Sequence[int], predicted: Sequence[int]) -> str:
    """Precision, recall and F1 of each class, as a table."""
    return metrics.classification_report(
        truth,
        predicted,
        labels=np.arange(len(classes)),
        target_names=list(classes),
        digits=4,
        zero_division=0.0,
    )


def confusions(count: int, truth: Sequence[int], predicted: Sequence[int]) -> np.ndarray:
    """How often each of `count` classes (rows) was taken for each (columns)."""
    return metrics.confusion_matrix(truth, predicted, labels=np.arange(count))
