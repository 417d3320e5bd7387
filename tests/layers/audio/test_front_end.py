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
