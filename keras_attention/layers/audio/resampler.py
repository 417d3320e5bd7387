"""Waveforms of any rate at the one that a model wants."""

import keras

from keras_attention.layers.arguments import positive_integer
from keras_attention.ops.resampling import resample, resampled_length


@keras.saving.register_keras_serializable(package="keras_attention")
class Resampler(keras.layers.Layer):
    """Brings waveforms to one sampling rate, see `resample`.

    Args:
        sampling_rate: The rate that they get, in hertz.
        from_rate: The rate that they have. `None` if each call says it.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`.
        from_rate: The rate that these have: an integer, or an integer scalar tensor, so that an
            exported model takes waveforms of any rate. Defaults to that of the layer.

    Returns:
        Float tensor `[batch, new_samples]`.

    Raises:
        ValueError: If a rate is not positive, or nobody says what rate the waveforms have.

    Example:

    >>> keras_attention.Resampler(16_000)(np.ones((2, 441)), from_rate=44_100).shape
    (2, 160)
    """

    def __init__(self, sampling_rate=16_000, from_rate=None, **kwargs):
        super().__init__(**kwargs)
        self.sampling_rate = positive_integer("sampling_rate", sampling_rate)
        self.from_rate = from_rate and positive_integer("from_rate", from_rate)

    def call(self, waveforms, from_rate=None):
        return resample(waveforms, self._rate(from_rate), self.sampling_rate)

    def num_samples(self, num_samples, from_rate=None):
        """How many samples are returned for so many, an integer or a tensor of integers."""
        return resampled_length(num_samples, self._rate(from_rate), self.sampling_rate)

    def compute_output_shape(self, waveforms_shape):
        batch, samples = waveforms_shape
        known = samples is not None and self.from_rate is not None
        return batch, self.num_samples(samples) if known else None

    def get_config(self):
        return {
            **super().get_config(),
            "sampling_rate": self.sampling_rate,
            "from_rate": self.from_rate,
        }

    def _rate(self, from_rate):
        from_rate = self.from_rate if from_rate is None else from_rate
        if from_rate is None:
            raise ValueError(
                "Give `from_rate`, the sampling rate of the waveforms, to the layer or to its "
                "call. Received: from_rate=None."
            )
        return from_rate
