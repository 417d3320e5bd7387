"""The front end knows what is real: padded as unpadded, lengths counted, padding zero."""

import keras
import numpy as np
import pytest

import keras_attention as ka

draw = np.random.default_rng(0)
WAVEFORMS = draw.normal(0, 0.1, size=(2, 4000)).astype("float32")
LENGTHS = np.array([4000, 2500])


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def front_end(*more):
    return ka.FrontEnd(
        [
            ka.RandomGain(),
            ka.AdditiveNoise(),
            ka.Resampler(8_000, from_rate=10_000),
            ka.LogMelSpectrogram(20, 8_000),
            ka.UtteranceNormalization(),
            *more,
        ]
    )


def test_padded_is_unpadded():
    layer = front_end()
    features, lengths = layer(WAVEFORMS, LENGTHS)
    alone, length = layer(WAVEFORMS[1:, :2500], LENGTHS[1:])
    assert as_numpy(lengths)[1] == as_numpy(length)[0] == alone.shape[1] == layer.num_frames(2500)
    np.testing.assert_allclose(
        as_numpy(features)[1, : alone.shape[1]], as_numpy(alone)[0], atol=0.02
    )
    assert not as_numpy(features)[1, alone.shape[1] :].any()
    assert features.shape == layer.compute_output_shape(WAVEFORMS.shape)[0]


def test_only_training_changes_anything_at_random():
    layer = front_end(ka.SpecAugment())
    first, again = (as_numpy(layer(WAVEFORMS, LENGTHS)[0]) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    trained = as_numpy(layer(WAVEFORMS, LENGTHS, training=True)[0])
    assert np.abs(trained - first).max() > 0.1


def test_the_statistics_of_a_data_set_are_a_layer_of_it():
    normalization = keras.layers.Normalization(mean=3.0, variance=4.0)
    layer = ka.FrontEnd([normalization])
    features = draw.normal(size=(2, 5, 3)).astype("float32")
    found, lengths = layer(features, np.array([5, 2]))
    np.testing.assert_allclose(as_numpy(found)[0], (features[0] - 3.0) / 2.0, atol=1e-5)
    assert as_numpy(lengths).tolist() == [5, 2]
    assert not as_numpy(found)[1, 2:].any()


def spoken(silence, said, after):
    """Noise between two silences."""
    wave = np.zeros(silence + said + after, "float32")
    wave[silence : silence + said] = draw.normal(0, 0.1, said)
    return wave


def test_silence_is_cut_off_at_both_ends():
    layer = ka.SilenceTrimming(decibels=30.0, sampling_rate=1_000, window_seconds=0.01)
    wave = spoken(300, 200, 400)
    padded = np.zeros((2, 1_000), "float32")
    padded[0, :900], padded[1, :200] = wave, wave[300:500]
    found, lengths = layer(padded, np.array([900, 200]))
    assert as_numpy(lengths).tolist() == [220, 200]
    np.testing.assert_array_equal(as_numpy(found)[0, :220], wave[290:510])
    np.testing.assert_array_equal(as_numpy(found)[1, :200], wave[300:500])
    assert not as_numpy(found)[0, 220:].any()
    assert not as_numpy(found)[1, 200:].any()


def test_pauses_between_words_stay():
    layer = ka.SilenceTrimming(decibels=30.0, sampling_rate=1_000, window_seconds=0.01)
    wave = np.concatenate([spoken(100, 100, 200), spoken(0, 100, 100)])
    found, lengths = layer(wave[None], np.array([600]))
    assert as_numpy(lengths).tolist() == [420]
    np.testing.assert_array_equal(as_numpy(found)[0, :420], wave[90:510])


def test_nothing_but_silence_stays_as_it_is():
    layer = ka.SilenceTrimming(sampling_rate=1_000, window_seconds=0.01)
    _, lengths = layer(np.zeros((1, 95), "float32"), np.array([95]))
    assert as_numpy(lengths).tolist() == [95]


def test_what_is_behind_the_end_counts_for_nothing():
    layer = ka.SilenceTrimming(decibels=30.0, sampling_rate=1_000, window_seconds=0.01)
    wave = spoken(100, 100, 100)
    loud = np.concatenate([wave, 9 * spoken(0, 200, 0)])
    for one in (wave, loud):
        found, lengths = layer(one[None], np.array([300]))
        assert as_numpy(lengths).tolist() == [120]
        np.testing.assert_array_equal(as_numpy(found)[0, :120], wave[90:210])


def test_a_front_end_knows_what_is_left_of_a_trimmed_recording():
    layer = ka.FrontEnd(
        [ka.SilenceTrimming(30.0, 8_000), ka.Dither(), ka.LogMelSpectrogram(20, 8_000)]
    )
    wave = spoken(3_000, 2_000, 3_000)
    features, lengths = layer(wave[None], np.array([8_000]))
    count = int(as_numpy(lengths)[0])
    assert ka.LogMelSpectrogram(20, 8_000).num_frames(2_000) <= count <= 30
    assert features.shape == layer.compute_output_shape((1, 8_000))[0]
    assert not as_numpy(features)[0, count:].any()
    alone, _ = ka.FrontEnd([ka.LogMelSpectrogram(20, 8_000)])(
        wave[None, 2_720:5_280], np.array([2_560])
    )
    np.testing.assert_allclose(as_numpy(features)[0, :20], as_numpy(alone)[0, :20], atol=1e-4)


def test_noise_is_as_loud_as_it_should_be_and_only_where_there_is_something():
    layer = ka.Dither(amplitude=0.25)
    silence = np.zeros((2, 4_000), "float32")
    real = np.arange(4_000) < np.array([[4_000], [1_000]])
    found = as_numpy(layer(silence, padding_mask=real, training=True))
    assert found[0].std() == pytest.approx(0.25, rel=0.1)
    assert not found[1, 1_000:].any()
    assert not as_numpy(layer(silence)).any()
    with pytest.raises(ValueError, match="Received: amplitude=-1"):
        ka.Dither(amplitude=-1)


@pytest.mark.parametrize(("frames", "patches"), [(1, 1), (2, 2), (7, 4), (8, 5)])
def test_time_patches_are_a_dense_layer_of_frames_side_by_side(frames, patches):
    layer = ka.TimePatches(5, patch_length=2, num_prefix=1)
    features = draw.normal(size=(2, frames, 3)).astype("float32")
    found = as_numpy(layer(features))
    assert found.shape == (2, patches, 5)
    assert layer.num_frames(frames) == patches
    kernel, bias = layer.patch_dense.get_weights()
    for i in range(patches - 1):
        pair = features[:, 2 * i : 2 * i + 2].reshape(2, 6)
        np.testing.assert_allclose(found[:, i + 1], pair @ kernel + bias, atol=1e-5)
    np.testing.assert_array_equal(found[:, :1], np.broadcast_to(as_numpy(layer.prefix), (2, 1, 5)))
