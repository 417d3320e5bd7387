"""CaiT's class attention beside its formula."""

import keras
import numpy as np
import pytest

import keras_attention as ka

SIZES = dict(d_model=12, num_heads=3, dff=17, dropout=0.0)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def normalize(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


@pytest.mark.parametrize("normalization", ["pre", "post"])
def test_a_layer_is_the_figure_of_the_paper(normalization):
    layer = ka.ClassAttentionLayer(**SIZES, normalization=normalization)
    token, x = normal(2, 1, 12), normal(2, 5, 12, seed=1)
    output, weights = layer(token, x, return_attention_scores=True)
    before = normalize if normalization == "pre" else lambda y: y
    after = normalize if normalization == "post" else lambda y: y
    z = before(np.concatenate([token, x], axis=1))
    y = after(token + as_numpy(layer.self_attention(z[:, :1], z)))
    y = after(y + as_numpy(layer.feed_forward(before(y))))
    np.testing.assert_allclose(as_numpy(output), y, atol=1e-5)
    np.testing.assert_array_equal(as_numpy(layer(token, x)), as_numpy(output))
    assert tuple(weights.shape) == (2, 3, 1, 6)


def test_a_layer_is_the_first_row_of_an_encoder_layer():
    layer, whole = ka.ClassAttentionLayer(**SIZES), ka.EncoderLayer(**SIZES)
    token, x = normal(2, 1, 12), normal(2, 5, 12, seed=1)
    layer(token, x)
    whole.build((2, 6, 12))
    whole.set_weights(layer.get_weights())
    expected = whole(np.concatenate([token, x], axis=1))
    np.testing.assert_allclose(as_numpy(layer(token, x)), as_numpy(expected)[:, :1], atol=1e-5)


def test_the_pooling_is_its_layers_one_after_the_other():
    pooling, x = ka.ClassAttentionPooling(2, **SIZES, layer_scale=0.5), normal(2, 5, 12)
    output = as_numpy(pooling(x))
    token = np.broadcast_to(as_numpy(pooling.class_token), (2, 1, 12))
    for layer in pooling.layers:
        token, weights = layer(token, x, return_attention_scores=True)
    np.testing.assert_allclose(output, normalize(as_numpy(token))[:, 0], atol=1e-5)
    of_others = as_numpy(weights)[:, :, 0, 1:].mean(axis=1)
    expected = of_others / of_others.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(as_numpy(pooling.shares(x)), expected, atol=1e-6)


def test_the_head_passes_training_on():
    pooling = ka.ClassAttentionPooling(2, **{**SIZES, "dropout": 0.5})
    head, x = ka.SequenceHead(5, pooling), normal(2, 5, 12)
    outputs = [as_numpy(head(x, training=training)) for training in (False, False, True)]
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert np.abs(outputs[2] - outputs[0]).max() > 1e-3


@pytest.mark.parametrize(
    "part", [dict(position_scheme=ka.Rotary()), dict(pattern=ka.OffDiagonal())]
)
def test_distances_are_refused(part):
    with pytest.raises(ValueError, match="knows no distances.*Received: (Rotary|OffDiagonal)"):
        ka.ClassAttentionLayer(**SIZES, attention=ka.Mechanism(**part))


def test_bad_arguments():
    with pytest.raises(ValueError, match="argument `num_layers`"):
        ka.ClassAttentionPooling(0, **SIZES)
