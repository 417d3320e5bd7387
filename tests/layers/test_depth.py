"""What deep stacks need: LayerScale, stochastic depth, mechanisms that layers take in turn."""

import keras
import numpy as np
import pytest

import keras_attention as ka

SIZES = dict(d_model=12, num_heads=3, dff=17)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_layer_scale_multiplies_each_feature():
    layer, x = ka.LayerScale(0.5), normal(2, 5, 7)
    np.testing.assert_allclose(as_numpy(layer(x)), 0.5 * x, atol=1e-6)
    layer.gamma.assign(np.arange(7))
    np.testing.assert_allclose(as_numpy(layer(x)), np.arange(7) * x, atol=1e-6)


def test_a_layer_with_a_tiny_scale_is_the_identity_at_first():
    encoder, x = ka.Encoder(5, **SIZES, layer_scale=1e-6), normal(2, 5, 12)
    output = as_numpy(encoder(x))
    normalized = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(output, normalized, atol=1e-4)


@pytest.mark.parametrize("shape", [(4001, 1), (4001, 2, 3), (4001, 2, 1, 3)])
def test_stochastic_depth_drops_whole_examples_and_keeps_the_mean(shape):
    layer, x = ka.StochasticDepth(0.25, seed=5), np.ones(shape, "float32")
    np.testing.assert_array_equal(as_numpy(layer(x)), x)
    dropped = as_numpy(layer(x, training=True)).reshape(len(x), -1)
    np.testing.assert_array_equal(dropped, np.broadcast_to(dropped[:, :1], dropped.shape))
    np.testing.assert_allclose(np.unique(dropped), [0.0, 4 / 3], rtol=1e-6)
    assert abs(dropped.mean() - 1.0) < 0.03


def test_an_example_without_sublayers_is_its_input():
    layer, x = ka.EncoderLayer(**SIZES, dropout=0.0, stochastic_depth=0.5), normal(97, 5, 12)
    plain, output = as_numpy(layer(x)), as_numpy(layer(x, training=True))
    untouched = (np.abs(output - x) < 1e-6).all(axis=(1, 2))
    assert 0.1 < untouched.mean() < 0.45  # a quarter loses both sublayers
    assert np.abs(plain - x).min(axis=(1, 2)).max() < np.abs(plain - x).max()


def test_the_rate_rises_with_depth():
    encoder = ka.Encoder(5, **SIZES, stochastic_depth=0.5)
    rates = [layer.stochastic_depth for layer in encoder.layers]
    np.testing.assert_allclose(rates, [0.1, 0.2, 0.3, 0.4, 0.5])
    assert [layer.feed_forward_residual.stochastic_depth for layer in encoder.layers] == rates
    assert ka.Encoder.from_config(encoder.get_config()).get_config() == encoder.get_config()


def test_without_either_layers_have_the_weights_that_they_had():
    """So that checkpoints of before still fit."""
    layer = ka.EncoderLayer(**SIZES, dropout=0.0)
    layer.build((None, 5, 12))
    names = {variable.path.split("/")[-2] for variable in layer.variables}
    assert names == {
        "query", "key", "value", "attention_output",
        "layer_normalization", "intermediate_dense", "output_dense",
    }  # fmt: skip


def test_layers_take_mechanisms_in_turn():
    near, far = (ka.Mechanism(pattern=ka.SlidingWindow(window)) for window in (1, 2))
    encoder, x = ka.Encoder(3, **SIZES, attention=[near, far], dropout=0.0), normal(2, 5, 12)
    _, weights = encoder(x, return_attention_scores=True)
    distances = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    for layer, window in enumerate((1, 2, 1)):
        seen = as_numpy(weights)[:, layer] > 0
        assert (seen == (distances < window)).all()
    loaded = ka.Encoder.from_config(encoder.get_config())
    windows = [layer.attention.pattern.window for layer in loaded.layers]
    assert windows == [1, 2, 1]
    decoder = ka.Decoder(2, **SIZES, attention=[near, far])
    assert [layer.attention.pattern.window for layer in decoder.layers] == [1, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.LayerScale(0), "argument `initial`, expected a positive number"),
        (lambda: ka.StochasticDepth(1.0), r"argument `rate`, expected a number in \[0, 1\)"),
        (lambda: ka.EncoderLayer(**SIZES, layer_scale=-1.0), "argument `initial`"),
        (lambda: ka.EncoderLayer(**SIZES, stochastic_depth=1.0), "argument `stochastic_depth`"),
        (lambda: ka.Encoder(2, **SIZES, attention=[]), r"a list of some.*attention=\[\]"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
