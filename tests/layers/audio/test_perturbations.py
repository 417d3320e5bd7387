"""Changes in training: as large as they say, where they say, and none at inference."""

import keras
import numpy as np
import pytest

import keras_attention as ka

draw = np.random.default_rng(0)
FEATURES = draw.uniform(1, 2, size=(64, 50, 30)).astype("float32")
WAVEFORMS = draw.normal(0, 0.1, size=(50, 2003)).astype("float32")
REAL = np.arange(50) < draw.integers(20, 51, 64)[:, None]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(
    "layer",
    [ka.SpecAugment(time_warp=5), ka.RandomGain(), ka.AdditiveNoise()],
    ids=["spec", "gain", "noise"],
)
def test_nothing_changes_at_inference(layer):
    x = FEATURES if isinstance(layer, ka.SpecAugment) else WAVEFORMS
    np.testing.assert_array_equal(as_numpy(layer(x)), x)
    np.testing.assert_array_equal(as_numpy(layer(x, training=False)), x)
    assert np.abs(as_numpy(layer(x, training=True)) - x).max() > 1e-3


def longest_run(left_out):
    best = run = 0
    for one in left_out:
        run = run + 1 if one else 0
        best = max(best, run)
    return best


def test_spans_of_time_are_left_out():
    layer = ka.SpecAugment(0, 0, time_masks=1, time_width=9, time_share=1.0, seed=1)
    found = as_numpy(layer(FEATURES, padding_mask=REAL, training=True))
    gone = found == 0
    assert (gone.all(axis=2) == gone.any(axis=2)).all()  # all features of a frame, or none
    spans = gone[:, :, 0]
    assert not (spans & ~REAL).any()
    lengths = spans.sum(axis=1)
    assert [longest_run(one) for one in spans] == lengths.tolist()
    assert set(lengths) == set(range(10))
    np.testing.assert_array_equal(found[~gone], FEATURES[~gone])


def test_a_span_is_at_most_a_share_of_the_utterance():
    layer = ka.SpecAugment(0, 0, time_masks=1, time_width=100, time_share=0.25, seed=1)
    spans = as_numpy(layer(FEATURES, padding_mask=REAL, training=True))[:, :, 0] == 0
    shares = spans.sum(axis=1) / REAL.sum(axis=1)
    assert 0.15 < shares.max() <= 0.25


def test_bands_of_frequency_are_left_out():
    layer = ka.SpecAugment(2, 7, time_masks=0, seed=1)
    gone = as_numpy(layer(FEATURES, training=True)) == 0
    assert (gone.all(axis=1) == gone.any(axis=1)).all()  # throughout the utterance, or not at all
    widths = gone[:, 0].sum(axis=1)
    assert widths.max() > 7
    assert widths.max() <= 14
    assert len({tuple(one) for one in gone[:, 0]}) > 30  # each utterance has its own


def test_warped_time_keeps_its_ends_and_its_order():
    ramp = np.broadcast_to(np.arange(50.0, dtype="float32")[:, None], (64, 50, 1))
    layer = ka.SpecAugment(0, 0, 0, 0, time_warp=6, seed=1)
    found = as_numpy(layer(ramp, padding_mask=REAL, training=True))[..., 0]
    for one, length in zip(found, REAL.sum(axis=1), strict=True):
        assert one[0] == 0
        assert one[length - 1] == pytest.approx(length - 1, abs=1e-3)
        assert (np.diff(one[:length]) >= -1e-4).all()
        np.testing.assert_array_equal(one[length:], np.arange(length, 50))
    moved = np.abs(found - ramp[..., 0]).max(axis=1)
    assert 3 < moved.max() <= 6.01
    short = np.arange(10) < np.full((64, 1), 10)
    unmoved = as_numpy(layer(ramp[:, :10], padding_mask=short, training=True))
    np.testing.assert_allclose(unmoved, ramp[:, :10], atol=1e-4)


def test_gain_is_drawn_for_each_waveform():
    found = as_numpy(ka.RandomGain((-6.0, 20.0), seed=1)(WAVEFORMS, training=True))
    ratios = found / WAVEFORMS
    np.testing.assert_allclose(ratios, ratios[:, :1] * np.ones_like(ratios), rtol=1e-3)
    decibels = 20 * np.log10(ratios[:, 0])
    assert decibels.min() >= -6.01
    assert decibels.max() <= 20.01
    assert np.ptp(decibels) > 15


def test_noise_is_as_strong_as_asked():
    real = np.arange(2003) < np.array([[1501]] * 50)
    waveforms = WAVEFORMS * real
    layer = ka.AdditiveNoise((10.0, 10.0), seed=1)
    noise = as_numpy(layer(waveforms, padding_mask=real, training=True)) - waveforms
    assert not noise[:, 1501:].any()
    ratios = 10 * np.log10((waveforms**2).sum(axis=1) / (noise**2).sum(axis=1))
    np.testing.assert_allclose(ratios, 10.0, atol=0.6)
    some = ka.AdditiveNoise((10.0, 10.0), rate=0.5, seed=1)
    changed = (as_numpy(some(waveforms, training=True)) != waveforms).any(axis=1)
    assert 10 < changed.sum() < 40


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.RandomGain((6.0, -6.0)), "ascending order. Received: decibels="),
        (lambda: ka.AdditiveNoise((1.0,)), "ascending order. Received: signal_to_noise="),
        (lambda: ka.AdditiveNoise(rate=1.5), "`rate` must be from 0 to 1. Received: rate=1.5"),
        (lambda: ka.SpecAugment(time_share=2), "`time_share` must be from 0 to 1"),
        (lambda: ka.SpecAugment(time_masks=-1), "`time_masks`"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
