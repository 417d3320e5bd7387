"""Mel-frequency cepstral coefficients."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.audio.log_mel_spectrogram import LogMelSpectrogram
from keras_attention.ops.spectrograms import cosine_transform


@keras.saving.register_keras_serializable(package="keras_attention")
class MelCepstrum(LogMelSpectrogram):
    r"""The shape of a log-mel spectrum, without its fine structure: MFCC.

    $$ c_{tk} = \sum_m D_{mk}\, y_{tm} $$

    where `y` is the `LogMelSpectrogram` and `D` the orthonormal cosine transform.

    Args:
        num_coefficients: How many of them, the first of which is the loudness.
        num_mels, **kwargs: As for `LogMelSpectrogram`.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`, usually from -1 to 1.

    Returns:
        Float tensor `[batch, frames, num_coefficients]`.

    Raises:
        ValueError: If an argument is out of range, or there are more coefficients than bands.

    Example:

    >>> features = keras_attention.MelCepstrum(13, num_mels=40, sampling_rate=8_000)
    >>> features(np.zeros((2, 8_000))).shape
    (2, 98, 13)

    References:
        [Davis and Mermelstein, 1980](https://doi.org/10.1109/TASSP.1980.1163420)
    """

    def __init__(self, num_coefficients=13, num_mels=40, **kwargs):
        super().__init__(num_mels, **kwargs)
        self.num_coefficients = positive_integer("num_coefficients", num_coefficients)
        if num_coefficients > num_mels:
            raise ValueError(
                "There are at most as many coefficients as bands. Received: "
                f"num_coefficients={num_coefficients}, num_mels={num_mels}."
            )
        self.transform = cosine_transform(num_mels, num_coefficients)

    def call(self, waveforms):
        log_mels = ops.cast(super().call(waveforms), "float32")
        return ops.cast(ops.matmul(log_mels, self.transform), self.compute_dtype)

    def compute_output_shape(self, waveforms_shape):
        batch, frames, _ = super().compute_output_shape(waveforms_shape)
        return batch, frames, self.num_coefficients

    def get_config(self):
        return {**super().get_config(), "num_coefficients": self.num_coefficients}
