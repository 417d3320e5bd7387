"""What a bag of words reaches: TF-IDF of one- and two-word terms and a linear model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier

from tasks.text_classification.examples import Example, Splits
from tasks.text_classification.labels import LabelSet
from tasks.text_classification.scoring import Score, score
from tasks.text_classification.tables import Labels

_FEW = 5000  # examples, where a term that occurs once is kept
_STRENGTHS = (0.1, 1.0, 10.0, 100.0)  # how little the weights are held back
_MOST_ITERATIONS = 1000


@dataclass(frozen=True)
class Baseline:
    """What came out.

    Args:
        scores: on the test split.
        strength: the inverse of the regularisation, chosen on the validation split.
    """

    scores: list[Score]
    strength: float


def bag_of_words(splits: Splits, labels: LabelSet) -> Baseline | None:
    """Train the baseline, choose its regularisation on validation, score it on the test split.

    Args:
        splits: the data.
        labels: what may be said.

    Returns:
        The scores; None for labels of words, of which a bag of words knows nothing.
    """
    if labels.kind == "words":
        return None
    least = 2 if len(splits.train) > _FEW else 1
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least)
    features = [vectorizer.fit_transform(_joined(splits.train))]
    features += [vectorizer.transform(_joined(part)) for part in (splits.validation, splits.test)]
    train, validation, test = (
        _Part(x, labels.encode(examples))
        for x, examples in zip(
            features, (splits.train, splits.validation, splits.test), strict=True
        )
    )
    models = {strength: _fitted(train, labels.kind, strength) for strength in _STRENGTHS}
    strength = min(models, key=lambda one: _mistakes(models[one], validation, labels.kind))
    outputs = _outputs(models[strength], test, labels.kind)
    return Baseline(score(labels, test.truth, outputs), strength)


class _Part(NamedTuple):
    features: Any  # sparse matrix [examples, terms]
    truth: list[Any]


def _joined(examples: Sequence[Example]) -> list[str]:
    """Both texts of a pair count; that they are two is lost, as is the order of all words."""
    return [" ".join(example.texts) for example in examples]


def _fitted(part: _Part, kind: Labels, strength: float) -> Any:
    if kind == "number":
        return Ridge(alpha=1.0 / strength).fit(part.features, np.concatenate(part.truth))
    model = LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS)
    if kind == "several":
        return OneVsRestClassifier(model).fit(part.features, np.stack(part.truth).astype(int))
    return model.fit(part.features, np.array(part.truth))


def _outputs(model: Any, part: _Part, kind: Labels) -> list[np.ndarray]:
    if kind == "number":
        return list(model.predict(part.features)[:, None])
    return list(model.predict_proba(part.features))


def _mistakes(model: Any, part: _Part, kind: Labels) -> float:
    """What is least for the best model: wrong classes, or the squared error."""
    outputs = np.stack(_outputs(model, part, kind))
    if kind == "one":
        return float(np.mean(outputs.argmax(axis=-1) != np.array(part.truth)))
    target = np.stack(part.truth)
    return float(
        np.mean((outputs - target) ** 2 if kind == "number" else (outputs > 0.5) != target)
    )
