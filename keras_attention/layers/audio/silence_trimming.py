"""Recordings without the silence before and after what is said."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer, positive_number
from keras_attention.ops.masks import length_mask

_LEAST_POWER = 1e-10


@keras.saving.register_keras_serializable(package="keras_attention")
class SilenceTrimming(keras.layers.Layer):
    r"""Cuts off what is much weaker than the loudest part of a recording, at both ends.

    A recording is cut into windows. It begins with the first whose power is less than `decibels`
    below that of the loudest window, and ends with the last, each with a margin of one window. In a
    batch, what is left moves to the beginning, and padding is 0.

    Args:
        decibels: How much weaker silence is, a positive number.
        sampling_rate: Of the waveforms, in hertz.
        window_seconds: Length of a window.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`.
        lengths: Integer tensor `[batch]`, how many samples of each are real.

    Returns:
        `(waveforms, lengths)` of the same shapes.

    Raises:
        ValueError: If an argument is not positive.

    Example:

    >>> waveforms = np.zeros((1, 8_000))
    >>> waveforms[:, 3_000:5_000] = 0.5
    >>> trimming = keras_attention.SilenceTrimming(decibels=30.0, sampling_rate=8_000)
    >>> _, lengths = trimming(waveforms, np.array([8_000]))
    >>> int(lengths[0])
    2560
    """

    returns_lengths = True

    def __init__(self, decibels=40.0, sampling_rate=16_000, window_seconds=0.02, **kwargs):
        super().__init__(**kwargs)
        self.decibels = positive_number("decibels", decibels)
        self.sampling_rate = positive_integer("sampling_rate", sampling_rate)
        self.window_seconds = positive_number("window_seconds", window_seconds)

    @property
    def window_length(self):
        """Samples of a window."""
        return max(1, round(self.window_seconds * self.sampling_rate))

    def call(self, waveforms, lengths):
        samples, window = ops.shape(waveforms)[1], self.window_length
        lengths = ops.cast(lengths, "int32")
        places = ops.arange(samples, dtype="int32")
        real = ops.cast(length_mask(lengths, samples), "float32")
        power = ops.square(ops.cast(waveforms, "float32")) * real
        power = ops.pad(power, [(0, 0), (0, window - 1)])  # the last window may be shorter
        windows = ops.shape(power)[1] // window
        power = ops.reshape(power[:, : windows * window], (-1, windows, window))
        level = 10.0 * ops.log10(ops.mean(power, axis=-1) + _LEAST_POWER)  # [batch, windows]
        loud = level > ops.max(level, axis=-1, keepdims=True) - self.decibels
        numbers = ops.arange(windows, dtype="int32")
        first = ops.min(ops.where(loud, numbers, windows), axis=-1) - 1
        last = ops.max(ops.where(loud, numbers, -1), axis=-1) + 2
        start = ops.maximum(first, 0) * window
        end = ops.minimum(last * window, lengths)
        kept = length_mask(end - start, samples)
        moved = ops.minimum(places + start[:, None], samples - 1)
        found = ops.take_along_axis(waveforms, moved, axis=1)
        return ops.where(kept, found, ops.zeros_like(found)), end - start

    def compute_output_shape(self, waveforms_shape, lengths_shape=None):
        return waveforms_shape, lengths_shape or waveforms_shape[:1]

    def get_config(self):
        return {
            **super().get_config(),
            "decibels": self.decibels,
            "sampling_rate": self.sampling_rate,
            "window_seconds": self.window_seconds,
        }
