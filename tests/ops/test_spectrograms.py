"""Spectrograms and cepstra equal librosa's."""

import keras
import librosa
import numpy as np
import pytest

from keras_attention.ops.spectrograms import (
    cosine_transform,
    mel_filters,
    num_frames,
    power_spectrogram,
)

WAVEFORMS = np.random.default_rng(0).normal(size=(2, 3001)).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 559, 560, 3001])
def test_whole_frames_are_counted(samples):
    starts = [start for start in range(0, samples, 160) if start + 400 <= samples]
    assert num_frames(samples, 400, 160) == len(starts)
    assert as_numpy(num_frames(np.array([samples, 400]), 400, 160)).tolist() == [len(starts), 1]


@pytest.mark.parametrize(
    ("frame_length", "hop_length", "fft_length"), [(512, 97, 512), (400, 160, 512)]
)
def test_power_is_that_of_librosa(frame_length, hop_length, fft_length):
    found = as_numpy(power_spectrogram(WAVEFORMS, frame_length, hop_length, fft_length))
    assert found.shape[1] == num_frames(3001, frame_length, hop_length)
    # librosa has the frame in the middle of its transform, with which only the phase changes.
    before, after = (fft_length - frame_length) // 2, (fft_length - frame_length + 1) // 2
    for one, spectrum in zip(WAVEFORMS, found, strict=True):
        expected = librosa.stft(
            np.pad(one, (before, after)),
            n_fft=fft_length,
            hop_length=hop_length,
            win_length=frame_length,
            center=False,
        )
        np.testing.assert_allclose(spectrum, np.abs(expected.T) ** 2, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize(("lowest", "highest"), [(0.0, None), (60.0, 3800.0)])
def test_mel_filters_are_those_of_librosa(scale, lowest, highest):
    expected = librosa.filters.mel(
        sr=8000,
        n_fft=256,
        n_mels=23,
        fmin=lowest,
        fmax=highest,
        htk=scale == "htk",
        norm="slaney" if scale == "slaney" else None,
    )
    found = mel_filters(23, 256, 8000, lowest, highest, scale)
    assert found.shape == (129, 23)
    np.testing.assert_allclose(found, expected.T, atol=1e-6)


def test_the_cosine_transform_is_that_of_librosa():
    log_mels = np.random.default_rng(1).normal(size=(7, 23))
    expected = librosa.feature.mfcc(S=log_mels.T, n_mfcc=13).T
    np.testing.assert_allclose(log_mels @ cosine_transform(23, 13), expected, atol=1e-5)


def test_silence_and_short_waveforms():
    assert not as_numpy(power_spectrogram(np.zeros((2, 800), "float32"), 400, 160, 512)).any()
    assert power_spectrogram(np.zeros((2, 400), "float32"), 400, 160, 512).shape == (2, 1, 257)
