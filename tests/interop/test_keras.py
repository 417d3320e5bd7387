"""Layers of Keras and KerasHub become ours and ours theirs, with the same outputs."""

import sys

import keras
import numpy as np
import pytest
from optional import need

from keras_attention.interop import from_keras, to_keras
from keras_attention.layers import (
    AdditiveAttention,
    Attention,
    Bilinear,
    DecoderLayer,
    EncoderLayer,
    Entmax,
    FeedForward,
    GroupQueryAttention,
    MultiHeadAttention,
)

SCHEDULE = keras.optimizers.schedules.CosineDecay(0.5, 7)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def randomize(layer):
    """Weights that are all different, biases and scales too."""
    layer.set_weights([normal(*w.shape, seed=i) / 2 for i, w in enumerate(layer.weights)])
    return layer


ATTENTIONS = {
    "plain": keras.layers.MultiHeadAttention(3, 5),
    "all": keras.layers.MultiHeadAttention(
        3,
        5,
        value_dim=7,
        dropout=0.25,
        output_shape=11,
        sliding_window=4,
        use_gate=True,
        kernel_regularizer="l2",
        name="everything",
    ),
    "without bias": keras.layers.MultiHeadAttention(3, 5, use_bias=False),
    "grouped": keras.layers.GroupQueryAttention(5, 6, 2, dropout=0.25, use_gate=True),
    "grouped without bias": keras.layers.GroupQueryAttention(5, 6, 3, use_bias=False),
    "grouped by one": keras.layers.GroupQueryAttention(5, 6, 6),
}


@pytest.mark.parametrize("name", ATTENTIONS)
def test_attention_of_keras(name):
    theirs = ATTENTIONS[name]
    query, value, key = normal(2, 7, 13), normal(2, 7, 17, seed=1), normal(2, 7, 19, seed=2)
    theirs(query, value, key)
    randomize(theirs)
    ours = from_keras(theirs)
    back = to_keras(ours)

    mask = np.random.default_rng(3).random((2, 7, 7)) < 0.7
    mask |= np.eye(7, dtype=bool)  # Keras contradicts itself where nothing is permitted
    expected, *others = (
        layer(query, value, key, attention_mask=mask, return_attention_scores=True)
        for layer in (theirs, ours, back)
    )
    for results in others:
        for result, reference in zip(results, expected, strict=True):
            np.testing.assert_allclose(as_numpy(result), as_numpy(reference), atol=1e-5)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.attention_axes is None
    assert type(back) is type(theirs)
    assert back.get_config() == theirs.get_config()


def test_fewer_heads_of_keys_become_grouped_queries():
    ours = MultiHeadAttention(5, 7, num_key_value_heads=1, use_gate=True)
    query, value = normal(2, 3, 11), normal(2, 13, 11, seed=1)
    ours(query, value)
    randomize(ours)
    theirs = to_keras(ours)
    assert isinstance(theirs, keras.layers.GroupQueryAttention)
    np.testing.assert_allclose(
        as_numpy(theirs(query, value)), as_numpy(ours(query, value)), atol=1e-5
    )


WITHOUT_PROJECTIONS = {
    "dot": keras.layers.Attention(),
    "scaled": keras.layers.Attention(use_scale=True, dropout=0.25, seed=3, name="scaled"),
    "concat": keras.layers.Attention(score_mode="concat"),
    "scaled concat": keras.layers.Attention(score_mode="concat", use_scale=True),
    "additive": keras.layers.AdditiveAttention(dropout=0.25),
    "additive without scale": keras.layers.AdditiveAttention(use_scale=False),
}


@pytest.mark.parametrize("name", WITHOUT_PROJECTIONS)
def test_attention_without_projections(name):
    theirs = WITHOUT_PROJECTIONS[name]
    inputs = [normal(2, 5, 7), normal(2, 11, 3, seed=1), normal(2, 11, 7, seed=2)]
    theirs(inputs)
    randomize(theirs)
    ours = from_keras(theirs)
    back = to_keras(ours)
    real = np.arange(11) < np.array([[11], [4]])
    expected, *others = (
        layer(inputs, mask=[None, real], return_attention_scores=True)
        for layer in (theirs, ours, back)
    )
    for results in others:
        for result, reference in zip(results, expected, strict=True):
            np.testing.assert_allclose(as_numpy(result), as_numpy(reference), atol=1e-5)
    assert type(ours).__name__ == type(theirs).__name__
    assert ours.get_config().items() >= theirs.get_config().items()
    assert type(back) is type(theirs)
    assert back.get_config() == theirs.get_config()


def test_attention_over_some_axes():
    theirs = keras.layers.MultiHeadAttention(3, 5, attention_axes=2)
    x = normal(2, 3, 5, 7)
    expected = theirs(x, x)
    ours = from_keras(theirs)
    assert ours.attention_axes == (2,)
    np.testing.assert_allclose(as_numpy(ours(x, x)), as_numpy(expected), atol=1e-5)
    np.testing.assert_allclose(as_numpy(to_keras(ours)(x, x)), as_numpy(expected), atol=1e-5)


def test_a_layer_within_a_model():
    """The paths of its weights then begin with other names."""

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="attention")
            self.attention = keras.layers.MultiHeadAttention(3, 5, name="attention")

        def build(self, shape):
            self.attention.build(shape, shape)

        def call(self, x):
            return self.attention(x, x)

    block, x = Block(), normal(2, 5, 7)
    expected = block(x)
    np.testing.assert_allclose(
        as_numpy(from_keras(block.attention)(x, x)), as_numpy(expected), atol=1e-5
    )


def test_precision_is_kept():
    theirs = keras.layers.MultiHeadAttention(3, 5, dtype="bfloat16")
    theirs.build((2, 5, 7), (2, 5, 7))
    ours = from_keras(theirs)
    assert ours.dtype_policy.name == "bfloat16"
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a.astype("float32"), b.astype("float32"))


STYLES = [
    dict(normalize_first=True, activation="gelu", layer_norm_epsilon=0.125),
    dict(normalize_first=False, dropout=0.25, activation=keras.ops.square),
]


@pytest.mark.parametrize("style", STYLES)
def test_encoder_of_keras_hub(style):
    theirs = need("keras_hub").layers.TransformerEncoder(17, 3, **style)
    x, real = normal(2, 5, 12), np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)
    theirs(x)
    randomize(theirs)
    ours = from_keras(theirs)
    back = to_keras(ours)
    expected = as_numpy(theirs(x, padding_mask=real))
    output = ours(x, attention_mask=real[:, None, :])
    np.testing.assert_allclose(as_numpy(output), expected, atol=1e-5)
    np.testing.assert_allclose(as_numpy(back(x, padding_mask=real)), expected, atol=1e-5)
    assert isinstance(ours, EncoderLayer)
    assert ours.dropout == ours.self_attention.dropout == style.get("dropout", 0)
    assert back.get_config() == theirs.get_config()


@pytest.mark.parametrize("style", STYLES)
def test_decoder_of_keras_hub(style):
    theirs = need("keras_hub").layers.TransformerDecoder(17, 3, **style)
    x, encoded = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    real = np.arange(7) < np.array([[7], [4]])
    theirs(x, encoded)
    randomize(theirs)
    ours = from_keras(theirs)
    back = to_keras(ours)
    expected = as_numpy(theirs(x, encoded, encoder_padding_mask=real))
    output = ours(x, encoded, cross_attention_mask=real[:, None, :])
    np.testing.assert_allclose(as_numpy(output), expected, atol=1e-5)
    output = back(x, encoded, encoder_padding_mask=real)
    np.testing.assert_allclose(as_numpy(output), expected, atol=1e-5)
    assert isinstance(ours, DecoderLayer)


def test_a_decoder_without_cross_attention_is_refused():
    theirs = need("keras_hub").layers.TransformerDecoder(17, 3)
    theirs.build((2, 5, 12))
    with pytest.raises(ValueError, match="has no cross-attention, and DecoderLayer always has"):
        from_keras(theirs)


def test_both_sides_of_a_mismatch():
    theirs = keras.layers.MultiHeadAttention(3, 5, name="theirs")
    theirs.build((2, 5, 7), (2, 5, 7))
    theirs.query_dense.enable_lora(2)
    with pytest.raises(ValueError, match="The weights of `theirs` do not fit") as error:
        from_keras(theirs)
    assert "unexpected: query/lora_kernel_a" in str(error.value)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            MultiHeadAttention(4, 5, num_key_value_heads=2, value_dim=7),
            "GroupedQueryAttention .* like value_dim=7 of",
        ),
        (
            MultiHeadAttention(4, 5, normalizer=Entmax()),
            "MultiHeadAttention has nothing like normalizer=Entmax of",
        ),
        (
            MultiHeadAttention(4, 5, num_key_value_heads=2, output_shape=3),
            r"nothing like output_shape=\(3,\) of",
        ),
        (MultiHeadAttention(4, 5, dropout=SCHEDULE), "nothing like dropout=CosineDecay of"),
        (GroupQueryAttention(5, 4, 2, normalizer=Entmax()), "Grouped.* like normalizer=Entmax of"),
        (Attention(score=Bilinear()), "Keras' Attention has nothing like score=Bilinear of"),
        (AdditiveAttention(normalizer=Entmax()), "AdditiveAttention has .* normalizer=Entmax of"),
    ],
)
def test_attention_that_keras_has_not(layer, message):
    shapes = [(2, 5, 7), (2, 5, 7)]
    layer.build(*([shapes] if isinstance(layer, Attention) else shapes))
    with pytest.raises(ValueError, match=message):
        to_keras(layer)


@pytest.mark.parametrize("cls", [EncoderLayer, DecoderLayer])
def test_layers_that_keras_hub_has_not(cls):
    layer = cls(12, 6, 17, num_key_value_heads=2)
    layer.build(*[(2, 5, 12)] * (1 if cls is EncoderLayer else 2))
    with pytest.raises(ValueError, match=r"KerasHub's \w+ has nothing like num_key_value_heads=2"):
        to_keras(layer)


def test_layers_without_counterpart():
    with pytest.raises(ValueError, match=r"no counterpart of keras.*\.Dense\. Expected one of"):
        from_keras(keras.layers.Dense(3))
    with pytest.raises(ValueError, match=r"no counterpart of FeedForward\. Expected one of"):
        to_keras(FeedForward(3))


@pytest.mark.parametrize("convert", [from_keras, to_keras])
def test_layers_that_are_not_built(convert):
    cls = keras.layers.MultiHeadAttention if convert is from_keras else MultiHeadAttention
    with pytest.raises(ValueError, match=r"is not built.* Call it on one batch first"):
        convert(cls(3, 5))


def test_without_keras_hub(monkeypatch):
    layer = EncoderLayer(12, 3, 17)
    layer.build((2, 5, 12))
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(ImportError, match="needs keras-hub. Install it: pip install keras-hub"):
        to_keras(layer)
