"""Scores of predictions, by scikit-learn, and how far the probabilities can be trusted."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn import metrics

from tasks.common.scores import Score, calibration_error
from tasks.text_classification.labels import LabelSet

_KEPT = 0.95  # of the validation split, by the threshold of what is out of scope


def score(labels: LabelSet, truth: Sequence[Any], outputs: Sequence[np.ndarray]) -> list[Score]:
    """The scores of a model, by the kind of what it says.

    Args:
        labels: what may be said.
        truth: what `LabelSet.encode` made of the right labels.
        outputs: for each example the probability of each class (of each word: a row each), or the
            number itself, in the unit of training.

    Returns:
        For one class: accuracy, macro F1, expected calibration error. For several: the share of
        examples with exactly the right classes, micro and macro F1. For numbers: mean absolute
        error, root mean squared error, Pearson and Spearman correlation. For words: accuracy and
        macro F1 over words, the share of texts without any mistake.
    """
    return _SCORES[labels.kind](labels, truth, outputs)


def out_of_scope_scores(
    validation: np.ndarray, test: np.ndarray, out_of_scope: np.ndarray, kept: float = _KEPT
) -> list[Score]:
    """How well a low probability of the predicted class tells what no class fits.

    What is less probable than a threshold is out of scope. The threshold is the one that keeps
    `kept` of the validation split.

    Args:
        validation, test: probabilities `[examples, classes]` of examples that have a class.
        out_of_scope: the same of examples that have none.
        kept: the share.

    Returns:
        The share of `out_of_scope` that is found out, and the share of `test` that is kept.

    References:
        [Larson et al., 2019](https://aclanthology.org/D19-1131), which measures both
    """
    threshold = np.quantile(validation.max(axis=-1), 1.0 - kept)
    return [
        Score("out-of-scope recall", 100.0 * float((out_of_scope.max(axis=-1) < threshold).mean())),
        Score("in-scope kept", 100.0 * float((test.max(axis=-1) >= threshold).mean())),
    ]


def _of_one(_: LabelSet, truth, outputs) -> list[Score]:
    probabilities, ids = np.stack(outputs), np.array(truth)
    predicted = probabilities.argmax(axis=-1)
    return [
        Score("accuracy", 100.0 * metrics.accuracy_score(ids, predicted)),
        Score("macro F1", 100.0 * metrics.f1_score(ids, predicted, average="macro")),
        Score("expected calibration error", calibration_error(probabilities, ids)),
    ]


def _of_several(_: LabelSet, truth, outputs) -> list[Score]:
    right, predicted = np.stack(truth) > 0.5, np.stack(outputs) > 0.5

    def f1(average: str) -> float:
        return 100.0 * metrics.f1_score(right, predicted, average=average, zero_division=0.0)

    return [
        Score("exact match", 100.0 * metrics.accuracy_score(right, predicted)),
        Score("micro F1", f1("micro")),
        Score("macro F1", f1("macro")),
    ]


def _of_number(labels: LabelSet, truth, outputs) -> list[Score]:
    right, predicted = (
        labels.offset + labels.scale * np.concatenate(values) for values in (truth, outputs)
    )
    return [
        Score("mean absolute error", metrics.mean_absolute_error(right, predicted), ""),
        Score("root mean squared error", metrics.root_mean_squared_error(right, predicted), ""),
        Score("Pearson correlation", 100.0 * float(pearsonr(right, predicted).statistic)),
        Score("Spearman correlation", 100.0 * float(spearmanr(right, predicted).statistic)),
    ]


def _of_words(_: LabelSet, truth, outputs) -> list[Score]:
    rows = [row.argmax(axis=-1) for row in outputs]
    right, predicted = np.concatenate(truth), np.concatenate(rows)
    whole = [np.array_equal(a, b) for a, b in zip(truth, rows, strict=True)]
    return [
        Score("accuracy of words", 100.0 * metrics.accuracy_score(right, predicted)),
        Score("macro F1 of words", 100.0 * metrics.f1_score(right, predicted, average="macro")),
        Score("texts without a mistake", 100.0 * float(np.mean(whole))),
    ]


_SCORES = {"one": _of_one, "several": _of_several, "number": _of_number, "words": _of_words}
