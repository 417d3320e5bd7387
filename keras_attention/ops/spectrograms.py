"""From a waveform to what is heard in it: frames, their power spectrum, mel bands, cepstra."""

import math

import numpy as np
from keras import ops

_BREAK = 1000.0  # hertz, from where on Slaney's scale is logarithmic
_LINEAR = 200.0 / 3.0  # hertz of a mel below
_STEP = math.log(6.4) / 27.0  # of the logarithm of the frequency, of a mel above


def num_frames(num_samples, frame_length: int, hop_length: int):
    """How many whole frames waveforms have.

    Args:
        num_samples: Integer, or integer tensor of any shape.
        frame_length: Samples of a frame.
        hop_length: Samples from the start of a frame to that of the next.

    Returns:
        As `num_samples`; 0 where there is no whole frame.

    Example:

    >>> from keras_attention.ops.spectrograms import num_frames
    >>> num_frames(1000, frame_length=400, hop_length=160)
    4
    """
    found = (num_samples - frame_length) // hop_length + 1
    return max(found, 0) if isinstance(found, int) else ops.maximum(found, 0)


def power_spectrogram(waveforms, frame_length: int, hop_length: int, fft_length: int):
    """The power of each frequency in each whole frame, under a Hann window.

    Frames begin where the waveform begins, and none reaches beyond its end, so that what follows a
    waveform in a batch changes nothing of it.

    Args:
        waveforms: Float tensor `[batch, samples]`.
        frame_length: Samples of a frame, at most `fft_length`.
        hop_length: Samples from the start of a frame to that of the next.
        fft_length: Length of the Fourier transform; frames are filled up with zeros.

    Returns:
        Float tensor `[batch, frames, fft_length // 2 + 1]`.

    Example:

    >>> from keras_attention.ops.spectrograms import power_spectrogram
    >>> power_spectrogram(np.ones((2, 1000), "float32"), 400, 160, 512).shape
    (2, 4, 257)
    """
    frames = ops.extract_sequences(waveforms, frame_length, hop_length)
    steps = 2.0 * np.pi * np.arange(frame_length) / frame_length
    window = 0.5 - 0.5 * np.cos(steps)  # periodic, as spectra want it
    real, imaginary = ops.rfft(frames * ops.cast(window, frames.dtype), fft_length)
    return ops.square(real) + ops.square(imaginary)


def mel_filters(
    num_mels: int,
    fft_length: int,
    sampling_rate: float,
    lowest: float = 0.0,
    highest: float | None = None,
    scale: str = "slaney",
) -> np.ndarray:
    """Overlapping triangles, equally wide in mels, that gather a spectrum into bands.

    Args:
        num_mels: Number of bands.
        fft_length: Length of the Fourier transform.
        sampling_rate: In hertz.
        lowest: Where the first band begins, in hertz.
        highest: Where the last one ends, in hertz. Defaults to half the sampling rate.
        scale: `"slaney"`, linear up to 1,000 hertz and logarithmic above, bands of equal area; or
            `"htk"`, logarithmic throughout, bands of equal height.

    Returns:
        float32 array `[fft_length // 2 + 1, num_mels]`.

    Example:

    >>> from keras_attention.ops.spectrograms import mel_filters
    >>> mel_filters(80, 512, 16_000).shape
    (257, 80)

    References:
        - [Slaney, 1998](https://engineering.purdue.edu/~malcolm/interval/1998-010/)
        - [Davis and Mermelstein, 1980](https://doi.org/10.1109/TASSP.1980.1163420)
    """
    highest = sampling_rate / 2 if highest is None else highest
    to_mel, to_hertz = _SCALES[scale]
    mels = np.linspace(to_mel(lowest), to_mel(highest), num_mels + 2)
    low, middle, high = (to_hertz(mels[i : i + num_mels]) for i in range(3))
    hertz = np.linspace(0.0, sampling_rate / 2, fft_length // 2 + 1)[:, None]
    rising, falling = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if scale == "slaney":
        filters = filters * 2.0 / (high - low)
    return filters.astype("float32")


def cosine_transform(num_inputs: int, num_outputs: int) -> np.ndarray:
    """The first columns of the orthonormal discrete cosine transform, type 2.

    Args:
        num_inputs: Number of bands.
        num_outputs: Number of coefficients.

    Returns:
        float32 array `[num_inputs, num_outputs]`.

    Example:

    >>> from keras_attention.ops.spectrograms import cosine_transform
    >>> matrix = cosine_transform(8, 8)
    >>> np.allclose(matrix.T @ matrix, np.eye(8), atol=1e-6)
    True
    """
    places, numbers = np.arange(num_inputs)[:, None] + 0.5, np.arange(num_outputs)
    matrix = np.sqrt(2.0 / num_inputs) * np.cos(np.pi / num_inputs * places * numbers)
    matrix[:, 0] /= math.sqrt(2.0)
    return matrix.astype("float32")


def _slaney_mel(hertz):
    above = _BREAK / _LINEAR + np.log(np.maximum(hertz, _BREAK) / _BREAK) / _STEP
    return np.where(hertz < _BREAK, hertz / _LINEAR, above)


def _slaney_hertz(mel):
    above = _BREAK * np.exp(_STEP * (mel - _BREAK / _LINEAR))
    return np.where(mel < _BREAK / _LINEAR, _LINEAR * mel, above)


def _htk_mel(hertz):
    return 2595.0 * np.log10(1.0 + hertz / 700.0)


def _htk_hertz(mel):
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)


_SCALES = {"slaney": (_slaney_mel, _slaney_hertz), "htk": (_htk_mel, _htk_hertz)}
