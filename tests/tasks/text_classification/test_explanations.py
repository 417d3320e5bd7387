"""Explanations against what is known of them, on a model whose reasons are known."""

import numpy as np
import pytest

from tasks.text_classification.explanations import (
    METHODS,
    RANDOM,
    Explainer,
    Faithfulness,
    faithful,
)
from tasks.text_classification.model import Classifier
from tasks.text_classification.reasons import as_lines, as_page, explained

pytestmark = pytest.mark.tensorflow

TEXTS = ["The soup is not bad.", "Nobody calls the waiter kind, but the bread is fresh."]


@pytest.fixture(scope="module")
def classifier(tiny_run):
    return Classifier.load(tiny_run)


@pytest.fixture(scope="module")
def explainer(classifier):
    return Explainer(classifier)


@pytest.mark.parametrize("method", METHODS)
def test_there_is_a_score_for_each_token(explainer, classifier, method):
    for text, one in zip(TEXTS, explainer.explain(TEXTS, None, method), strict=True):
        assert len(one.pieces) == len(one.scores)
        assert "".join(one.pieces[1:-1]).replace("\u2581", " ").strip() == text
        (prediction,) = classifier([text])
        assert one.label == prediction.label
        assert one.probability == pytest.approx(prediction.probabilities[one.label], abs=1e-5)


def test_integrated_gradients_add_up_to_what_the_tokens_add(explainer, classifier):
    inputs = classifier.inputs(TEXTS)
    embedded = classifier.model.embedded(inputs).numpy()
    logits = classifier.model_logits(inputs)
    classes = logits.argmax(axis=-1)
    without = classifier.model({**inputs, "perturbation": -embedded}).numpy()
    scores = explainer.integrated_gradients(inputs, classes, steps=200)
    for row, label in enumerate(classes):
        expected = logits[row, label] - without[row, label]
        assert scores[row].sum() == pytest.approx(expected, abs=1e-3)


def test_gradient_times_input_is_the_first_order(explainer, classifier):
    """Against a difference quotient of the logit when a token's embedding grows a little."""
    inputs = classifier.inputs(TEXTS[:1])
    embedded = classifier.model.embedded(inputs).numpy()
    classes = classifier.model_logits(inputs).argmax(axis=-1)
    scores = explainer.gradient_times_input(inputs, classes)
    for token in (1, 3):
        change, step = np.zeros_like(embedded), 1e-2
        change[:, token] = step * embedded[:, token]
        more, less = (
            classifier.model({**inputs, "perturbation": sign * change}).numpy()[0, classes[0]]
            for sign in (1, -1)
        )
        assert scores[0, token] == pytest.approx((more - less) / (2 * step), rel=0.05, abs=1e-3)


@pytest.mark.parametrize("method", ["attention of the last layer", "attention rollout"])
def test_attention_is_shared_out(explainer, method):
    for one in explainer.explain(TEXTS, None, method):
        assert one.scores.min() >= 0
        assert one.scores.sum() == pytest.approx(1.0, abs=1e-4)


class OnlyOneWordCounts:
    """A classifier whose answer is the number of one token, so that the reasons are known."""

    def __init__(self, classifier, token_id):
        self.facts, self.text, self._classifier = classifier.facts, classifier.text, classifier
        self.model, self._token_id = classifier.model, token_id
        self.inputs, self.forward = classifier.inputs, classifier.forward
        self.probabilities = classifier.probabilities

    def model_logits(self, inputs):
        count = (inputs["token_ids"] == self._token_id).sum(axis=1)
        return np.stack([np.zeros(len(count)), 3.0 * count], axis=1)


def test_deletion_tells_a_good_explanation_from_a_bad_one(classifier, monkeypatch):
    texts = [f"{text} {text}" for text in TEXTS * 4]
    token_id = classifier.inputs(texts)["token_ids"][0, 3]

    def good(self, inputs, classes):
        return (inputs["token_ids"] == token_id).astype(float)

    def bad(self, inputs, classes):
        return (inputs["token_ids"] != token_id).astype(float)

    monkeypatch.setattr(
        "tasks.text_classification.explanations.METHODS", {"good": good, "bad": bad}
    )
    found = Explainer(OnlyOneWordCounts(classifier, token_id)).faithfulness(texts, shares=(0.3,))

    falls = {one.method: one.falls[0] for one in found}
    assert falls["good"] > falls[RANDOM] > falls["bad"]
    assert faithful(found) == ("good",)


def test_better_than_chance_at_every_share():
    found = [
        Faithfulness("always", np.array([0.3, 0.5])),
        Faithfulness("at first", np.array([0.3, 0.3])),
        Faithfulness(RANDOM, np.array([0.1, 0.4])),
    ]
    assert faithful(found) == ("always",)


def test_reasons_in_a_line_and_on_a_page(explainer):
    rows = explained(explainer, ["<b>not bad</b>"], None)
    plain = as_lines(rows[0], colored=False, faithful=("integrated gradients",))
    assert [line.split("  ")[1] for line in plain.splitlines()] == list(METHODS)
    assert plain.count("no better than tokens at random") == 3
    assert "\x1b[" not in plain
    assert "\x1b[" in as_lines(rows[0], colored=True, faithful=None)
    page = as_page(rows, ["<b>not bad</b>"], None)
    assert "<b>" not in page
    assert "&lt;b&gt;not bad" in page
    assert page.count("<h3>") == len(METHODS)


def test_only_classes_are_explained(classifier, monkeypatch):
    from dataclasses import replace

    labels = replace(classifier.facts.labels, kind="several")
    other = Classifier(classifier.model, classifier.text, replace(classifier.facts, labels=labels))
    with pytest.raises(ValueError, match="Only answers of one class .* 'several'"):
        Explainer(other)
