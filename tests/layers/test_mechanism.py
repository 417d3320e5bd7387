"""What holds for every mechanism, whatever its parts."""

import random

import keras
import numpy as np
import pytest
from layers.mechanisms import KINDS, UNNORMALIZED, combinations, label, parts
from thinning import every_nth

import keras_attention as ka

ALL_SINGLE = [{kind: name} for kind, names in KINDS.items() for name in names if name != "None"]
PAIRS = [
    *combinations("score", "normalizer"),
    *combinations("score", "position_scheme"),
    *combinations("score", "pattern"),
    *combinations("normalizer", "position_scheme"),
    *combinations("normalizer", "pattern"),
    *combinations("position_scheme", "pattern"),
]
every_part = pytest.mark.parametrize("names", ALL_SINGLE, ids=label)
ONE_BY_ONE = [
    names
    for names in combinations("score", "normalizer")
    if ka.Mechanism(**parts(names)).one_by_one
]
IN_ANY_ORDER = [names for names in ALL_SINGLE if not ka.Mechanism(**parts(names)).one_by_one]
in_any_order = pytest.mark.parametrize("names", IN_ANY_ORDER, ids=label)
every_pair = pytest.mark.parametrize(
    "names",
    every_nth(3, random.Random(0).sample(PAIRS, 75), label),  # JAX compiles each operation
)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def layer_with(names, **arguments):
    """Self-attention with two query heads to each of two key/value heads, and random weights."""
    layer = ka.MultiHeadAttention(4, 4, num_key_value_heads=2, **parts(names), **arguments)
    layer.build((2, 7, 12), (2, 7, 12))
    for i, weight in enumerate(layer.trainable_weights):
        weight.assign(normal(*weight.shape, seed=i) / 2)
    return layer


@every_pair
def test_scores_asked_for_or_not_the_output_is_the_same(names):
    layer, x = layer_with(names), normal(2, 7, 12)
    mask = np.random.default_rng(1).random((2, 7, 7)) < 0.7
    mask[0, 3] = False
    for arguments in ({}, {"attention_mask": mask}, {"use_causal_mask": True}):
        output, weights = layer(x, x, return_attention_scores=True, **arguments)
        np.testing.assert_allclose(as_numpy(layer(x, x, **arguments)), as_numpy(output), atol=1e-5)
        weights = as_numpy(weights)
        assert weights.shape == (2, 4, 7, 7)
        assert np.isfinite(as_numpy(output)).all()
        if "attention_mask" in arguments:
            assert (weights[:, 0][~mask] == 0).all()
        if not UNNORMALIZED & set(names.values()):
            sums = weights.sum(-1)
            assert np.all((np.abs(sums - 1) < 1e-5) | (sums == 0))


@every_part
def test_padding_changes_nothing(names):
    layer, x = layer_with(names), normal(2, 5, 12)
    padded = np.concatenate([x, normal(2, 2, 12, seed=1)], axis=1)
    real = np.broadcast_to(np.arange(7) < 5, (2, 1, 7))
    expected = as_numpy(layer(x, x))
    np.testing.assert_allclose(
        as_numpy(layer(padded, padded, attention_mask=real))[:, :5], expected, atol=1e-5
    )


@every_part
def test_a_query_that_sees_nothing_gets_the_bias_alone(names):
    layer, x = layer_with(names), 1e4 * normal(2, 7, 12)
    output = layer(x, x, attention_mask=np.zeros((2, 7, 7), bool))
    bias = as_numpy(layer.output_dense.bias)
    np.testing.assert_array_equal(as_numpy(output), np.broadcast_to(bias, (2, 7, 12)))


@every_part
def test_no_query_knows_a_later_key(names):
    layer, x = layer_with(names), normal(2, 7, 12)
    changed = x.copy()
    changed[:, 4:] += 1
    before, after = (as_numpy(layer(y, y, use_causal_mask=True)) for y in (x, changed))
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert np.abs(before[:, 4:] - after[:, 4:]).max() > 1e-3


@in_any_order
def test_step_by_step_equals_the_whole_sequence(names):
    layer, x = layer_with(names), normal(2, 7, 12)
    whole = as_numpy(layer(x, x, use_causal_mask=True))
    cache = layer.empty_cache(2, max_length=7)
    for i in range(7):
        output, cache = layer.step(x[:, i : i + 1], cache, index=i)
        np.testing.assert_allclose(as_numpy(output)[:, 0], whole[:, i], atol=1e-5)


@pytest.mark.parametrize("names", ONE_BY_ONE, ids=label)
def test_cross_attention_step_by_step_equals_the_whole_sequence(names):
    layer, x, memory = layer_with(names), normal(2, 5, 12), normal(2, 7, 12, seed=1)
    mask = np.broadcast_to(np.array([[[5]], [[7]]]) > np.arange(7), (2, 1, 7))
    whole = as_numpy(layer(x, memory, attention_mask=mask))
    cache = layer.full_cache(memory)
    for i in range(5):
        output, cache = layer.step(x[:, i : i + 1], cache, attention_mask=mask)
        np.testing.assert_allclose(as_numpy(output)[:, 0], whole[:, i], atol=1e-5)


@every_part
def test_half_precision_is_near_float32(names):
    x = normal(2, 7, 12)
    expected = as_numpy(layer_with(names)(x, x))
    output = layer_with(names, dtype="mixed_bfloat16")(x, x)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    if names.get("normalizer") not in ("Hard", "TopK", "Monotonic"):  # whose choices jump
        output = as_numpy(keras.ops.cast(output, "float32"))
        assert np.abs(output - expected).mean() < 0.05 * np.abs(expected).max()


@pytest.mark.tensorflow
@pytest.mark.parametrize("names", every_nth(4, ALL_SINGLE, label))
def test_compiled_equals_eager(names):
    import tensorflow as tf

    layer, x = layer_with(names), normal(2, 7, 12)

    def value_and_gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = layer(x, x, use_causal_mask=True)
            loss = tf.reduce_sum(tf.sin(output))
        return output, tape.gradient(loss, x)

    eager = value_and_gradient(tf.constant(x))
    unknown = [tf.TensorSpec((None, None, 12))]
    graph = tf.function(value_and_gradient, input_signature=unknown)
    for compiled in (graph, tf.function(value_and_gradient, jit_compile=True)):
        for a, b in zip(compiled(tf.constant(x)), eager, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4)


@every_part
def test_weights_have_the_same_paths_in_every_layer(names):
    one, other = ([w.path for w in layer_with(names, name="same").weights] for _ in range(2))
    assert one == other


@pytest.mark.parametrize("kind", KINDS)
def test_refuses_a_part_of_another_kind(kind):
    with pytest.raises(ValueError, match=f"`{kind}` must be a value of a subclass of"):
        ka.MultiHeadAttention(4, 4, **{kind: "softmax"})


def test_refuses_noise_that_would_be_drawn_for_each_query_alone():
    with pytest.raises(ValueError, match="`LocationAware` and `TalkingHeads` cannot be combined"):
        ka.Mechanism(ka.LocationAware(5), ka.TalkingHeads(ka.GumbelSoftmax()))
    ka.Mechanism(ka.LocationAware(5), ka.TalkingHeads(ka.Entmax()))
