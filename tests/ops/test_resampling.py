"""Resampled waveforms are what would have been recorded at the other rate."""

import keras
import numpy as np
import pytest

from keras_attention.ops import resampling
from keras_attention.ops.resampling import resample, resampled_length

RATES = [
    (44_100, 16_000),
    (8_000, 16_000),
    (16_000, 8_000),
    (22_050, 16_000),
    (7, 5),
    (48_000, 8_000),
]


def tone(hertz, rate, samples):
    return np.sin(2 * np.pi * hertz * np.arange(samples) / rate).astype("float32")[None]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_a_tone_stays_what_it_is(from_rate, to_rate):
    hertz = 0.11 * min(from_rate, to_rate)
    found = as_numpy(resample(tone(hertz, from_rate, 2003), from_rate, to_rate))
    length = -(-2003 * to_rate // from_rate)
    assert found.shape == (1, length)
    expected = tone(hertz, to_rate, length)
    inside = slice(length // 4, -length // 4)  # beyond the ends there is silence
    np.testing.assert_allclose(found[0, inside], expected[0, inside], atol=2e-3)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(44_100, 16_000), (16_000, 8_000)])
def test_what_the_lower_rate_cannot_hold_is_gone(from_rate, to_rate):
    found = as_numpy(resample(tone(0.6 * to_rate, from_rate, 4001), from_rate, to_rate))
    middle = found[0, found.shape[1] // 4 : -found.shape[1] // 4]
    assert np.abs(middle).max() < 1e-3


def test_the_same_rate_changes_nothing():
    waveform = tone(440, 16_000, 101)
    np.testing.assert_array_equal(as_numpy(resample(waveform, 16_000, 16_000)), waveform)


def test_agrees_with_librosa():
    import librosa

    draw = np.random.default_rng(0)
    smooth = sum(tone(draw.uniform(50, 3000), 22_050, 4001) for _ in range(7))
    found = as_numpy(resample(smooth, 22_050, 16_000))[0]
    expected = librosa.resample(smooth[0], orig_sr=22_050, target_sr=16_000, res_type="soxr_vhq")
    assert len(found) == len(expected)
    np.testing.assert_allclose(found[200:-200], expected[200:-200], atol=5e-3)


@pytest.mark.parametrize("samples", [0, 1, 5, 441, 442, 10_000_003])
@pytest.mark.parametrize(("from_rate", "to_rate"), RATES)
def test_lengths(samples, from_rate, to_rate):
    expected = -(-samples * to_rate // from_rate)
    assert resampled_length(samples, from_rate, to_rate) == expected


@pytest.mark.tensorflow
def test_rates_may_be_known_late():
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None, None]), tf.TensorSpec([], tf.int32)])
    def at_16_000(waveforms, rate):
        return resample(waveforms, rate, 16_000)

    for rate in (8_000, 16_000, 44_100):
        waveform = tone(300, rate, 1001)
        expected = as_numpy(resample(waveform, rate, 16_000))
        np.testing.assert_allclose(at_16_000(waveform, rate).numpy(), expected, atol=1e-5)


@pytest.mark.parametrize(
    "largest_filter",
    [
        pytest.param(2**18, id="filtered"),
        pytest.param(0, id="interpolated", marks=pytest.mark.slow),
    ],
)
def test_a_place_late_in_a_long_waveform_is_exact(monkeypatch, largest_filter):
    monkeypatch.setattr(resampling, "_LARGEST_FILTER", largest_filter)
    waveform = np.zeros((1, 1_000_001), "float32")
    waveform[0, -1] = 1.0
    found = as_numpy(resample(waveform, 16_000, 8_000))[0]
    assert found.argmax() == 500_000
    np.testing.assert_allclose(found[500_000], 0.475, atol=1e-3)


@pytest.mark.parametrize(("from_rate", "to_rate"), RATES[:-1])
def test_both_ways_are_the_same(monkeypatch, from_rate, to_rate):
    waveform = np.random.default_rng(0).normal(size=(2, 1009)).astype("float32")
    filtered = as_numpy(resample(waveform, from_rate, to_rate))
    monkeypatch.setattr(resampling, "_LARGEST_FILTER", 0)
    np.testing.assert_allclose(
        as_numpy(resample(waveform, from_rate, to_rate)), filtered, atol=1e-4
    )


@pytest.mark.parametrize("rates", [(0, 16_000), (16_000, -1)])
def test_rates_that_are_none(rates):
    with pytest.raises(ValueError, match="Sampling rates must be positive"):
        resample(np.zeros((1, 7)), *rates)
