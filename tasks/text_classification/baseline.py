"""What a bag of words reaches: TF-IDF of one- and two-word terms and a linear model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier

from tasks.text_classification.examples import Example, Splits
from tasks.text_classification.labels import LabelSet
from tasks.text_classification.tables import Labels

_FEW = 5000  # examples, where a term that occurs once is kept
_STRENGTHS = (0.1, 1.0, 10.0, 100.0)  # how little the weights are held back
_MOST_ITERATIONS = 1000


class BagOfWords:
    """The baseline, trained; its regularisation is what does best on the validation split.

    Args:
        splits: the data, of which the test split is not read.
        labels: what may be said; not classes of words, of which a bag of words knows nothing.
    """

    def __init__(self, splits: Splits, labels: LabelSet):
        self.labels = labels
        least = 2 if len(splits.train) > _FEW else 1
        self._vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=least)
        features = self._vectorizer.fit_transform(_joined(splits.train))
        truth = labels.encode(splits.train)
        self._model, fewest = None, np.inf
        for strength in _STRENGTHS:
            model = _fitted(features, truth, labels.kind, strength)
            outputs = _outputs(model, self._features(splits.validation), labels.kind)
            mistakes = _mistakes(outputs, labels.encode(splits.validation), labels.kind)
            if mistakes < fewest:
                self._model, self.strength, fewest = model, strength, mistakes

    def outputs(self, examples: Sequence[Example]) -> list[np.ndarray]:
        """Probabilities `[classes]` for each example, or a number `[1]`."""
        return _outputs(self._model, self._features(examples), self.labels.kind)

    def _features(self, examples: Sequence[Example]) -> Any:
        return self._vectorizer.transform(_joined(examples))


def _joined(examples: Sequence[Example]) -> list[str]:
    """Both texts of a pair count; that they are two is lost, as is the order of all words."""
    return [" ".join(example.texts) for example in examples]


def _fitted(features: Any, truth: list[Any], kind: Labels, strength: float) -> Any:
    if kind == "number":
        return Ridge(alpha=1.0 / strength).fit(features, np.concatenate(truth))
    model = LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS)
    if kind == "several":
        return OneVsRestClassifier(model).fit(features, np.stack(truth).astype(int))
    return model.fit(features, np.array(truth))


def _outputs(model: Any, features: Any, kind: Labels) -> list[np.ndarray]:
    if kind == "number":
        return list(model.predict(features)[:, None])
    return list(model.predict_proba(features))


def _mistakes(outputs: list[np.ndarray], truth: list[Any], kind: Labels) -> float:
    """What is least for the best model: wrong classes, or the squared error."""
    found, right = np.stack(outputs), np.stack(truth)
    if kind == "one":
        return float(np.mean(found.argmax(axis=-1) != right))
    return float(np.mean((found - right) ** 2 if kind == "number" else (found > 0.5) != right))
