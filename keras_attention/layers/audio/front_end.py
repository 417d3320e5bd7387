"""All that happens to a recording before a model attends to it."""

import inspect

import keras
from keras import ops

from keras_attention.layers.serialization import serialized
from keras_attention.ops.masks import length_mask


@keras.saving.register_keras_serializable(package="keras_attention")
class FrontEnd(keras.layers.Layer):
    """Layers for audio one after the other, each told which samples or frames are real.

    From a padded batch of recordings and their lengths to features and how many frames of each are
    real. A layer is given `padding_mask` and `training` where its `call` takes them, and tells by a
    method `num_samples` or `num_frames` what it makes of lengths, or takes and returns them, as
    `SilenceTrimming`. What is padding is 0 in the end.

    Args:
        layers: Such as `RandomGain`, `LogMelSpectrogram`, `UtteranceNormalization`, `SpecAugment`,
            `keras.layers.Normalization`.

    Call arguments:
        audio: Float tensor, `[batch, samples]` or, where the layers begin with features, `[batch,
            frames, features]`.
        lengths: Integer tensor `[batch]`: how many samples or frames of each are real.
        training: Whether to change anything at random.

    Returns:
        `(features, lengths)`: a tensor `[batch, frames, features]` and integers `[batch]`.

    Example:

    >>> front_end = keras_attention.FrontEnd(
    ...     [
    ...         keras_attention.LogMelSpectrogram(num_mels=40, sampling_rate=8_000),
    ...         keras_attention.UtteranceNormalization(),
    ...     ]
    ... )
    >>> features, lengths = front_end(np.zeros((2, 8_000)), np.array([8_000, 4_000]))
    >>> features.shape, keras.ops.convert_to_numpy(lengths).tolist()
    ((2, 98, 40), [98, 48])
    """

    def __init__(self, layers, **kwargs):
        super().__init__(**kwargs)
        self.layers = list(layers)
        self._takes = [inspect.signature(layer.call).parameters for layer in self.layers]

    def build(self, audio_shape, lengths_shape=None):  # noqa: ARG002 - Keras' names
        for layer in self.layers:
            if not layer.built:
                layer.build(audio_shape)
                layer.built = True
            audio_shape = self._shape_after(layer, audio_shape)

    def call(self, audio, lengths, training=None):
        x = audio
        for layer, takes in zip(self.layers, self._takes, strict=True):
            if getattr(layer, "returns_lengths", False):
                x, lengths = layer(x, lengths)
                continue
            given = {"padding_mask": length_mask(lengths, ops.shape(x)[1]), "training": training}
            x = layer(x, **{name: value for name, value in given.items() if name in takes})
            lengths = self._lengths_after(layer, lengths)
        real = length_mask(lengths, ops.shape(x)[1])
        return ops.where(real if len(x.shape) == 2 else real[..., None], x, 0.0), lengths

    def num_frames(self, lengths):
        """How many frames there are of so many samples, an integer or a tensor of integers; at most
        so many, if silence is cut off."""
        for layer in self.layers:
            lengths = self._lengths_after(layer, lengths)
        return lengths

    def compute_output_shape(self, audio_shape, lengths_shape=None):
        for layer in self.layers:
            audio_shape = self._shape_after(layer, audio_shape)
        return audio_shape, lengths_shape or audio_shape[:1]

    def get_config(self):
        return {**super().get_config(), "layers": [serialized(layer) for layer in self.layers]}

    @classmethod
    def from_config(cls, config):
        layers = [keras.saving.deserialize_keras_object(layer) for layer in config["layers"]]
        return cls(**{**config, "layers": layers})

    @staticmethod
    def _shape_after(layer, audio_shape):
        shape = layer.compute_output_shape(audio_shape)
        return shape[0] if getattr(layer, "returns_lengths", False) else shape

    @staticmethod
    def _lengths_after(layer, lengths):
        count = getattr(layer, "num_samples", None) or getattr(layer, "num_frames", None)
        return lengths if count is None else count(lengths)
