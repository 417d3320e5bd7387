"""The SavedModel says what the classifier says, for every kind of label, from strings alone."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tasks.common import console
from tasks.common.run_folder import RunFolder
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification import export as export_module
from tasks.text_classification.corpora import label_kind, load_examples
from tasks.text_classification.examples import columns
from tasks.text_classification.facts import Facts, RunFacts
from tasks.text_classification.labels import LabelSet
from tasks.text_classification.model import Classifier, build_model, make_text

pytestmark = pytest.mark.tensorflow

TEXTS = ["The soup is not bad.", "Kind", "The waiter is kind. " * 30]

# Everything that a user of the SavedModel needs, and proof that it is everything.
CLIENT = """
import sys
import tensorflow as tf
import tensorflow_text

classify = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
for label in classify(text=tf.constant(sys.argv[2:]))["label"].numpy():
    print(label.decode())
ours = [name for name in sys.modules if name.startswith(("keras_attention", "tasks"))]
assert not ours, ours
"""


@pytest.fixture(scope="module")
def exported(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "model"
    console.run(export_module.main, [str(tiny_run), "--output", str(path)])
    return path


def test_the_saved_model_says_what_the_classifier_says(exported, tiny_run):
    classifier = Classifier.load(tiny_run)
    classify = tf.saved_model.load(exported).signatures["serving_default"]
    for texts in (TEXTS, TEXTS[:1]):
        found = classify(text=tf.constant(texts))
        assert [name.decode() for name in found["classes"].numpy()] == ["negative", "positive"]
        np.testing.assert_allclose(
            found["probabilities"], np.stack(classifier.outputs(texts)), atol=1e-5
        )
        labels = [prediction.label for prediction in classifier(texts)]
        assert [label.decode() for label in found["label"].numpy()] == labels


@pytest.mark.slow
def test_a_fresh_process_needs_nothing_of_ours(exported, tiny_run, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-c", CLIENT, str(exported), *TEXTS],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    expected = [prediction.label for prediction in Classifier.load(tiny_run)(TEXTS)]
    assert finished.stdout.splitlines() == expected


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["entailment", "aspects", "rating", "words"])
def test_every_kind_of_label(tiny_run, tiny_config, tmp_path, kind):
    """New weights will do: what matters is that both say the same."""
    config = tiny_config(kind)
    splits = load_examples(config.data)
    labels = LabelSet.of(splits.train, label_kind(config.data))
    facts = Facts("task", labels, num_segments=len(splits.train[0].texts))
    vocabulary: Vocabulary = RunFolder(tiny_run).load_vocabulary()
    text = make_text(config.text, vocabulary, labels)
    classifier = Classifier(build_model(config, text.size, RunFacts((facts,))), text, facts)
    texts, seconds = columns(splits.test[:7])
    export_module.export(classifier, tmp_path / "model")

    classify = tf.saved_model.load(tmp_path / "model").signatures["serving_default"]
    strings = {"text": texts} | ({"second": seconds} if seconds else {})
    found = classify(**{name: tf.constant(values) for name, values in strings.items()})

    expected = [prediction.label for prediction in classifier(texts, seconds)]
    if kind == "rating":
        np.testing.assert_allclose(found["number"], expected, atol=1e-4)
    else:
        separator = {"aspects": "\t", "words": " "}.get(kind)
        said = [label.decode() for label in found["label"].numpy()]
        if separator:
            expected = [separator.join(label) for label in expected]
        assert said == expected
