"""A Conformer layer is its parts; padding changes nothing; causal ones do not look ahead."""

import keras
import numpy as np
import pytest

import keras_attention as ka

draw = np.random.default_rng(0)
X = draw.normal(size=(2, 11, 12)).astype("float32")
REAL = np.arange(11) < np.array([[7], [11]])


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def conformer(**arguments):
    layer = ka.ConformerLayer(12, num_heads=3, dff=17, kernel_size=5, **arguments)
    layer.build((None, None, 12))
    for weight in layer.trainable_weights:
        weight.assign_add(keras.random.normal(weight.shape, stddev=0.1, seed=3))
    return layer


def test_the_convolution_is_its_definition():
    layer = ka.ConvolutionModule(kernel_size=3)
    layer(X)
    for weight in layer.trainable_weights:
        weight.assign_add(keras.random.normal(weight.shape, stddev=0.1, seed=3))
    first, second = layer.gated_dense.get_weights(), layer.output_dense.get_weights()
    kernel, bias = layer.depthwise_convolution.get_weights()
    gamma, beta = layer.layer_normalization.get_weights()
    both = X @ first[0] + first[1]
    gated = both[..., :12] / (1 + np.exp(-both[..., 12:]))
    padded = np.pad(gated, [(0, 0), (1, 1), (0, 0)])
    mixed = sum(padded[:, i : i + 11] * kernel.reshape(3, 12)[i] for i in range(3)) + bias
    centred = mixed - mixed.mean(axis=-1, keepdims=True)
    normalized = gamma * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) + beta
    expected = (normalized / (1 + np.exp(-normalized))) @ second[0] + second[1]
    np.testing.assert_allclose(as_numpy(layer(X)), expected, atol=1e-5)


def test_a_layer_is_its_parts():
    layer = conformer()
    x = X + 0.5 * layer.first_feed_forward(layer.first_feed_forward_residual.before(X))
    y = layer.self_attention_residual.before(x)
    x = x + layer.self_attention(y, y)
    x = x + layer.convolution(layer.convolution_residual.before(x))
    x = x + 0.5 * layer.feed_forward(layer.feed_forward_residual.before(x))
    expected = as_numpy(layer.output_normalization(x))
    np.testing.assert_allclose(as_numpy(layer(X)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "position_scheme",
    [None, ka.TransformerXLPositions(), ka.Rotary()],
    ids=["none", "xl", "rotary"],
)
def test_padded_is_unpadded(position_scheme):
    layer = conformer(attention=ka.Mechanism(position_scheme=position_scheme))
    masks = dict(attention_mask=REAL[:, None, :], padding_mask=REAL)
    together, weights = layer(X, **masks, return_attention_scores=True)
    alone = as_numpy(layer(X[:1, :7]))
    np.testing.assert_allclose(as_numpy(together)[0, :7], alone[0], atol=1e-5)
    assert weights.shape == (2, 3, 11, 11)
    assert not as_numpy(weights)[0, :, :, 7:].any()


def test_causal_padding_does_not_look_ahead():
    layer = ka.ConvolutionModule(5, use_causal_padding=True)
    whole, part = as_numpy(layer(X)), as_numpy(layer(X[:, :4]))
    np.testing.assert_allclose(whole[:, :4], part, atol=1e-5)


def test_a_kernel_has_a_middle():
    with pytest.raises(ValueError, match="must be odd.*kernel_size=4"):
        ka.ConvolutionModule(4)


def test_a_stack_is_its_layers():
    encoder = ka.ConformerEncoder(2, 12, 3, 17, kernel_size=5, dropout=0.0)
    found, weights = encoder(X, padding_mask=REAL, return_attention_scores=True)
    x = X
    for layer in encoder.layers:
        x = layer(x, padding_mask=REAL)
    expected = as_numpy(encoder.final_normalization(x))
    np.testing.assert_allclose(as_numpy(found), expected, atol=1e-5)
    assert weights.shape == (2, 2, 3, 11, 11)
