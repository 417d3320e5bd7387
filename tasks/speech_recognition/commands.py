"""What tells commands apart: a trained model and what it knows of its data."""

import os
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from keras_attention.models.speech_classifier import SpeechClassifier
from tasks.speech_recognition.batches import portions
from tasks.speech_recognition.build import input_specs, load_model
from tasks.speech_recognition.config import SpeechConfig
from tasks.speech_recognition.facts import Facts


class Command(NamedTuple):
    """What a recording is taken for.

    Args:
        label: the likeliest command.
        probabilities: of each command by its name.
    """

    label: str
    probabilities: dict[str, float]


class CommandClassifier:
    """Recordings to commands: a trained model and what it knows of its data.

    Args:
        model: what `build_model` made, trained.
        facts: what the run has learned from its data besides.
        config: all settings of the run.

    Example:

    >>> classifier = CommandClassifier.load("runs/speech_recognition-fsdd")  # doctest: +SKIP
    >>> classifier([waveform])[0].label  # doctest: +SKIP
    'seven'
    """

    def __init__(self, model: SpeechClassifier, facts: Facts, config: SpeechConfig):
        self.model = model
        self.facts = facts
        self.config = config
        self._predict = tf.function(self.forward, [input_specs(facts)], autograph=False)

    @classmethod
    def load(cls, folder: str | os.PathLike, weights: str = "final") -> "CommandClassifier":
        """The classifier of a run; see `Recognizer.load`."""
        config, facts, model = load_model(folder, weights)
        if not isinstance(model, SpeechClassifier):
            raise ValueError(f"The run in {folder} writes down what is said: use `Recognizer`.")
        return cls(model, facts, config)

    def __call__(self, audio: Sequence[np.ndarray]) -> list[Command]:
        """What each recording is taken for; int16 `[samples]`, or features."""
        names = self.facts.pieces
        return [
            Command(names[int(row.argmax())], dict(zip(names, row.tolist(), strict=True)))
            for row in self.probabilities(audio)
        ]

    def probabilities(self, audio: Sequence[np.ndarray]) -> np.ndarray:
        """Float array `[recordings, commands]`."""
        found = np.zeros((len(audio), len(self.facts.pieces)), np.float32)
        for numbers, inputs in portions(audio):
            found[numbers] = self._predict(inputs).numpy()
        return found

    def forward(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """The probabilities, in a graph."""
        return tf.nn.softmax(tf.cast(self.model(inputs, training=False), tf.float32))
