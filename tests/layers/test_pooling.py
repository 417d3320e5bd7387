"""One vector for a sequence: padding never counts, and shares say where it comes from."""

import keras
import numpy as np
import pytest

import keras_attention
from keras_attention.layers.class_attention_pooling import ClassAttentionPooling
from keras_attention.layers.pooling import (
    AttentionPooling,
    FirstTokenPooling,
    MeanPooling,
    SequencePooling,
    TokenPooling,
)

draw = np.random.default_rng(7)
X = draw.normal(size=(2, 5, 12)).astype("float32")
MASK = np.array([[True, True, True, False, False], [True, True, True, True, True]])
POOLINGS = [
    MeanPooling(),
    FirstTokenPooling(),
    TokenPooling(1),
    SequencePooling(),
    AttentionPooling(num_heads=3),
    ClassAttentionPooling(2, d_model=12, num_heads=3, dff=17),
]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("pooling", POOLINGS, ids=lambda p: type(p).__name__)
def test_padding_does_not_count(pooling):
    spoiled = np.where(MASK[..., None], X, 1e6).astype("float32")
    alone = pooling(X[:1, :3], padding_mask=MASK[:1, :3])
    for x in (X, spoiled):
        pooled = pooling(x, padding_mask=MASK)
        assert pooled.shape == (2, 12)
        np.testing.assert_allclose(as_numpy(pooled)[:1], as_numpy(alone), atol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS, ids=lambda p: type(p).__name__)
def test_shares_are_of_real_tokens_and_sum_to_one(pooling):
    shares = as_numpy(pooling.shares(X, padding_mask=MASK))
    assert shares.shape == (2, 5)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(shares[0, 3:], 0.0)


def test_the_mean_is_that_of_numpy():
    expected = np.stack([X[0, :3].mean(axis=0), X[1].mean(axis=0)])
    np.testing.assert_allclose(as_numpy(MeanPooling()(X, padding_mask=MASK)), expected, atol=1e-6)
    np.testing.assert_allclose(as_numpy(MeanPooling()(X)), X.mean(axis=1), atol=1e-6)


def test_the_mean_of_many_tokens_in_bfloat16_is_exact():
    ones = np.ones((1, 4099, 2), "float32")
    pooled = MeanPooling(dtype="bfloat16")(ones, padding_mask=np.ones((1, 4099), bool))
    np.testing.assert_array_equal(as_numpy(keras.ops.cast(pooled, "float32")), 1.0)


@pytest.mark.parametrize("pooling", POOLINGS, ids=lambda p: type(p).__name__)
def test_a_text_without_tokens_gives_no_nan(pooling):
    assert np.isfinite(as_numpy(pooling(X, padding_mask=np.zeros((2, 5), bool)))).all()


def test_the_first_token():
    np.testing.assert_array_equal(as_numpy(FirstTokenPooling()(X, padding_mask=MASK)), X[:, 0])


@pytest.mark.parametrize("position", [1, -2])
def test_the_token_at_one_place(position):
    pooling = TokenPooling(position)
    np.testing.assert_array_equal(as_numpy(pooling(X, padding_mask=MASK)), X[:, position])
    shares = as_numpy(pooling.shares(X))
    np.testing.assert_array_equal(shares[:, position], 1.0)
    assert shares.sum() == 2
    with pytest.raises(ValueError, match="`position` must be an integer.* position='first'"):
        TokenPooling("first")


def test_sequence_pooling_is_its_formula():
    pooling = SequencePooling()
    output = as_numpy(pooling(X, padding_mask=MASK))
    vector, bias = pooling.get_weights()
    for row, real in enumerate((3, 5)):
        scores = np.exp(X[row, :real] @ vector[:, 0] + bias)
        expected = scores / scores.sum() @ X[row, :real]
        np.testing.assert_allclose(output[row], expected, atol=1e-5)


def test_attention_is_that_of_its_query():
    pooling = AttentionPooling(num_heads=3)
    y, weights = pooling(X, padding_mask=MASK, return_attention_scores=True)
    assert weights.shape == (2, 3, 5)
    np.testing.assert_allclose(as_numpy(pooling(X, padding_mask=MASK)), as_numpy(y), atol=1e-6)
    query = np.broadcast_to(as_numpy(pooling.query), (2, 1, 12))
    expected = pooling.attention(query, X, attention_mask=MASK[:, None])
    np.testing.assert_allclose(as_numpy(y), as_numpy(expected)[:, 0], atol=1e-6)


def test_heads_that_do_not_divide():
    with pytest.raises(
        ValueError, match="must be divisible by `num_heads`.*d_model=12, num_heads=5"
    ):
        keras_attention.AttentionPooling(num_heads=5)(X)
