"""The model of a configuration, and the classifier that it becomes with vocabulary and labels."""

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy.special import expit, softmax

from keras_attention.layers.pooling import (
    AttentionPooling,
    FirstTokenPooling,
    MeanPooling,
    Pooling,
)
from keras_attention.layers.prediction_heads import SequenceHead, TokenHead
from keras_attention.layers.text_encoder import TextEncoder
from keras_attention.models.bucketed_predictor import BucketedPredictor
from keras_attention.models.text_classifier import TextClassifier
from keras_attention.training.losses import MaskedCrossEntropy
from keras_attention.training.metrics import MaskedAccuracy
from keras_attention.training.objectives import FGM, FreeLB, Objective, RDrop
from keras_attention.training.weight_files import load_weights
from tasks.common.mechanisms import make_mechanism, make_position_scheme
from tasks.common.ragged import Ragged
from tasks.common.run_folder import RunFolder
from tasks.common.vocabulary import Vocabulary
from tasks.text_classification.config import (
    ClassificationConfig,
    ModelConfig,
    ObjectiveConfig,
    TextConfig,
)
from tasks.text_classification.facts import Facts, RunFacts
from tasks.text_classification.fine_tuning import prepare
from tasks.text_classification.labels import NO_LABEL, LabelSet, Prediction
from tasks.text_classification.multi_task import for_each_task
from tasks.text_classification.text import KEPT, ClassifierText, Encoded

logger = logging.getLogger(__name__)
_BATCH_SIZE = 64
_MULTIPLE = 8  # to which lengths are padded
INPUTS = {
    name: tf.TensorSpec([None, None], tf.int32, name) for name in ("token_ids", "segment_ids")
}


def build_model(
    run: ClassificationConfig, vocabulary_size: int, facts: RunFacts, precision: str = "float32"
) -> TextClassifier:
    """The model that a configuration describes, with new weights."""
    config, fine_tuning = run.model, run.fine_tuning
    encoder = TextEncoder(
        vocabulary_size,
        **config.layer_arguments(),
        adapter_size=fine_tuning.adapter_size if fine_tuning.weights == "adapters" else None,
        num_segments=facts.num_segments,
        position_scheme=make_position_scheme(config.position_scheme, "model.position_scheme"),
        attention=make_mechanism(config.attention, "model.attention"),
        dtype=precision,
        name="encoder",
    )
    several = len(facts.tasks) > 1
    head = for_each_task(
        facts,
        lambda task: make_head(
            config, task.labels, precision, f"{task.name}_head" if several else "head"
        ),
    )
    return TextClassifier(encoder, head, dtype=precision, name="text_classifier")


def make_head(
    config: ModelConfig, labels: LabelSet, precision: str, name: str
) -> SequenceHead | TokenHead:
    """What says of a text, or of its words, what the labels are."""
    outputs, dropout = labels.num_outputs, config.head_dropout
    if labels.kind == "words":
        return TokenHead(outputs, dropout, dtype=precision, name=name)
    pooling = make_pooling(config, precision)
    return SequenceHead(outputs, pooling, dropout, dtype=precision, name=name)


def make_pooling(config: ModelConfig, precision: str) -> Pooling:
    """What stands for a whole text."""
    if config.pooling == "attention":
        return AttentionPooling(config.num_heads, dtype=precision, name="pooling")
    cls = {"mean": MeanPooling, "first": FirstTokenPooling}[config.pooling]
    return cls(dtype=precision, name="pooling")


def make_loss(labels: LabelSet, label_smoothing: float) -> keras.losses.Loss:
    """What training minimises, by the kind of the labels."""
    # Where an example may have no weight, because it is another task's, it does not count.
    mean = "mean_with_sample_weight"
    if labels.kind == "number":
        return keras.losses.MeanSquaredError(reduction=mean)
    if labels.kind == "several":
        return keras.losses.BinaryCrossentropy(
            from_logits=True, label_smoothing=label_smoothing, reduction=mean
        )
    padding = NO_LABEL if labels.kind == "words" else None
    return MaskedCrossEntropy(label_smoothing, padding_id=padding)


def make_objective(config: ObjectiveConfig, labels: LabelSet) -> Objective | None:
    """What a training step minimises beyond the loss."""
    distribution = {"number": "normal", "several": "sigmoid"}.get(labels.kind, "softmax")
    makers: dict[str, Callable[[], Objective | None]] = {
        "loss": lambda: None,
        "r_drop": lambda: RDrop(config.weight, distribution),
        "fgm": lambda: FGM(config.epsilon),
        "free_lb": lambda: FreeLB(config.steps, config.step_size, config.epsilon),
    }
    return makers[config.kind]()


def make_metrics(labels: LabelSet) -> list[keras.metrics.Metric]:
    """What is shown while training, by the kind of the labels."""
    if labels.kind == "number":
        return [keras.metrics.MeanAbsoluteError(name="error")]
    if labels.kind == "several":
        return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)]
    return [MaskedAccuracy(padding_id=NO_LABEL if labels.kind == "words" else None)]


class Classifier:
    """Texts to what is said of them: a trained model, its vocabulary and its labels.

    Args:
        model: what `build_model` made, trained.
        text: how texts are read, as in training.
        facts: what the run has learned from its data besides.
        warns: whether it warns of texts that are cut off; it counts them in any case.
        compiled: for a service that answers short texts one by one: compile the model for a few
            lengths, its present weights included. The first text of each length waits for it.

    Example:

    >>> classifier = Classifier.load("runs/text_classification-tiny")  # doctest: +SKIP
    >>> classifier(["The soup is not bad."])[0].label  # doctest: +SKIP
    'positive'
    """

    def __init__(
        self,
        model: TextClassifier,
        text: ClassifierText,
        facts: Facts,
        warns: bool = True,
        compiled: bool = False,
    ):
        self.model = model
        self.text = text
        self.facts = facts
        self.warns = warns
        self.too_long = 0  # texts cut off so far
        self._predict = tf.function(self.forward, [INPUTS], autograph=False)
        self._predictor = BucketedPredictor(model, lengths=_buckets(text)) if compiled else None

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        weights: str = "final",
        task: str | None = None,
        compiled: bool = False,
    ) -> "Classifier":
        """The classifier of a run.

        Args:
            folder: the run folder.
            weights: `"final"`, those that a finished run has chosen, or `"best"`, or `"last"`.
            task: which of several tasks; by default the one that the run is for.
            compiled: see the class.

        Raises:
            FileNotFoundError: if there is no run, or none with such weights.
            ValueError: if a file of the run is damaged or does not belong to the others, or if
                there is no such task.
        """
        run = RunFolder(Path(folder))
        config = run.load_config(ClassificationConfig)
        facts = run.load_facts(RunFacts)
        chosen = facts.named(task)
        text = make_text(config.text, run.load_vocabulary(), chosen.labels)
        model = build_model(config, text.size, facts)
        prepare(model, config.fine_tuning)
        load_weights(model, run.weights(weights))
        return cls(model, text, chosen, compiled=compiled)

    def __call__(
        self, texts: Sequence[str], seconds: Sequence[str] | None = None
    ) -> list[Prediction]:
        """What is said of each text, or of each pair.

        Args:
            texts: the texts.
            seconds: the second text of each, if the model was trained on pairs.

        Raises:
            ValueError: if there are second texts and the model knows none, or the reverse.
        """
        outputs = self.outputs(texts, seconds)
        return [self.facts.labels.decode(output) for output in outputs]

    def outputs(
        self, texts: Sequence[str], seconds: Sequence[str] | None = None
    ) -> list[np.ndarray]:
        """Probabilities `[classes]` (of labels `"words"` `[words, classes]`), or numbers `[1]`."""
        return [self.probabilities(logits) for logits in self.logits(texts, seconds)]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """What logits `[..., classes]` mean; of numbers they are the numbers."""
        kind = self.facts.labels.kind
        if kind == "number":
            return logits
        if kind == "several":
            return expit(logits)
        return softmax(logits / self.facts.temperature, axis=-1)

    def logits(
        self, texts: Sequence[str], seconds: Sequence[str] | None = None
    ) -> list[np.ndarray]:
        """What the model returns for each text; for labels `"words"` a row for each word."""
        if not texts:
            return []
        rows, encoded = self._rows(texts, seconds)
        self._count_too_long(encoded)
        order = np.argsort(rows[0].lengths, kind="stable")
        found: list[Any] = [None] * len(texts)
        for start in range(0, len(texts), _BATCH_SIZE):
            members = order[start : start + _BATCH_SIZE]
            inputs, starts = _batch(rows, members)
            for number, row, is_start in zip(
                members, self.model_logits(inputs), starts, strict=True
            ):
                found[number] = row[is_start] if self.facts.labels.kind == "words" else row
        return found

    def inputs(
        self, texts: Sequence[str], seconds: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Texts as the model reads them, in one batch."""
        return _batch(self._rows(texts, seconds)[0], np.arange(len(texts)))[0]

    def forward(self, inputs: dict[str, Any]) -> tf.Tensor:
        """The logits of the task in float32, in a graph."""
        return tf.cast(self._of_task(self.model(inputs, training=False)), tf.float32)

    def model_logits(self, inputs: dict[str, np.ndarray]) -> np.ndarray:
        """What the model returns for a batch."""
        if self._predictor is None:
            return self._predict(inputs).numpy()
        found = np.stack([self._of_task(output) for output in self._predictor(inputs)])
        per_token = self.facts.labels.kind == "words"
        return found[:, : inputs["token_ids"].shape[1]] if per_token else found

    def _of_task(self, outputs: Any) -> Any:
        """What the head of the task returns, of all heads."""
        return outputs[self.facts.name] if isinstance(outputs, dict) else outputs

    def _rows(self, texts, seconds) -> tuple[list[Ragged], Encoded]:
        """Ids, segments and beginnings of words of each text."""
        self._check(texts, seconds)
        encoded = self.text.encode(texts, seconds)
        return [Ragged.of(part) for part in encoded[:3]], encoded

    def _check(self, texts, seconds) -> None:
        pairs = self.facts.num_segments > 1
        if pairs != (seconds is not None):
            raise ValueError(
                f"The model was trained on {'pairs of texts' if pairs else 'single texts'}. "
                f"Received: {'single texts' if pairs else 'second texts'}."
            )
        if seconds is not None and len(seconds) != len(texts):
            raise ValueError(
                "There must be a second text for each text. Received: "
                f"{len(texts)} texts and {len(seconds)} second texts."
            )

    def _count_too_long(self, encoded: Encoded) -> None:
        count = int(tf.math.count_nonzero(encoded.too_long))
        self.too_long += count
        if count and self.warns:
            logger.warning(
                "%d of %d texts are longer than %d tokens: the %s is kept.",
                count,
                encoded.token_ids.nrows(),
                self.text.max_length,
                KEPT[self.text.truncation],
            )


def _buckets(text: ClassifierText) -> list[int]:
    """Lengths to compile for: powers of two and the greatest, multiples of what is padded to."""
    greatest = -(-text.max_length // _MULTIPLE) * _MULTIPLE
    powers = range((greatest - 1).bit_length())
    return [2**power for power in powers if 2**power > _MULTIPLE] + [greatest]


def _batch(rows: list[Ragged], members: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs of the texts with these numbers, padded to few lengths, and which ids begin a word."""
    length = -(-int(rows[0].lengths[members].max()) // _MULTIPLE) * _MULTIPLE
    ids, segments, starts = (part.dense(members, len(members), length) for part in rows)
    return {"token_ids": ids, "segment_ids": segments}, starts > 0


def make_text(config: TextConfig, vocabulary: Vocabulary, labels: LabelSet) -> ClassifierText:
    """The reader of a configuration."""
    return ClassifierText(
        vocabulary,
        config.max_length,
        config.truncation,
        config.lowercase,
        config.remove_tags,
        by_words=labels.kind == "words",
    )
