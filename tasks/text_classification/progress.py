"""What a run shows while it trains: confusions, the surest mistakes, the tokens behind answers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_attention.visualization.confusion import confusion_figure
from keras_attention.visualization.token_scores import token_scores_figure
from tasks.common.scores import confusions
from tasks.common.spread import spread
from tasks.common.tensorboard import EpochEvents, markdown_table, write_figure
from tasks.text_classification.examples import Example, columns
from tasks.text_classification.explanations import METHODS, Explainer
from tasks.text_classification.model import Classifier

_MOST_CLASSES = 50  # of a picture of confusions
_ANSWERS = _MISTAKES = 10  # rows of a table
_LONGEST = 300  # characters of a text in the table


class ClassificationProgress(EpochEvents):
    """Classifies validation texts after each epoch and writes for TensorBoard what comes out.

    Args:
        classifier: what classifies with the model that is being trained.
        examples: validation examples.
        folder: where TensorBoard's events are written; None writes none.
        pictures: texts whose answers are explained.
    """

    def __init__(
        self,
        classifier: Classifier,
        examples: Sequence[Example],
        folder: Path | None,
        pictures: int = 3,
    ):
        super().__init__(folder)
        self.classifier = classifier
        self.examples = list(examples)
        self.explained = spread(self.examples, pictures)
        self._explainer = None
        if pictures and classifier.facts.labels.kind == "one":
            self._explainer = Explainer(classifier)

    def write(self) -> None:
        labels = self.classifier.facts.labels
        outputs = self.classifier.outputs(*columns(self.examples))
        if labels.kind == "one":
            probabilities = np.stack(outputs)
            truth, said = np.array(labels.encode(self.examples)), probabilities.argmax(axis=-1)
            if len(labels.names) <= _MOST_CLASSES:
                figure = confusion_figure(confusions(len(labels.names), truth, said), labels.names)
                write_figure("confusions", figure)
            self._write_mistakes(truth, said, probabilities)
        else:
            pairs = spread(list(zip(self.examples, outputs, strict=True)), _ANSWERS)
            rows = [
                (_text(example), _shown(example.label), _shown(labels.decode(output).label))
                for example, output in pairs
            ]
            tf.summary.text("answers", markdown_table(["text", "right", "said"], rows))
        if self._explainer:
            self._write_explanations()

    def _write_mistakes(self, truth, said, probabilities) -> None:
        names, sure = self.classifier.facts.labels.names, probabilities.max(axis=-1)
        wrong = np.flatnonzero(truth != said)
        worst = wrong[np.argsort(-sure[wrong])][:_MISTAKES]
        rows = [
            (_text(self.examples[i]), names[truth[i]], names[said[i]], f"{100 * sure[i]:.1f} %")
            for i in worst
        ]
        table = markdown_table(["text", "right", "said", "probability"], rows)
        tf.summary.text("surest mistakes", table)

    def _write_explanations(self) -> None:
        for method in METHODS:
            found = self._explainer.explain(*columns(self.explained), method)
            figure = token_scores_figure(
                [
                    (f"{one.label} {100 * one.probability:.1f} %", one.pieces, one.scores)
                    for one in found
                ]
            )
            write_figure(f"reasons/{method}", figure)


def _text(example: Example) -> str:
    text = " | ".join(example.texts)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"


def _shown(label) -> str:
    if isinstance(label, float):
        return f"{label:.2f}"
    return label if isinstance(label, str) else ", ".join(label) or "none"
