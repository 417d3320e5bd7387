"""Token ids to features: padding, segments, positions and perturbations."""

import keras
import numpy as np
import pytest

import keras_attention

IDS = np.array([[5, 7, 3, 11, 2], [13, 17, 19, 0, 0]])
SIZES = dict(num_layers=2, d_model=12, num_heads=3, dff=17, dropout=0.0)


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def encoder(**arguments):
    return keras_attention.TextEncoder(23, **{**SIZES, **arguments})


def test_padding_changes_nothing():
    encode = encoder()
    padded = as_numpy(encode({"token_ids": IDS}))
    alone = as_numpy(encode({"token_ids": IDS[1:, :3]}))
    np.testing.assert_allclose(padded[1:, :3], alone, atol=1e-5)


def test_segments_are_told_apart():
    encode = encoder(num_segments=2)
    inputs = {"token_ids": IDS, "segment_ids": np.zeros_like(IDS)}
    other = {**inputs, "segment_ids": np.array([[0, 0, 1, 1, 1], [0, 0, 0, 0, 0]])}
    first, second = as_numpy(encode(inputs)), as_numpy(encode(other))
    assert np.abs(first[0] - second[0]).max() > 1e-3
    np.testing.assert_array_equal(first[1], second[1])
    # Without segments nothing is asked for and nothing is read.
    encode = encoder()
    np.testing.assert_array_equal(as_numpy(encode(other)), as_numpy(encode({"token_ids": IDS})))


def test_a_perturbation_is_added_to_the_embeddings():
    encode = encoder()
    nothing = np.zeros((2, 5, 12), "float32")
    inputs = {"token_ids": IDS}
    plain = as_numpy(encode(inputs))
    np.testing.assert_array_equal(as_numpy(encode({**inputs, "perturbation": nothing})), plain)
    # Taking the embeddings away leaves what does not depend on the tokens.
    away = -as_numpy(encode.token_embedding.embedded(IDS))
    others = np.where(IDS > 0, 4, 0)
    away_of_others = -as_numpy(encode.token_embedding.embedded(others))
    np.testing.assert_allclose(
        as_numpy(encode({"token_ids": IDS, "perturbation": away})),
        as_numpy(encode({"token_ids": others, "perturbation": away_of_others})),
        atol=1e-5,
    )


@pytest.mark.parametrize("scheme", [None, keras_attention.Rotary(), keras_attention.ALiBi()])
def test_order_counts_under_every_position_scheme(scheme):
    encode = encoder(position_scheme=scheme)
    features = as_numpy(encode({"token_ids": IDS[:1]}))
    swapped = as_numpy(encode({"token_ids": IDS[:1, [1, 0, 2, 3, 4]]}))
    assert np.abs(features[0, 4] - swapped[0, 4]).max() > 1e-4


def test_attention_weights():
    encode = encoder()
    _, weights = encode({"token_ids": IDS}, return_attention_scores=True)
    assert weights.shape == (2, 2, 3, 5, 5)
    np.testing.assert_allclose(as_numpy(weights).sum(axis=-1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(as_numpy(weights)[1, ..., 3:], 0.0)
