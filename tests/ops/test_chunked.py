"""Attention by chunks equals attention at once: values, gradients, and what it skips."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_attention import ops

ROOT = Path(__file__).parents[2]


def permitted_pairs(q_len, k_len, causal=False, window=None):
    ahead = np.arange(k_len) - np.arange(q_len)[:, None]
    allowed = np.ones((q_len, k_len), bool)
    if causal:
        allowed &= ahead <= 0
    if window is not None:
        allowed &= np.abs(ahead) < window
    return allowed


def every_pair(relative_bias, q_len, k_len):
    """`[heads, q_len + k_len - 1]` -> `[heads, q_len, k_len]`."""
    ahead = np.arange(k_len) - np.arange(q_len)[:, None]
    return relative_bias[:, ahead + q_len - 1]


def reference(query, key, value, upstream, mask, bias, relative_bias, causal, window):
    """Float64 values, and gradients of `bias`, `relative_bias` broadcast to `[heads, ...]` too."""
    group = query.shape[-3] // key.shape[-3]
    keys, values = (np.repeat(x, group, axis=-3) for x in (key, value))
    scale = query.shape[-1] ** -0.5
    q_len, k_len = query.shape[-2], key.shape[-2]
    scores = scale * query @ keys.swapaxes(-1, -2) + every_pair(relative_bias, q_len, k_len) + bias
    allowed = np.broadcast_to(mask & permitted_pairs(q_len, k_len, causal, window), scores.shape)
    scores = np.where(allowed, scores, -np.inf)
    highest = np.where(allowed.any(-1, keepdims=True), scores.max(-1, keepdims=True), 0)
    exponentials = np.exp(scores - highest)
    sums = exponentials.sum(-1, keepdims=True)
    weights = exponentials / np.where(sums == 0, 1, sums)
    attended = weights @ values
    to_weights = upstream @ values.swapaxes(-1, -2)
    to_scores = weights * (to_weights - (to_weights * weights).sum(-1, keepdims=True))

    def by_kv_head(x):
        return x.reshape(*x.shape[:-3], key.shape[-3], group, *x.shape[-2:]).sum(-3)

    ahead = np.arange(k_len) - np.arange(q_len)[:, None] + q_len - 1
    to_relative = np.zeros((query.shape[-3], q_len + k_len - 1))
    for head, pairs in enumerate(to_scores.reshape(-1, *to_scores.shape[-3:]).sum(0)):
        np.add.at(to_relative[head], ahead, pairs)
    gradients = (
        scale * to_scores @ keys,
        by_kv_head(scale * to_scores.swapaxes(-1, -2) @ query),
        by_kv_head(weights.swapaxes(-1, -2) @ upstream),
        reduced(to_scores, bias.shape),
        reduced(to_relative, relative_bias.shape),
    )
    return attended, gradients


def reduced(x, shape):
    """The gradient of what was broadcast from `shape`."""
    x = x.sum(axis=tuple(range(x.ndim - len(shape))))
    return x.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True).reshape(shape)


def values_and_gradients(function, inputs, upstream):
    """`function(*inputs)` and the gradients of its product with `upstream`, as NumPy arrays."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        inputs = [tf.convert_to_tensor(x) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            attended = function(*inputs)
        gradients = tape.gradient(attended, inputs, tf.cast(upstream, attended.dtype))
    else:
        import jax

        inputs = [keras.ops.convert_to_tensor(x) for x in inputs]
        attended, pull = jax.vjp(function, *inputs)
        gradients = pull(keras.ops.cast(upstream, attended.dtype))
    return keras.ops.convert_to_numpy(attended), [as_float(x) for x in gradients]


def as_float(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def assert_near(ours, expected, tolerance):
    np.testing.assert_allclose(ours, expected, atol=tolerance * max(1, np.abs(expected).max()))


def arrays(shape, seed=0):
    """Query, key, value and upstream gradient for `batch, kv_heads, group, q_len, k_len`."""
    batch, kv_heads, group, q_len, k_len = shape
    random = np.random.default_rng(seed)
    return [
        random.normal(size=size).astype("float32")
        for size in (
            (batch, kv_heads * group, q_len, 5),
            (batch, kv_heads, k_len, 5),
            (batch, kv_heads, k_len, 3),
            (batch, kv_heads * group, q_len, 3),
        )
    ]


@st.composite
def problems(draw):
    shape = draw(st.tuples(*[st.integers(1, 3)] * 3, st.integers(1, 23), st.integers(1, 23)))
    batch, kv_heads, group, q_len, k_len = shape
    full = batch, kv_heads * group, q_len, k_len
    ones = st.tuples(*[st.booleans()] * 4)
    seed = draw(st.integers(0, 99))
    random = np.random.default_rng(seed)

    def broadcast():
        return [1 if one else size for one, size in zip(draw(ones), full, strict=True)]

    return {
        "inputs": arrays(shape, seed),
        "mask": random.random(broadcast()) < draw(st.sampled_from([0.3, 0.9])),
        "bias": random.normal(size=broadcast()),
        "relative_bias": random.normal(
            size=(draw(st.sampled_from([1, full[1]])), q_len + k_len - 1)
        ),
        "causal": draw(st.booleans()),
        "window": draw(st.none() | st.integers(1, 25)),
        "chunk_size": draw(st.none() | st.integers(1, 9)),
    }


@given(problem=problems())
def test_values_and_gradients_equal_the_definition(problem):
    *inputs, upstream = problem["inputs"]
    mask, bias, relative_bias = (problem[name] for name in ("mask", "bias", "relative_bias"))
    rules = {name: problem[name] for name in ("causal", "window")}
    expected, to_inputs = reference(
        *(x.astype("float64") for x in problem["inputs"]), mask, bias, relative_bias, **rules
    )

    def attend(query, key, value, bias, relative_bias):
        return ops.chunked_attention(
            query,
            key,
            value,
            mask,
            bias,
            relative_bias=relative_bias,
            chunk_size=problem["chunk_size"],
            **rules,
        )

    biases = bias.astype("float32"), relative_bias.astype("float32")
    attended, gradients = values_and_gradients(attend, [*inputs, *biases], upstream)
    assert_near(attended, expected, 1e-5)
    for ours, theirs in zip(gradients, to_inputs, strict=True):
        assert_near(ours, theirs, 1e-5)


@pytest.mark.parametrize(
    "rules",
    [{}, {"causal": True}, {"window": 7}, {"causal": True, "window": 7}],
    ids=lambda rules: "+".join(rules) or "full",
)
def test_equals_attention_at_once(rules):
    """The default chunks, several of them."""
    *inputs, upstream = arrays((1, 1, 2, 1031, 1021))
    mask = permitted_pairs(1031, 1021, **rules)
    ours, gradients = values_and_gradients(
        lambda *x: ops.chunked_attention(*x, **rules), inputs, upstream
    )
    theirs, expected = values_and_gradients(
        lambda *x: ops.scaled_dot_product_attention(*x, mask)[0], inputs, upstream
    )
    assert_near(ours, theirs, 1e-5)
    for one, other in zip(gradients, expected, strict=True):
        assert_near(one, other, 1e-4)


def test_leading_axes_act_as_batch():
    query, key, value, _ = arrays((6, 1, 2, 13, 11))
    flat = ops.chunked_attention(query, key, value, chunk_size=5)
    nested = [x.reshape(2, 3, *x.shape[1:]) for x in (query, key, value)]
    nested = ops.chunked_attention(*nested, chunk_size=5)
    flat, nested = (keras.ops.convert_to_numpy(x) for x in (flat, nested))
    np.testing.assert_allclose(nested.reshape(flat.shape), flat, atol=1e-6)
    single = ops.chunked_attention(query[0], key[0], value[0], chunk_size=5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(single), flat[0], atol=1e-6)


@pytest.mark.parametrize("magnitude", [1e4, -1e4])
def test_large_logits_and_masked_rows_give_no_nan(magnitude):
    query, key, value, upstream = arrays((2, 1, 3, 13, 11))
    mask = np.ones((2, 1, 13, 11), bool)
    mask[0, :, 3] = False  # a query without keys
    mask[:, :, :, 2] = False  # a key that nobody sees
    attended, (to_query, to_key, to_value) = values_and_gradients(
        lambda *x: ops.chunked_attention(*x, mask, chunk_size=5),
        [query * np.float32(magnitude), key, value],
        upstream,
    )
    assert all(np.isfinite(x).all() for x in (attended, to_query, to_key, to_value))
    assert (attended[0, :, 3] == 0).all()
    assert (to_query[0, :, 3] == 0).all()
    assert (to_key[:, :, 2] == 0).all()
    assert (to_value[:, :, 2] == 0).all()
    assert np.abs(np.delete(attended[0], 3, axis=1)).min() > 0


def test_queries_behind_the_window_of_the_last_key_see_nothing():
    *inputs, upstream = arrays((1, 1, 1, 19, 5))
    attended, (to_query, _, _) = values_and_gradients(
        lambda *x: ops.chunked_attention(*x, window=3, chunk_size=4), inputs, upstream
    )
    assert (attended[0, 0, 7:] == 0).all()
    assert (to_query[0, 0, 7:] == 0).all()
    assert np.abs(attended[0, 0, :7]).min() > 0


@pytest.mark.parametrize("rules", [{}, {"window": 4}], ids=["full", "window"])
def test_dropout_keeps_the_expectation_and_its_gradient_drops_the_same(rules):
    query, key, value, upstream = arrays((31, 1, 3, 13, 11))

    def attend(query, key, value):
        return ops.chunked_attention(query, key, value, dropout=0.3, seed=5, chunk_size=4, **rules)

    plain = as_float(ops.chunked_attention(query, key, value, **rules))
    attended, gradients = values_and_gradients(attend, [query, key, value], upstream)
    assert np.abs(attended - plain).max() > 0.1
    np.testing.assert_allclose(attended.mean(), plain.mean(), atol=0.01)
    # The output is linear in the values: their gradient knows the dropped weights exactly.
    np.testing.assert_allclose(
        (gradients[2] * value).sum(), (attended * upstream).sum(), rtol=1e-4, atol=1e-3
    )
    for index in (0, 1):
        shift = np.random.default_rng(index).normal(size=gradients[index].shape)
        sides = []
        for sign in (1, -1):
            moved = [query, key, value]
            moved[index] = (moved[index] + sign * 1e-2 * shift).astype("float32")
            sides.append((as_float(attend(*moved)).astype("float64") * upstream).sum())
        expected = (sides[0] - sides[1]) / 2e-2
        np.testing.assert_allclose((gradients[index] * shift).sum(), expected, rtol=2e-2)


@pytest.mark.tensorflow
def test_dropout_compiled_by_xla_drops_the_same_in_the_gradient():
    import tensorflow as tf

    query, key, value, upstream = (tf.constant(x) for x in arrays((2, 1, 3, 13, 11)))

    @tf.function(jit_compile=True)
    def both(value):
        with tf.GradientTape() as tape:
            tape.watch(value)
            attended = ops.chunked_attention(query, key, value, dropout=0.3, seed=5, chunk_size=4)
        return attended, tape.gradient(attended, value, upstream)

    attended, gradient = both(value)
    np.testing.assert_allclose(
        tf.reduce_sum(gradient * value), tf.reduce_sum(attended * upstream), rtol=1e-4, atol=1e-3
    )


def test_dropout_follows_from_the_seed():
    inputs = arrays((1, 1, 2, 13, 11))[:3]
    first, again, other = (
        as_float(ops.chunked_attention(*inputs, dropout=0.5, seed=seed)) for seed in (3, 3, 5)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    generator = keras.random.SeedGenerator(7)
    draws = [as_float(ops.chunked_attention(*inputs, dropout=0.5, seed=generator)) for _ in "ab"]
    assert np.abs(draws[0] - draws[1]).max() > 0.1


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize(
    "rules",
    [
        {"relative_bias": np.linspace(-2, 2, 77, dtype="float32")[None]},
        {"causal": True},
        {"window": 9},
        {"attention_mask": np.random.default_rng(3).random((2, 1, 41, 37)) < 0.7},
    ],
    ids=lambda rules: next(iter(rules)),
)
def test_half_precision_is_near_float32(rules, dtype):
    *inputs, upstream = arrays((2, 1, 3, 41, 37))
    rules = {**rules, "chunk_size": 8}
    exact, expected = values_and_gradients(
        lambda *x: ops.chunked_attention(*x, **rules), inputs, upstream
    )

    def attend(*x):
        halves = [keras.ops.cast(one, dtype) for one in x]
        attended = ops.chunked_attention(*halves, **rules)
        assert keras.backend.standardize_dtype(attended.dtype) == dtype
        return keras.ops.cast(attended, "float32")

    attended, gradients = values_and_gradients(attend, inputs, upstream)
    assert_near(attended, exact, 0.03)
    for ours, theirs in zip(gradients, expected, strict=True):
        assert_near(ours, theirs, 0.03)


CONFIGURATIONS = {
    "full": {},
    "causal": {"causal": True},
    "window": {"window": 6},
    "causal window": {"causal": True, "window": 6},
}


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("kind", "jit_compile"),
    [("causal", False), ("causal window", False), ("full", True), ("window", True)],
)
def test_compiled_equals_eager(kind, jit_compile):
    import tensorflow as tf

    *inputs, upstream = arrays((2, 3, 2, 29, 31))
    random = np.random.default_rng(3)
    mask = random.random((2, 1, 29, 31)) < 0.8
    inputs += [random.normal(size=(6, 1, 31)).astype("float32")]
    inputs += [random.normal(size=(6, 59)).astype("float32")]

    def both(*inputs):
        *qkv, bias, relative_bias = inputs
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            attended = ops.chunked_attention(
                *qkv, mask, bias, relative_bias=relative_bias, chunk_size=8, **CONFIGURATIONS[kind]
            )
        return [attended, *tape.gradient(attended, inputs, upstream)]

    inputs = [tf.constant(x) for x in inputs]
    compiled = tf.function(both, jit_compile=jit_compile)(*inputs)
    for ours, eager in zip(compiled, both(*inputs), strict=True):
        assert_near(ours.numpy(), eager.numpy(), 1e-5)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("kind", ["full", "causal window"])
def test_unknown_sizes_trace_once(kind):
    import tensorflow as tf

    traces, rules = [], CONFIGURATIONS[kind]

    def both(query, key, value, mask, upstream):
        traces.append(query.shape)
        with tf.GradientTape() as tape:
            tape.watch((query, key, value))
            attended = ops.chunked_attention(query, key, value, mask, chunk_size=8, **rules)
        return [attended, *tape.gradient(attended, (query, key, value), upstream)]

    def spec(*shape, dtype=tf.float32):
        return tf.TensorSpec((None, *shape), dtype)

    signature = [spec(4, None, 5), spec(2, None, 5), spec(2, None, 3)]
    signature += [spec(1, None, None, dtype=tf.bool), spec(4, None, 3)]
    function = tf.function(both, input_signature=signature)
    for shape in ((2, 2, 2, 29, 31), (1, 2, 2, 3, 7), (3, 2, 2, 17, 5)):
        query, key, value, upstream = arrays(shape)
        batch, q_len, k_len = shape[0], *shape[3:]
        mask = np.random.default_rng(0).random((batch, 1, 1, k_len)) < 0.8
        mask = np.tile(mask, (1, 1, q_len, 1)) if q_len > 3 else mask
        arguments = [tf.constant(x) for x in (query, key, value, mask, upstream)]
        unknown, known = function(*arguments), both(*arguments)
        traces.pop()  # of the second call
        for ours, theirs in zip(unknown, known, strict=True):
            assert_near(ours.numpy(), theirs.numpy(), 1e-5)
    assert len(traces) == 1


@pytest.mark.tensorflow
@pytest.mark.parametrize("rules", [{"causal": True}, {"window": 5}], ids=["causal", "window"])
def test_what_may_not_be_seen_is_not_computed(rules):
    """Keys that no query sees may be anything, even NaN, which no mask would hide."""
    query, key, value, _ = arrays((1, 1, 1, 64, 128))
    expected = as_float(ops.chunked_attention(query, key, value, chunk_size=8, **rules))
    key[:, :, 96:] = value[:, :, 96:] = np.nan
    attended = ops.chunked_attention(query, key, value, chunk_size=8, **rules)
    np.testing.assert_array_equal(as_float(attended), expected)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_memory_grows_with_the_length_alone():
    """Peak memory of forward and backward in a fresh process; the weights would be 2 GiB."""
    script = """
import resource
import tensorflow as tf
from keras_attention.ops import chunked_attention

@tf.function
def both(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        attended = chunked_attention(x, x, x)
    return tape.gradient(attended, x)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

both(tf.random.normal((1, 2, 64, 64)))
x = tf.random.normal((1, 2, 16384, 64))
before = peak()
both(x)
print(peak() - before)
"""
    finished = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(finished.stdout.split()[-1]) < 256


def shapes(query=(2, 4, 5, 7), key=(2, 2, 11, 7), value=(2, 2, 11, 7)):
    return [np.ones(shape, "float32") for shape in (query, key, value)]


@pytest.mark.parametrize(
    ("inputs", "arguments", "message"),
    [
        (shapes(key=(2, 2, 11, 5)), {}, "same last dimension"),
        (shapes(key=(2, 3, 11, 7), value=(2, 3, 11, 7)), {}, "multiple of those of `key`"),
        (shapes(), {"window": 0}, "`window` must be a positive integer"),
        (shapes(), {"chunk_size": 2.5}, "`chunk_size` must be a positive integer"),
        (shapes(), {"dropout": 1.0}, "`dropout` must be at least 0 and less than 1"),
        (shapes(), {"bias": np.ones((1, 2, 4, 5, 11), "float32")}, "of 4 axes"),
        (shapes(), {"relative_bias": np.ones((4, 16), "float32")}, "`relative_bias` must be of"),
        (shapes(), {"relative_bias": np.ones((2, 15), "float32")}, "`relative_bias` must be of"),
    ],
)
def test_arguments_that_do_not_fit(inputs, arguments, message):
    with pytest.raises(ValueError, match=message):
        ops.chunked_attention(*inputs, **arguments)
