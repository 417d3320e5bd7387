"""What a speech encoder takes: against librosa, and padded as unpadded."""

import keras
import librosa
import numpy as np
import pytest

import keras_attention as ka

draw = np.random.default_rng(0)
WAVEFORMS = draw.normal(0, 0.1, size=(2, 4001)).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def mask(lengths, size):
    return np.arange(size) < np.array(lengths)[:, None]


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_log_mels_are_those_of_librosa(scale):
    layer = ka.LogMelSpectrogram(
        31, 8_000, frame_seconds=0.032, hop_seconds=0.01, lowest=40.0, highest=3_700.0, scale=scale
    )
    assert (layer.frame_length, layer.hop_length, layer.fft_length) == (256, 80, 256)
    found = as_numpy(layer(WAVEFORMS))
    for one, features in zip(WAVEFORMS, found, strict=True):
        power = librosa.feature.melspectrogram(
            y=one,
            sr=8_000,
            n_fft=256,
            hop_length=80,
            center=False,
            n_mels=31,
            fmin=40.0,
            fmax=3_700.0,
            htk=scale == "htk",
            norm="slaney" if scale == "slaney" else None,
        )
        np.testing.assert_allclose(features, np.log(power.T), atol=1e-3)


def test_cepstra_are_those_of_librosa():
    layer = ka.MelCepstrum(13, 31, sampling_rate=8_000, frame_seconds=0.032)
    log_mels = as_numpy(ka.LogMelSpectrogram(31, 8_000, frame_seconds=0.032)(WAVEFORMS))
    expected = [librosa.feature.mfcc(S=one.T, n_mfcc=13).T for one in log_mels]
    np.testing.assert_allclose(as_numpy(layer(WAVEFORMS)), expected, atol=1e-3)


def test_silence_has_features():
    assert np.isfinite(as_numpy(ka.LogMelSpectrogram()(np.zeros((1, 800), "float32")))).all()


def test_padded_is_unpadded():
    features, subsampling = ka.LogMelSpectrogram(20, 8_000), ka.ConvolutionalSubsampling(12, 2, 5)
    normalization = ka.UtteranceNormalization()

    def encoded(waveforms, num_samples):
        x = features(waveforms)
        real = mask([features.num_frames(n) for n in num_samples], x.shape[1])
        x = normalization(x, padding_mask=real)
        return as_numpy(subsampling(x)), as_numpy(subsampling.output_mask(real))

    alone, _ = encoded(WAVEFORMS[:1, :2777], [2777])
    together, real = encoded(WAVEFORMS, [2777, 4001])
    length = alone.shape[1]
    assert real.sum(axis=1).tolist() == [length, together.shape[1]]
    assert length == subsampling.num_frames(features.num_frames(2777))
    np.testing.assert_allclose(together[0, :length], alone[0], atol=1e-4)


@pytest.mark.parametrize("frames", [0, 2, 3, 6, 7, 8, 50])
def test_frames_that_are_left_are_counted(frames):
    layer = ka.ConvolutionalSubsampling(12, 2)
    count = layer.num_frames(frames)
    assert as_numpy(layer.num_frames(np.array([frames])))[0] == count
    if count:
        assert layer(np.ones((1, frames, 9), "float32")).shape == (1, count, 12)
        assert layer.output_mask(np.ones((1, frames), bool)).shape == (1, count)


def test_each_utterance_has_mean_0_and_variance_1():
    x = draw.normal(3, 7, size=(2, 11, 5)).astype("float32")
    real = mask([4, 11], 11)
    found = as_numpy(ka.UtteranceNormalization()(x, padding_mask=real))
    for one, length in zip(found, (4, 11), strict=True):
        np.testing.assert_allclose(one[:length].mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(one[:length].std(axis=0), 1, atol=1e-3)
        assert not one[length:].any()
    centred = as_numpy(ka.UtteranceNormalization(scale=False)(x))
    np.testing.assert_allclose(centred, x - x.mean(axis=1, keepdims=True), atol=1e-5)
    constant = as_numpy(ka.UtteranceNormalization()(np.ones((1, 7, 2))))
    assert not constant.any()


def test_pre_emphasis_takes_the_sample_before():
    found = as_numpy(ka.PreEmphasis(0.9)(WAVEFORMS))
    np.testing.assert_allclose(found[:, 1:], WAVEFORMS[:, 1:] - 0.9 * WAVEFORMS[:, :-1], atol=1e-6)
    np.testing.assert_allclose(found[:, 0], 0.1 * WAVEFORMS[:, 0], atol=1e-6)


def test_a_resampler_takes_any_rate():
    layer = ka.Resampler(8_000)
    assert layer(WAVEFORMS, from_rate=16_000).shape == (2, layer.num_samples(4001, 16_000))
    fixed = ka.Resampler(8_000, from_rate=16_000)
    np.testing.assert_array_equal(
        as_numpy(fixed(WAVEFORMS)), as_numpy(layer(WAVEFORMS, from_rate=16_000))
    )
    with pytest.raises(ValueError, match="Give `from_rate`"):
        layer(WAVEFORMS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.LogMelSpectrogram(lowest=9_000.0), "between 0 hertz and half"),
        (lambda: ka.LogMelSpectrogram(highest=8_001.0), "between 0 hertz and half"),
        (lambda: ka.LogMelSpectrogram(hop_seconds=1e-5), "at least one sample"),
        (lambda: ka.MelCepstrum(41, 40), "at most as many coefficients as bands"),
        (lambda: ka.ConvolutionalSubsampling(8, 3)(np.ones((1, 50, 5))), "leave none of so few"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
