import keras
import numpy as np
import pytest

from keras_attention import ops
from keras_attention.layers import (
    LearnedPositionEmbedding,
    SinusoidalPositionEmbedding,
    SinusoidalPositionEmbedding2D,
    TokenEmbedding,
)
from keras_attention.layers.dense import TiedEmbedding


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(
    "make", [SinusoidalPositionEmbedding, lambda: LearnedPositionEmbedding(max_length=11)]
)
def test_positions_can_start_later(make):
    scheme, x = make(), np.ones((2, 7, 8), "float32")
    whole = as_numpy(scheme(x))
    assert len(np.unique(whole.round(5), axis=1)[0]) == 7
    later = scheme(x[:, 3:5], start=keras.ops.convert_to_tensor(3, "int32"))
    np.testing.assert_allclose(as_numpy(later), whole[:, 3:5], atol=1e-6)


def test_a_sequence_longer_than_the_learned_positions():
    with pytest.raises(ValueError, match=r"length=5, max_length=3\. Shorten it or raise"):
        LearnedPositionEmbedding(max_length=3)(np.zeros((2, 5, 8)))


def test_learned_positions_for_longer_sequences():
    scheme, x = LearnedPositionEmbedding(max_length=3), np.zeros((2, 3, 8), "float32")
    with pytest.raises(ValueError, match="before the scheme is built.* max_length=5"):
        scheme.interpolated(5)
    old = as_numpy(scheme(x))
    longer = scheme.interpolated(5)
    assert longer.max_length == 5
    new = as_numpy(longer(np.zeros((2, 5, 8), "float32")))
    np.testing.assert_allclose(new[:, ::2], old, atol=1e-6)
    np.testing.assert_allclose(new[:, 1::2], (old[:, 1:] + old[:, :-1]) / 2, atol=1e-6)
    np.testing.assert_array_equal(as_numpy(scheme(x)), old)
    with pytest.raises(ValueError, match="argument `max_length`"):
        scheme.interpolated(0)


def test_positions_of_a_grid():
    x = np.ones((2, 3, 5, 8), "float32")
    output = as_numpy(SinusoidalPositionEmbedding2D(max_wavelength=100.0)(x))
    for row, column, feature in np.ndindex(3, 5, 8):
        place = row if feature < 4 else column
        wave = np.cos if feature % 2 else np.sin
        expected = 1 + wave(place / 100 ** (feature % 4 // 2 / 2))
        np.testing.assert_allclose(output[:, row, column, feature], expected, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 15, 8), (2, 3, 5, 6)])
def test_no_positions_of_a_grid(shape):
    with pytest.raises(ValueError, match=r"`d_model` a multiple of 4\. Received: x\.shape=\(2, "):
        SinusoidalPositionEmbedding2D()(np.zeros(shape))


@pytest.mark.tensorflow
def test_positions_of_a_grid_of_unknown_size():
    import tensorflow as tf

    layer, x = SinusoidalPositionEmbedding2D(), np.ones((2, 3, 5, 8), "float32")
    compiled = tf.function(layer, input_signature=[tf.TensorSpec((None, None, None, 8))])
    np.testing.assert_allclose(compiled(x), layer(x), atol=1e-6)


def test_token_embedding_is_its_formula_and_tied():
    layer, ids = TokenEmbedding(vocabulary_size=11, d_model=8), np.array([[5, 0, 7]])
    x = as_numpy(layer(ids))
    table = as_numpy(layer.weights[0])
    positions = as_numpy(ops.sinusoidal_positions(np.arange(3), 8))
    np.testing.assert_allclose(x, table[ids] * np.sqrt(8) + positions, atol=1e-5)
    np.testing.assert_allclose(as_numpy(layer.logits(x)), x @ table.T, atol=1e-5)
    assert len(layer.weights) == 1


def test_logits_in_eight_bits():
    layer, x = TokenEmbedding(vocabulary_size=97, d_model=32), np.ones((2, 3, 32), "float32")
    layer(np.array([[5]]))
    exact = as_numpy(layer.logits(x))
    layer.embedding.quantize("int8")
    np.testing.assert_allclose(as_numpy(layer.logits(x)), exact, atol=0.05)
    assert layer.embedding.embeddings.dtype == "int8"


@pytest.mark.parametrize("options", [dict(logit_soft_cap=2.0), dict(reverse_dtype="float32")])
def test_tied_embedding_keeps_the_options_of_keras(options):
    theirs, ours = (
        make(11, 8, **options) for make in (keras.layers.ReversibleEmbedding, TiedEmbedding)
    )
    x = np.linspace(-3, 3, 40, dtype="float32").reshape(1, 5, 8)
    for layer in (theirs, ours):
        layer.build()
    ours.set_weights(theirs.get_weights())
    np.testing.assert_allclose(as_numpy(ours(x, reverse=True)), as_numpy(theirs(x, reverse=True)))


def test_positions_stay_apart_in_half_precision():
    layer = TokenEmbedding(vocabulary_size=3, d_model=8, dtype="mixed_bfloat16")
    x = as_numpy(keras.ops.cast(layer(np.ones((1, 600), "int32")), "float32"))[0]
    assert (np.abs(np.diff(x, axis=0)).max(axis=1) > 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(vocabulary_size=0, d_model=8), "argument `vocabulary_size`"),
        (dict(vocabulary_size=3, d_model=0), "argument `d_model`"),
        (dict(vocabulary_size=3, d_model=8, dropout=-0.1), "argument `dropout`"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        TokenEmbedding(**arguments)
