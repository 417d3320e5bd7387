"""The model of a configuration, and the classifier of pictures that it becomes."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf
from scipy.special import softmax

from keras_attention.layers.class_attention_pooling import ClassAttentionPooling
from keras_attention.layers.image_encoder import ImageEncoder
from keras_attention.layers.image_tokenizers import (
    ConvolutionalTokenizer,
    ImageTokenizer,
    Patches,
    ShiftedPatches,
)
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.patterns import GridWindow
from keras_attention.layers.pooling import (
    FirstTokenPooling,
    MeanPooling,
    Pooling,
    SequencePooling,
    TokenPooling,
)
from keras_attention.layers.prediction_heads import SequenceHead
from keras_attention.models.distilled_vision_transformer import DistilledVisionTransformer
from keras_attention.models.vision_transformer import VisionTransformer
from keras_attention.training.objectives import HardDistillation, Objective, SoftDistillation
from keras_attention.training.weight_files import load_weights
from tasks.common.mechanisms import make_grid_position_scheme, make_mechanism
from tasks.common.run_folder import RunFolder
from tasks.image_classification.config import DistillationConfig, ImageConfig, ModelConfig
from tasks.image_classification.facts import Facts
from tasks.image_classification.sizing import SizeConfig

_BATCH_SIZE = 256
_CLASS_ATTENTION_LAYERS = 2  # as in the paper


class Prediction(NamedTuple):
    """What a model says of a picture.

    Args:
        label: the class.
        probabilities: of each class.
    """

    label: str
    probabilities: dict[str, float]


def build_model(config: ModelConfig, facts: Facts, precision: str = "float32") -> VisionTransformer:
    """The model that a configuration describes, with new weights.

    It takes pixels from 0 to 255 and returns logits.
    """
    encoder = ImageEncoder(
        _tokenizer(config, precision),
        facts.image_shape,
        **{name: value for name, value in config.layer_arguments().items() if name != "d_model"},
        position_scheme=make_grid_position_scheme(config.position_scheme, "model.position_scheme"),
        num_prefix=(config.pooling == "first") + config.distillation_token + config.registers,
        attention=_attention(config),
        layer_scale=config.layer_scale,
        stochastic_depth=config.stochastic_depth,
        rescaling=keras.layers.Rescaling(
            [1.0 / deviation for deviation in facts.deviation],
            [-m / deviation for m, deviation in zip(facts.mean, facts.deviation, strict=True)],
        ),
        dtype=precision,
        name="encoder",
    )
    outputs, dropout = len(facts.classes), config.head_dropout
    pooling = _pooling(config, precision)
    if not config.distillation_token:
        head = SequenceHead(outputs, pooling, dropout, dtype=precision, name="head")
        return VisionTransformer(encoder, head, dtype=precision, name="image_classifier")
    poolings = {"label": pooling, "distilled": TokenPooling(1, dtype=precision)}
    heads = {
        name: SequenceHead(outputs, one, dropout, dtype=precision, name=f"{name}_head")
        for name, one in poolings.items()
    }
    return DistilledVisionTransformer(encoder, heads, dtype=precision, name="image_classifier")


def _tokenizer(config: ModelConfig, precision: str) -> ImageTokenizer:
    if config.tokenizer == "convolutions":
        return ConvolutionalTokenizer(
            config.d_model, config.convolutions, config.kernel_size, dtype=precision
        )
    if config.tokenizer == "shifted_patches":
        return ShiftedPatches(
            config.d_model, config.patch_size, remainder=config.remainder, dtype=precision
        )
    return Patches(
        config.d_model,
        config.patch_size,
        config.patch_stride,
        config.remainder,
        dtype=precision,
    )


def _attention(config: ModelConfig) -> Mechanism | list[Mechanism]:
    """One mechanism for all layers, or, of windows, two in turn."""
    mechanism = make_mechanism(config.attention, "model.attention")
    if not config.window:
        return mechanism
    return [
        Mechanism(**mechanism.copy_of_parts(), pattern=GridWindow(config.window, shift))
        for shift in (0, config.window // 2)
    ]


def _pooling(config: ModelConfig, precision: str) -> Pooling:
    if config.pooling == "class_attention":
        return ClassAttentionPooling(
            _CLASS_ATTENTION_LAYERS,
            config.d_model,
            config.num_heads,
            config.dff,
            activation=config.activation,
            layer_scale=config.layer_scale,
            dtype=precision,
            name="pooling",
        )
    classes = {"first": FirstTokenPooling, "mean": MeanPooling, "sequence": SequencePooling}
    return classes[config.pooling](dtype=precision, name="pooling")


def make_objective(config: DistillationConfig, facts: Facts) -> Objective | None:
    """What a training step minimises beyond the loss.

    Raises:
        FileNotFoundError: if there is no teacher at the path.
        ValueError: if it takes other pictures, or knows other classes.
    """
    if config.teacher is None:
        return None
    teacher = _teacher(config.teacher, facts)
    if config.kind == "hard":
        return HardDistillation(teacher, config.weight)
    return SoftDistillation(teacher, config.weight, config.temperature)


def _teacher(path: Path, facts: Facts) -> keras.Model:
    if path.is_dir():
        known = RunFolder(path).load_facts(Facts)
        facts.check(known, f"the teacher {path}")
        return ImageClassifier.load(path).model
    if not path.exists():
        raise FileNotFoundError(
            f"There is no teacher at {path}. Give a run folder of this task or a .keras file."
        )
    teacher = keras.saving.load_model(path, compile=False)
    logits = teacher(np.zeros((1, *facts.image_shape), "float32"), training=False)
    if tuple(logits.shape) != (1, len(facts.classes)):
        raise ValueError(
            f"The teacher {path} must return logits of {len(facts.classes)} classes. Received: "
            f"shape {tuple(logits.shape)} for one picture."
        )
    return teacher


def begin_with(model: VisionTransformer, folder: RunFolder) -> None:
    """Give `model` the encoder of another run, for pictures of any size.

    Raises:
        FileNotFoundError: if there is no finished run.
        ValueError: if its encoder has other layers.
    """
    config, facts = folder.load_config(ImageConfig), folder.load_facts(Facts)
    other = build_model(config.model, facts)
    load_weights(other, folder.weights("final"))
    height, width, _ = model.encoder.image_shape
    begun = other.encoder.resized((height, width))
    shapes = [[tuple(w.shape) for w in one.weights] for one in (model.encoder, begun)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"The encoder of {folder.path} has other layers. Give the same `model` settings, and "
            f"pictures of as many channels. Received: {config.model}."
        )
    model.encoder.set_weights(begun.get_weights())


class ImageClassifier:
    """Pictures to classes: a trained model and what it knows of its data.

    Args:
        model: what `build_model` made, trained.
        facts: what the run has learned from its data besides.
        size: how pictures of another size become those that the model takes.

    Example:

    >>> classifier = ImageClassifier.load("runs/image_classification-tiny")  # doctest: +SKIP
    >>> classifier(images)[0].label  # doctest: +SKIP
    'ring'
    """

    def __init__(self, model: VisionTransformer, facts: Facts, size: SizeConfig | None = None):
        self.model = model
        self.facts = facts
        self.size = size or SizeConfig()
        shape = tf.TensorSpec([None, *facts.image_shape], tf.float32)
        self._predict = tf.function(self.forward, [shape], autograph=False)

    @classmethod
    def load(cls, folder: str | os.PathLike, weights: str = "final") -> "ImageClassifier":
        """The classifier of a run.

        Args:
            folder: the run folder.
            weights: `"final"`, those that a finished run has chosen, or `"best"`, or `"last"`.

        Raises:
            FileNotFoundError: if there is no run, or none with such weights.
            ValueError: if a file of the run is damaged or does not belong to the others.
        """
        run = RunFolder(Path(folder))
        config, facts = run.load_config(ImageConfig), run.load_facts(Facts)
        model = build_model(config.model, facts)
        load_weights(model, run.weights(weights))
        return cls(model, facts, config.size)

    def __call__(self, images: np.ndarray) -> list[Prediction]:
        """What is on each picture.

        Args:
            images: pixels from 0 to 255, `[count, height, width, channels]`.
        """
        classes = self.facts.classes
        return [
            Prediction(classes[int(row.argmax())], dict(zip(classes, row.tolist(), strict=True)))
            for row in self.probabilities(images)
        ]

    def probabilities(self, images: np.ndarray, flip: bool = False) -> np.ndarray:
        """Float array `[count, classes]`; with `flip` the mean of a picture's and its mirror
        image's."""
        found = softmax(self.logits(images) / self.facts.temperature, axis=-1)
        if not flip:
            return found
        return (found + self.probabilities(images[:, :, ::-1])) / 2

    def logits(self, images: np.ndarray) -> np.ndarray:
        """What the model returns, `[count, classes]`."""
        portions: Sequence[np.ndarray] = [
            images[start : start + _BATCH_SIZE] for start in range(0, len(images), _BATCH_SIZE)
        ]
        found = [self._predict(portion.astype("float32")).numpy() for portion in portions]
        return np.concatenate(found) if found else np.zeros((0, len(self.facts.classes)))

    def forward(self, images: tf.Tensor) -> tf.Tensor:
        """The logits in float32, in a graph."""
        return tf.cast(self.model(images, training=False), tf.float32)
