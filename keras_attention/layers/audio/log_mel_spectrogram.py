"""The spectrum of speech as ears resolve it."""

import keras
from keras import ops

from keras_attention.layers.arguments import one_of, positive_integer, positive_number
from keras_attention.ops.spectrograms import mel_filters, num_frames, power_spectrogram

_FLOOR = 1e-10  # of the power, so that silence has a logarithm


@keras.saving.register_keras_serializable(package="keras_attention")
class LogMelSpectrogram(keras.layers.Layer):
    r"""Logarithms of the power in mel bands, frame by frame.

    $$ y_{tm} = \ln \max\Big(\sum_f M_{fm}\, \lvert X_{tf} \rvert^2,\; 10^{-10}\Big) $$

    Frames begin where the waveform begins and none reaches beyond its end. Computed in float32,
    whatever the policy.

    Args:
        num_mels: Number of bands.
        sampling_rate: Of the waveforms, in hertz.
        frame_seconds: Length of a frame.
        hop_seconds: From the start of a frame to that of the next.
        lowest, highest: Where the bands begin and end, in hertz. `highest` defaults to half the
            sampling rate.
        scale: `"slaney"` or `"htk"`, see `mel_filters`.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`, usually from -1 to 1.

    Returns:
        Float tensor `[batch, frames, num_mels]`; `num_frames` says how many are of each waveform in
        a padded batch.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> features = keras_attention.LogMelSpectrogram(num_mels=40, sampling_rate=8_000)
    >>> features(np.zeros((2, 8_000))).shape, features.num_frames(8_000)
    ((2, 98, 40), 98)
    """

    def __init__(
        self,
        num_mels=80,
        sampling_rate=16_000,
        frame_seconds=0.025,
        hop_seconds=0.01,
        lowest=20.0,
        highest=None,
        scale="slaney",
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_mels = positive_integer("num_mels", num_mels)
        self.sampling_rate = positive_integer("sampling_rate", sampling_rate)
        self.frame_seconds = positive_number("frame_seconds", frame_seconds)
        self.hop_seconds = positive_number("hop_seconds", hop_seconds)
        self.lowest = lowest
        self.highest = highest
        self.scale = one_of("scale", scale, ("slaney", "htk"))
        half = sampling_rate / 2
        if not 0 <= lowest < (half if highest is None else highest) <= half:
            raise ValueError(
                "Bands must lie between 0 hertz and half the sampling rate, `lowest` below "
                f"`highest`. Received: lowest={lowest}, highest={highest}, "
                f"sampling_rate={sampling_rate}."
            )
        if min(self.frame_length, self.hop_length) < 1:
            raise ValueError(
                "A frame and a hop must be at least one sample. Received: "
                f"frame_seconds={frame_seconds}, hop_seconds={hop_seconds}, "
                f"sampling_rate={sampling_rate}."
            )
        self.filters = mel_filters(num_mels, self.fft_length, sampling_rate, lowest, highest, scale)

    @property
    def frame_length(self):
        """Samples of a frame."""
        return round(self.frame_seconds * self.sampling_rate)

    @property
    def hop_length(self):
        """Samples from the start of a frame to that of the next."""
        return round(self.hop_seconds * self.sampling_rate)

    @property
    def fft_length(self):
        """Length of the Fourier transform: the next power of two."""
        return 2 ** (self.frame_length - 1).bit_length()

    def num_frames(self, num_samples):
        """How many frames there are of so many samples, an integer or a tensor of integers."""
        return num_frames(num_samples, self.frame_length, self.hop_length)

    def call(self, waveforms):
        waveforms = ops.cast(waveforms, "float32")
        power = power_spectrogram(
            waveforms, self.frame_length, self.hop_length, self.fft_length
        )  # [batch, frames, fft_length // 2 + 1]
        mels = ops.matmul(power, ops.convert_to_tensor(self.filters))
        return ops.cast(ops.log(ops.maximum(mels, _FLOOR)), self.compute_dtype)

    def compute_output_shape(self, waveforms_shape):
        samples = waveforms_shape[1]
        return (
            waveforms_shape[0],
            None if samples is None else self.num_frames(samples),
            self.num_mels,
        )

    def get_config(self):
        names = (
            "num_mels",
            "sampling_rate",
            "frame_seconds",
            "hop_seconds",
            "lowest",
            "highest",
            "scale",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
