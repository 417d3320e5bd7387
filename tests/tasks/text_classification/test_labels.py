"""Labels as numbers and back."""

import numpy as np
import pytest

from tasks.text_classification.examples import Example
from tasks.text_classification.labels import LabelSet


def of(kind, *labels):
    examples = [Example(f"text {i}", label) for i, label in enumerate(labels)]
    return LabelSet.of(examples, kind), examples


def test_one_class():
    labels, examples = of("one", "b", "a", "c", "b")
    assert labels.names == ("a", "b", "c")
    assert labels.encode(examples) == [1, 0, 2, 1]
    said = labels.decode(np.array([0.25, 0.5, 0.25]))
    assert said.label == "b"
    assert said.probabilities == {"a": 0.25, "b": 0.5, "c": 0.25}


def test_several_classes():
    labels, examples = of("several", ("b",), (), ("a", "b"))
    assert labels.num_outputs == 2
    np.testing.assert_array_equal(labels.encode(examples), [[0, 1], [0, 0], [1, 1]])
    assert labels.decode(np.array([0.4, 0.75])).label == ("b",)
    assert labels.decode(np.array([0.25, 0.25])).label == ()


def test_numbers_are_learned_in_standard_deviations():
    labels, examples = of("number", 1.0, 2.0, 6.0)
    encoded = np.concatenate(labels.encode(examples))
    assert encoded.mean() == pytest.approx(0, abs=1e-6)
    assert encoded.std() == pytest.approx(1)
    for number, example in zip(encoded, examples, strict=True):
        assert labels.decode(np.array([number])).label == pytest.approx(example.label)
    assert labels.num_outputs == 1
    constant, _ = of("number", 2.0, 2.0)
    assert constant.scale == 1.0


def test_classes_of_words():
    labels, examples = of("words", ("O", "B"), ("O",))
    assert [row.tolist() for row in labels.encode(examples)] == [[1, 0], [1]]
    assert labels.decode(np.array([[0.75, 0.25], [0.1, 0.9]])).label == ("B", "O")


def test_rare_classes_weigh_more():
    labels, examples = of("one", "a", "a", "a", "b")
    weights = labels.weights(examples)
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])
    assert weights.mean() == pytest.approx(1)
    several, examples = of("several", ("a",), ("b",))
    with pytest.raises(ValueError, match="one class per example .* labels of kind several"):
        several.weights(examples)


@pytest.mark.parametrize(
    ("kind", "label", "expected"),
    [("one", ("a",), "str"), ("several", "a", "tuple"), ("number", "3", "float")],
)
def test_labels_of_another_kind(kind, label, expected):
    with pytest.raises(ValueError, match=f"must be of type {expected}. Received: .*example 1"):
        of(kind, label)


def test_other_labels_than_a_checkpoint_has():
    labels, _ = of("one", "a", "b")
    labels.check(of("one", "b", "a")[0], "runs/x")
    with pytest.raises(ValueError, match=r"than runs/x. Expected one: a, c. Received one: a, b"):
        labels.check(of("one", "a", "c")[0], "runs/x")
    many = LabelSet("one", tuple(f"class {i}" for i in range(150)))
    with pytest.raises(ValueError, match=r"class 7 and 142 more\. Received one: a, b"):
        labels.check(many, "runs/x")
