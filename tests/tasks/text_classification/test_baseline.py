"""The bag of words: it learns what words say, and nothing of their order."""

import numpy as np
import pytest

from tasks.text_classification.baseline import BagOfWords
from tasks.text_classification.builtin import generate
from tasks.text_classification.examples import Example, Splits
from tasks.text_classification.labels import LabelSet


def splits_of(train, rest):
    return Splits(train, rest, rest)


def test_words_decide():
    texts = {"good": "a fine meal number", "bad": "a poor meal number"}
    examples = [Example(f"{text} {n}", name) for n in range(20) for name, text in texts.items()]
    bag = BagOfWords(splits_of(examples, examples), LabelSet("one", ("bad", "good")))
    outputs = np.stack(bag.outputs([Example("poor", "bad"), Example("fine", "good")]))
    assert outputs.argmax(axis=-1).tolist() == [0, 1]
    np.testing.assert_allclose(outputs.sum(axis=-1), 1.0)


@pytest.mark.parametrize(("kind", "labels"), [("aspects", "several"), ("rating", "number")])
def test_other_labels(kind, labels):
    splits = generate(kind, 500, 50, 50)
    known = LabelSet.of(splits.train, labels)
    outputs = BagOfWords(splits, known).outputs(splits.test)
    assert len(outputs) == 50
    assert outputs[0].shape == (known.num_outputs,)


def test_the_validation_split_chooses_how_much_the_weights_are_held_back():
    draw = np.random.default_rng(3)
    noise = [
        Example(" ".join(draw.choice(["aa", "bb", "cc", "dd"], 5)), str(draw.choice(["x", "y"])))
        for _ in range(60)
    ]
    clear = [Example(f"{name}{name} {n}", name) for n in range(30) for name in ("x", "y")]
    labels = LabelSet("one", ("x", "y"))
    strengths = [BagOfWords(splits_of(part, part), labels).strength for part in (clear, noise)]
    assert strengths[0] == 0.1  # all are without a mistake: the simplest
    assert strengths[1] > 0.1  # noise can only be learned by heart
