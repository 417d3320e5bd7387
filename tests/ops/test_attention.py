import math

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_attention import ops


def attention_by_loops(query, key, value, mask=None, bias=None, scale=None):
    """The definition, one query at a time, in float64."""
    *leading, q_len, key_dim = query.shape
    group = query.shape[-3] // key.shape[-3]
    scale = 1 / math.sqrt(key_dim) if scale is None else scale
    weights = np.zeros((*leading, q_len, key.shape[-2]))
    mask = np.broadcast_to(True if mask is None else mask, weights.shape)
    bias = np.broadcast_to(0.0 if bias is None else bias, weights.shape)
    attended = np.zeros((*leading, q_len, value.shape[-1]))
    for place in np.ndindex(*weights.shape[:-1]):
        *batch, head, i = place
        keys, values = key[(*batch, head // group)], value[(*batch, head // group)]
        allowed = np.flatnonzero(mask[place])
        if not len(allowed):
            continue
        scores = [scale * query[place] @ keys[j] + bias[(*place, j)] for j in allowed]
        exponentials = np.exp(np.array(scores) - max(scores))
        weights[place][allowed] = exponentials / exponentials.sum()
        attended[(*batch, head, i)] = weights[place] @ values
    return attended, weights


def tensors(batch=2, heads=6, kv_heads=3, q_len=5, k_len=7, key_dim=11, value_dim=13, seed=0):
    random = np.random.default_rng(seed)
    shapes = (heads, q_len, key_dim), (kv_heads, k_len, key_dim), (kv_heads, k_len, value_dim)
    return [random.normal(size=(batch, *shape)) for shape in shapes]


def as_numpy(*xs):
    return [keras.ops.convert_to_numpy(x) for x in xs]


@given(sizes=st.tuples(*[st.integers(1, 4)] * 5), group=st.integers(1, 3), seed=st.integers(0, 99))
def test_equals_the_definition(sizes, group, seed):
    batch, kv_heads, q_len, k_len, key_dim = sizes
    query, key, value = tensors(batch, kv_heads * group, kv_heads, q_len, k_len, key_dim, 3, seed)
    random = np.random.default_rng(seed)
    mask = random.random((batch, 1, q_len, k_len)) < 0.6
    bias = random.normal(size=(kv_heads * group, q_len, k_len))
    result = ops.scaled_dot_product_attention(
        *(x.astype("float32") for x in (query, key, value)), mask, bias
    )
    expected = attention_by_loops(query, key, value, mask, bias)
    for ours, theirs in zip(as_numpy(*result), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)


def test_leading_axes_act_as_batch():
    query, key, value = (x.astype("float32") for x in tensors())
    flat, _ = ops.scaled_dot_product_attention(query, key, value)
    nested, _ = ops.scaled_dot_product_attention(query[None], key[None], value[None])
    np.testing.assert_array_equal(*as_numpy(flat, nested[0]))


def test_scale_replaces_the_default():
    query, key, value = tensors()
    attended, _ = ops.scaled_dot_product_attention(query, key, value, scale=0.25)
    expected, _ = attention_by_loops(query, key, value, scale=0.25)
    np.testing.assert_allclose(as_numpy(attended)[0], expected, atol=1e-5)


@pytest.mark.parametrize("magnitude", [1e4, -1e4])
def test_large_logits_and_masked_rows_give_no_nan(magnitude):
    query, key, value = (x.astype("float32") for x in tensors())
    mask = np.ones((2, 1, 5, 7), bool)
    mask[0, :, 3] = False
    attended, weights = as_numpy(
        *ops.scaled_dot_product_attention(query * magnitude, key, value, mask)
    )
    assert np.isfinite(attended).all()
    assert (attended[0, :, 3] == 0).all()
    assert (weights[0, :, 3] == 0).all()
    sums = np.delete(weights[0], 3, axis=1).sum(-1)
    np.testing.assert_allclose(sums, 1, atol=1e-5)


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (5, 1, 1), (5, 1, 1, 1), (1, 5, 1, 1)], ids=str)
def test_masks_and_biases_broadcast_as_in_numpy(shape):
    """All sizes are equal, so that what goes to the wrong axis fits there."""
    query, key, value = np.random.default_rng(0).normal(size=(3, 5, 5, 5, 5)).astype("float32")
    mask = np.arange(5).reshape(shape) % 2 == 0
    bias = np.arange(5, dtype="float32").reshape(shape)
    for name, narrow in (("attention_mask", mask), ("bias", bias)):
        wide = np.broadcast_to(narrow, (5, 5, 5, 5))
        results = [
            ops.scaled_dot_product_attention(query, key, value, **{name: x})[0]
            for x in (narrow, wide)
        ]
        np.testing.assert_allclose(*as_numpy(*results), atol=1e-6)


@pytest.mark.tensorflow
def test_masked_pairs_send_no_gradient():
    import tensorflow as tf

    query, key, value = (tf.constant(x, tf.float32) for x in tensors())
    mask = np.ones((2, 1, 5, 7), bool)
    mask[0, :, 3] = False  # a query without keys
    mask[:, :, :, 2] = False  # a key that nobody sees
    with tf.GradientTape() as tape:
        tape.watch([query, key, value])
        attended, _ = ops.scaled_dot_product_attention(query, key, value, mask)
        loss = tf.reduce_sum(attended * tf.random.normal(attended.shape))
    to_query, to_key, to_value = (
        gradient.numpy() for gradient in tape.gradient(loss, [query, key, value])
    )
    assert (to_query[0, :, 3] == 0).all()
    assert (to_key[:, :, 2] == 0).all()
    assert (to_value[:, :, 2] == 0).all()
    assert np.abs(np.delete(to_query[0], 3, axis=1)).min() > 0
    assert all(np.isfinite(gradient).all() for gradient in (to_query, to_key, to_value))


@pytest.mark.tensorflow
def test_gradients_equal_finite_differences():
    import tensorflow as tf

    query, key, value = tensors(batch=1, heads=2, kv_heads=1, q_len=3, k_len=2, key_dim=3)
    mask = np.array([[1, 1], [1, 0], [0, 0]], bool)
    direction = np.random.default_rng(5).normal(size=(1, 2, 3, 13))

    def loss(*inputs):
        return (attention_by_loops(*inputs, mask)[0] * direction).sum()

    inputs = [tf.constant(x, tf.float32) for x in (query, key, value)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        attended, _ = ops.scaled_dot_product_attention(*inputs, mask)
        ours = tf.reduce_sum(attended * direction.astype("float32"))
    gradients = tape.gradient(ours, inputs)
    for i, gradient in enumerate(gradients):
        shift = np.random.default_rng(7).normal(size=gradient.shape)
        sides = []
        for sign in (1, -1):
            moved = [query, key, value]
            moved[i] = moved[i] + sign * 1e-5 * shift
            sides.append(loss(*moved))
        expected = (sides[0] - sides[1]) / 2e-5
        np.testing.assert_allclose((gradient.numpy() * shift).sum(), expected, rtol=1e-4)


def test_dropout_keeps_the_expectation_and_the_returned_weights():
    query, key, value = (x.astype("float32") for x in tensors(batch=211))
    seed = keras.random.SeedGenerator(3)
    plain, weights = ops.scaled_dot_product_attention(query, key, value)
    dropped, same = ops.scaled_dot_product_attention(query, key, value, dropout=0.3, seed=seed)
    plain, weights, dropped, same = as_numpy(plain, weights, dropped, same)
    np.testing.assert_array_equal(weights, same)
    assert np.abs(dropped - plain).max() > 0.1
    np.testing.assert_allclose(dropped.mean(), plain.mean(), atol=0.01)


def test_softmax_is_float32_under_half_precision():
    query, key, value = tensors()
    exact, _ = attention_by_loops(query, key, value)
    halves = [keras.ops.cast(x, "bfloat16") for x in (query, key, value)]
    attended, weights = ops.scaled_dot_product_attention(*halves)
    assert keras.backend.standardize_dtype(attended.dtype) == "bfloat16"
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    np.testing.assert_allclose(as_numpy(keras.ops.cast(attended, "float32"))[0], exact, atol=0.05)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 3, 5, 7), (2, 3, 11, 5), (2, 3, 11, 7)), "same last dimension"),
        (((2, 3, 5, 7), (2, 3, 11, 7), (2, 3, 13, 7)), "same heads and length"),
        (((2, 3, 5, 7), (2, 2, 11, 7), (2, 2, 11, 7)), "multiple of those of `key`"),
        (((2, 3, 5, 7), (3, 11, 7), (3, 11, 7)), "same rank"),
    ],
)
def test_shapes_that_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match=message):
        ops.scaled_dot_product_attention(*(np.ones(shape, "float32") for shape in shapes))
