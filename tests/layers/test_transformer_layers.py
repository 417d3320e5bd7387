"""Encoder and decoder layers and their stacks, feed-forward network, residual connection."""

import keras
import numpy as np
import pytest

from keras_attention.layers import (
    Decoder,
    DecoderLayer,
    Encoder,
    EncoderLayer,
    FeedForward,
    Residual,
)

SIZES = dict(d_model=12, num_heads=3, dff=17)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_feed_forward_is_its_formula():
    layer, x = FeedForward(dff=17), normal(2, 5, 7)
    output = as_numpy(layer(x))
    inner_kernel, inner_bias, outer_kernel, outer_bias = layer.get_weights()
    expected = np.maximum(x @ inner_kernel + inner_bias, 0) @ outer_kernel + outer_bias
    np.testing.assert_allclose(output, expected, atol=1e-6)


@pytest.mark.parametrize("shape", [(5, 16), (2, 5, 16), (2, 3, 5, 16)])
def test_feed_forward_of_any_rank_and_in_eight_bits(shape):
    layer, x = FeedForward(dff=64), normal(*shape)
    exact = as_numpy(layer(x))
    assert exact.shape == shape
    for dense in (layer.intermediate_dense, layer.output_dense):
        dense.quantize("int8")
    np.testing.assert_allclose(as_numpy(layer(x)), exact, atol=0.05)
    assert layer.output_dense.kernel.dtype == "int8"


def normalize(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def test_residual_before_and_after():
    x = normal(2, 5, 7)
    pre, post = Residual("pre"), Residual("post")
    np.testing.assert_allclose(as_numpy(pre.before(x)), normalize(x), atol=1e-5)
    np.testing.assert_allclose(as_numpy(pre.after(x, 3 * x)), 4 * x, atol=1e-5)
    np.testing.assert_allclose(as_numpy(post.before(x)), x)
    np.testing.assert_allclose(as_numpy(post.after(x, x)), normalize(2 * x), atol=1e-5)
    np.testing.assert_allclose(as_numpy(post(x, x)), normalize(2 * x), atol=1e-5)


@pytest.mark.parametrize("normalization", ["pre", "post"])
def test_encoder_layer_is_the_figure_of_the_paper(normalization):
    layer, x = EncoderLayer(**SIZES, dropout=0.0, normalization=normalization), normal(2, 5, 12)
    output, weights = layer(x, return_attention_scores=True)
    before = normalize if normalization == "pre" else lambda y: y
    after = normalize if normalization == "post" else lambda y: y
    y = before(x)
    y = after(x + as_numpy(layer.self_attention(y, y)))
    y = after(y + as_numpy(layer.feed_forward(before(y))))
    np.testing.assert_allclose(as_numpy(output), y, atol=1e-5)
    assert tuple(weights.shape) == (2, 3, 5, 5)


def test_encoder_knows_no_order_without_positions():
    encoder, x = Encoder(num_layers=2, **SIZES), normal(2, 5, 12)
    order = np.array([3, 1, 4, 0, 2])
    permuted = as_numpy(encoder(x[:, order]))
    np.testing.assert_allclose(permuted, as_numpy(encoder(x))[:, order], atol=1e-5)


@pytest.mark.parametrize("normalization", ["pre", "post"])
def test_padding_changes_nothing(normalization):
    encoder = Encoder(num_layers=2, **SIZES, normalization=normalization)
    decoder = Decoder(num_layers=2, **SIZES, normalization=normalization)
    x, source = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    alone = as_numpy(decoder(x, encoder(source)))
    padded = np.concatenate([source, 100 * normal(2, 3, 12, seed=2)], axis=1)
    mask = np.arange(10)[None, None] < 7
    encoded = encoder(padded, attention_mask=mask)
    together = decoder(x, encoded, cross_attention_mask=mask)
    np.testing.assert_allclose(as_numpy(together), alone, atol=1e-5)


def test_decoder_sees_no_later_position():
    decoder = Decoder(num_layers=2, **SIZES)
    x, encoded = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    whole = as_numpy(decoder(x, encoded))
    changed = np.concatenate([x[:, :3], 9 * x[:, 3:]], axis=1)
    np.testing.assert_allclose(as_numpy(decoder(changed, encoded))[:, :3], whole[:, :3], atol=1e-6)


def test_weights_come_back_by_name_and_layer():
    decoder = Decoder(num_layers=2, **SIZES, attention_dropout=0.2)
    x, encoded = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    output, weights = decoder(x, encoded, return_attention_scores=True)
    np.testing.assert_array_equal(as_numpy(output), as_numpy(decoder(x, encoded)))
    assert tuple(weights["self_attention"].shape) == (2, 2, 3, 5, 5)
    assert tuple(weights["cross_attention"].shape) == (2, 2, 3, 5, 7)
    sums = as_numpy(weights["cross_attention"]).sum(-1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)


@pytest.mark.parametrize("normalization", ["pre", "post"])
def test_step_by_step_equals_the_whole_sequence(normalization):
    decoder = Decoder(
        num_layers=2, d_model=12, num_heads=6, dff=17, normalization=normalization,
        num_key_value_heads=2,
    )  # fmt: skip
    x, encoded = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    mask = np.random.default_rng(3).random((2, 1, 7)) < 0.7
    whole = as_numpy(decoder(x, encoded, cross_attention_mask=mask))
    cache = decoder.make_cache(encoded, max_length=11)
    for i in range(5):
        output, cache = decoder.step(x[:, i : i + 1], cache, i, cross_attention_mask=mask)
        np.testing.assert_allclose(as_numpy(output)[:, 0], whole[:, i], atol=1e-5)


@pytest.mark.parametrize("dropout", ["dropout", "attention_dropout", "activation_dropout"])
@pytest.mark.parametrize("cls", [EncoderLayer, DecoderLayer])
def test_each_dropout_acts_in_training_only(cls, dropout):
    layer = cls(**SIZES, **{"dropout": 0.0, dropout: 0.5})
    inputs = [normal(2, 5, 12)] * (1 if cls is EncoderLayer else 2)
    quiet = as_numpy(layer(*inputs))
    np.testing.assert_array_equal(as_numpy(layer(*inputs, training=False)), quiet)
    assert np.abs(as_numpy(layer(*inputs, training=True)) - quiet).max() > 1e-3


def test_masks_of_keras_layers_reach_the_attention():
    ids = np.array([[5, 7, 3, 0, 0]])
    embedding = keras.layers.Embedding(11, 12, mask_zero=True)
    layer = EncoderLayer(**SIZES, dropout=0.0)
    x = embedding(ids)
    output, weights = layer(x, return_attention_scores=True)
    assert (as_numpy(weights)[..., 3:] == 0).all()
    np.testing.assert_array_equal(as_numpy(output._keras_mask), ids != 0)
    short = as_numpy(layer(embedding(ids[:, :3])))
    np.testing.assert_allclose(as_numpy(output)[:, :3], short, atol=1e-5)


@pytest.mark.parametrize(
    ("cls", "arguments", "message"),
    [
        (
            EncoderLayer,
            dict(d_model=10, num_heads=4, dff=3),
            "`d_model` must be divisible by `num_heads`. Received: d_model=10, num_heads=4",
        ),
        (DecoderLayer, dict(d_model=10, num_heads=0, dff=3), "argument `num_heads`"),
        (EncoderLayer, dict(**SIZES, normalization="both"), "expected one of 'pre', 'post'"),
        (EncoderLayer, dict(**SIZES, dropout=1), "argument `dropout`"),
        (FeedForward, dict(dff=-3), "argument `dff`"),
        (Encoder, dict(num_layers=0, **SIZES), "argument `num_layers`"),
        (Decoder, dict(num_layers=1.5, **SIZES), "argument `num_layers`"),
    ],
)
def test_bad_arguments(cls, arguments, message):
    with pytest.raises(ValueError, match=message):
        cls(**arguments)
