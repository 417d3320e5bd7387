"""Attention that holds no weights equals attention that does, and is chosen by one rule."""

import keras
import numpy as np
import pytest
from layers.mechanisms import POSITION_SCHEMES

import keras_attention as ka
from keras_attention.layers import without_weights


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


LINEAR_SCHEMES = [
    name for name, make in POSITION_SCHEMES.items() if not getattr(make(), "reads_pairs", False)
]


@pytest.mark.parametrize("position_scheme", LINEAR_SCHEMES)
@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("causal", [False, True])
def test_equals_all_weights_at_once(position_scheme, window, causal, monkeypatch):
    monkeypatch.setattr(without_weights, "_MANY_PAIRS", 1)
    x, bias = normal(2, 11, 12), normal(2, 1, 11, 11, seed=1)
    mask = np.random.default_rng(2).random((2, 1, 11)) < 0.7
    query_mask = np.arange(11) < np.array([[11], [5]])
    arguments = dict(
        attention_mask=mask, query_mask=query_mask, attention_bias=bias, use_causal_mask=causal
    )
    outputs = []
    for flash_attention in (None, False):
        keras.utils.set_random_seed(0)
        layer = ka.MultiHeadAttention(
            4,
            8,
            num_key_value_heads=2,
            position_scheme=POSITION_SCHEMES[position_scheme](),
            sliding_window=window,
            flash_attention=flash_attention,
        )
        outputs.append(as_numpy(layer(x, x, **arguments)))
    np.testing.assert_allclose(*outputs, atol=1e-5)


@pytest.mark.tensorflow
def test_chunks_are_for_many_pairs_of_known_number(monkeypatch):
    import tensorflow as tf

    chunked = []
    original = without_weights.chunked_attention
    monkeypatch.setattr(
        without_weights,
        "chunked_attention",
        lambda *args, **kwargs: chunked.append(args[0].shape[-2]) or original(*args, **kwargs),
    )
    layer = ka.MultiHeadAttention(1, 2)
    layer(*2 * [normal(1, 1023, 3)])
    assert chunked == []
    layer(*2 * [normal(1, 1024, 3)])
    assert chunked == [1024]
    layer(*2 * [normal(1, 1024, 3)], return_attention_scores=True)
    tf.function(layer).get_concrete_function(*2 * [tf.TensorSpec((1, None, 3))])
    ka.MultiHeadAttention(1, 2, flash_attention=False)(*2 * [normal(1, 1024, 3)])
    assert chunked == [1024]
    ka.MultiHeadAttention(1, 2, flash_attention=True)(*2 * [normal(1, 7, 3)])
    assert chunked == [1024, 7]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(normalizer=ka.Sparsemax()), "`Sparsemax` is not the softmax of temperature 1"),
        (dict(normalizer=ka.Softmax(0.5)), "`Softmax` is not the softmax of temperature 1"),
        (dict(score=ka.DotProduct(learned_scale=True)), "`DotProduct` is no dot product"),
        (dict(position_scheme=ka.ShawRelativePositions(3)), "looks at every pair"),
        (dict(pattern=ka.DilatedWindow(2, 2)), "computed by blocks of its own"),
    ],
)
def test_cannot_be_demanded_of_what_needs_weights(arguments, message):
    with pytest.raises(ValueError, match=f"`flash_attention=True` needs .*{message}"):
        ka.MultiHeadAttention(2, 4, flash_attention=True, **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(segment_ids=np.ones((2, 5), int)), "`segment_ids` are a mask of all pairs"),
        (dict(start=2, use_causal_mask=True), "count from 0, not from start=2"),
    ],
)
def test_cannot_be_demanded_of_a_call_that_needs_weights(arguments, message):
    layer = ka.MultiHeadAttention(2, 4, flash_attention=True)
    with pytest.raises(ValueError, match=f"`flash_attention=True` needs .*{message}"):
        layer(*2 * [normal(2, 5, 3)], **arguments)
