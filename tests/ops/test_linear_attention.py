"""Linear attention against a loop in float64 over queries and keys."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_attention import ops


def reference(log_query, log_key, value, key_mask=None, causal=False, start=0):
    """Query by query; a running sum would be what is tested."""
    q, k = (np.exp(x.astype("float64")) for x in (log_query, log_key))
    group = q.shape[-3] // k.shape[-3]
    k, v = k.repeat(group, axis=-3), value.astype("float64").repeat(group, axis=-3)
    key_mask = np.ones(k.shape[-2], bool) if key_mask is None else key_mask
    key_mask = np.broadcast_to(key_mask, log_key.shape[:-1]).repeat(group, axis=-2)
    attended = np.zeros((*q.shape[:-1], v.shape[-1]))
    for place in np.ndindex(q.shape[:-1]):
        *head, i = place
        seen = np.flatnonzero(key_mask[tuple(head)])
        seen = seen[seen <= i + start] if causal else seen
        weights = k[tuple(head)][seen] @ q[place]
        if weights.sum() > 0:
            attended[place] = weights @ v[tuple(head)][seen] / weights.sum()
    return attended


def draw(random, q_len, k_len, scale=1.0):
    """Logarithms of features with two query heads to each key/value head, and values."""
    shapes = ((2, 4, q_len, 5), (2, 2, k_len, 5), (2, 2, k_len, 3))
    query, key, value = (random.normal(size=shape).astype("float32") for shape in shapes)
    return scale * query, scale * key, value


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@given(
    q_len=st.sampled_from([1, 2, 67, 127, 128, 129, 257]),
    memory=st.sampled_from([0, 0, 7, 131]),
    causal=st.booleans(),
    mask=st.sampled_from([None, (2, 1, 1), (2, 2, 1), (1,)]),
    scale=st.sampled_from([0.1, 1.0, 7.0]),
    seed=st.integers(0, 99),
)
def test_equals_the_loop(q_len, memory, causal, mask, scale, seed):
    random = np.random.default_rng(seed)
    k_len = q_len + memory
    inputs = draw(random, q_len, k_len, scale)
    if mask is not None:
        mask = random.random((*mask[:-1], k_len)) < 0.8
        mask[..., :3] = False  # so that the first queries of the causal form see nothing
    ours = ops.linear_attention(*inputs, mask, causal=causal, start=memory)
    theirs = reference(*inputs, mask, causal, memory)
    np.testing.assert_allclose(as_numpy(ours), theirs, atol=1e-5)


@pytest.mark.parametrize("lengths", [(67, 31), (31, 67), (129, 257)])
@pytest.mark.parametrize("causal", [False, True])
def test_as_many_keys_as_there_are(lengths, causal):
    inputs = draw(np.random.default_rng(0), *lengths)
    ours = as_numpy(ops.linear_attention(*inputs, causal=causal))
    np.testing.assert_allclose(ours, reference(*inputs, causal=causal), atol=1e-5)


def test_is_the_softmax_of_the_log_kernel():
    query, key, value = draw(np.random.default_rng(0), 67, 31)
    weights = ops.softmax_weights(ops.log_kernel(query, key))
    expected = as_numpy(ops.weighted_values(weights, value))
    ours = as_numpy(ops.linear_attention(query, key, value))
    np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_the_log_kernel_is_the_logarithm_of_the_product():
    query, key, _ = draw(np.random.default_rng(0), 7, 11, scale=10.0)
    products = np.exp(query.astype("float64")) @ np.swapaxes(
        np.exp(key.astype("float64")).repeat(2, axis=1), -1, -2
    )
    np.testing.assert_allclose(as_numpy(ops.log_kernel(query, key)), np.log(products), atol=2e-5)
    alone = as_numpy(ops.log_kernel(query[:, 0], key[:, 0]))  # without heads
    np.testing.assert_allclose(alone, np.log(products[:, 0]), atol=2e-5)


def test_early_queries_do_not_know_how_large_later_keys_are():
    """In a common unit, features of the early keys would be nothing."""
    query, key, value = draw(np.random.default_rng(0), 301, 301)
    later = np.arange(301)[:, None] >= 256
    key = np.where(later, key + 150, key - 150)
    ours = as_numpy(ops.linear_attention(query, key, value, causal=True))
    np.testing.assert_allclose(ours, reference(query, key, value, causal=True), atol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("causal", [False, True])
def test_gradients_equal_finite_differences(causal):
    """Eagerly, compiled by XLA, and for lengths that are unknown when traced."""
    import tensorflow as tf

    random = np.random.default_rng(11)
    inputs = [x.astype("float64") for x in draw(random, 149, 190)]
    mask = random.random((2, 1, 190)) < 0.8
    shifts = [random.normal(size=x.shape) for x in inputs]
    direction = random.normal(size=(2, 4, 149, 3))

    def gradients(*tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            attended = ops.linear_attention(*tensors, mask, causal=causal, start=41)
            loss = tf.reduce_sum(attended * tf.constant(direction, "float32"))
        return tape.gradient(loss, tensors)

    tensors = [tf.constant(x, "float32") for x in inputs]
    unknown = [tf.TensorSpec((None, x.shape[1], None, x.shape[3])) for x in tensors]
    ways = (
        gradients,
        tf.function(gradients, jit_compile=True),
        tf.function(gradients, input_signature=unknown),
    )
    found = [way(*tensors) for way in ways]
    for i, shift in enumerate(shifts):
        after, before = (
            reference(
                *(x + sign * 1e-6 * shift if j == i else x for j, x in enumerate(inputs)),
                mask,
                causal,
                41,
            )
            for sign in (1, -1)
        )
        expected = ((after - before) * direction).sum() / 2e-6
        for gradient in found:
            ours = (gradient[i].numpy() * shift).sum()
            np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.tensorflow
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_large_numbers_stay_finite(causal, dtype):
    import tensorflow as tf

    x, value = 1e4 * np.random.default_rng(0).normal(size=(2, 1, 2, 67, 7))
    features = tf.constant(x, "float32"), tf.constant(-x, "float32")
    value = tf.cast(value, dtype)
    mask = np.arange(67) < 50
    with tf.GradientTape() as tape:
        tape.watch((features, value))
        attended = ops.linear_attention(
            *(ops.log_elu_features(x) for x in features), value, mask, causal=causal
        )
        scores = ops.log_kernel(*(ops.log_elu_features(x) for x in features))
        loss = tf.reduce_sum(tf.cast(attended, "float32")) + tf.reduce_sum(scores)
    assert attended.dtype == dtype
    for x in (attended, scores, *tf.nest.flatten(tape.gradient(loss, (features, value)))):
        assert np.isfinite(tf.cast(x, "float32")).all()


@pytest.mark.tensorflow
def test_a_query_that_sees_nothing_sends_no_gradient():
    import tensorflow as tf

    inputs = [tf.constant(x) for x in draw(np.random.default_rng(0), 67, 67)]
    mask = np.arange(67) >= 5
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        attended = ops.linear_attention(*inputs, mask, causal=True)
        loss = tf.reduce_sum(tf.sin(attended))
    query, key, value = (as_numpy(x) for x in tape.gradient(loss, inputs))
    assert (as_numpy(attended)[:, :, :5] == 0).all()
    assert (query[:, :, :5] == 0).all()
    assert (key[:, :, :5] == 0).all()
    assert (value[:, :, :5] == 0).all()
    assert np.abs(query[:, :, 6:]).min(axis=-1).max() > 0


@pytest.mark.tensorflow
@pytest.mark.parametrize("causal", [False, True])
def test_nothing_is_as_large_as_all_pairs(causal):
    import tensorflow as tf

    length = 4099
    shapes = ((1, 2, length, 5), (1, 1, length, 5), (1, 1, length, 3))
    traced = tf.function(lambda *x: ops.linear_attention(*x, causal=causal)).get_concrete_function(
        *(tf.TensorSpec(shape) for shape in shapes)
    )
    sizes = [
        output.shape.num_elements() or 0
        for operation in traced.graph.get_operations()
        for output in operation.outputs
        if output.shape.rank is not None
    ]
    assert max(sizes) < 2 * length * 150  # 128 keys of its chunk for each query of each head
