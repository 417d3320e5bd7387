"""Transformer-XL's layer and stack: segments are as the whole, as far as the memory reaches."""

import keras
import numpy as np
import pytest

import keras_attention as ka

SIZES = dict(d_model=12, num_heads=3, dff=17, dropout=0.0)
SCHEMES = {
    "TransformerXL": ka.TransformerXLPositions,
    "Shaw": lambda: ka.ShawRelativePositions(3),
    "Rotary": ka.Rotary,
    "ALiBi": ka.ALiBi,
    "T5": lambda: ka.T5RelativeBias(7, 8, bidirectional=False),
}
every_scheme = pytest.mark.parametrize("make_scheme", SCHEMES.values(), ids=SCHEMES)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def with_random_weights(layer):
    layer.build((2, 5, 12))
    for i, weight in enumerate(layer.trainable_weights):
        weight.assign(normal(*weight.shape, seed=i) / 2)
    return layer


def by_segments(layer, x, lengths, memory=None):
    outputs = []
    for segment in np.split(x, np.cumsum(lengths)[:-1], axis=1):
        output, memory = layer(segment, memory)
        outputs.append(as_numpy(output))
    return np.concatenate(outputs, axis=1), memory


def whole(layer, x, mask):
    """The layer's sublayers on a whole sequence, whose queries see what `mask` permits."""
    y = layer.self_attention_residual.before(x)
    y = layer.self_attention(y, y, attention_mask=mask)
    x = layer.self_attention_residual.after(x, y)
    y = layer.feed_forward(layer.feed_forward_residual.before(x))
    return as_numpy(layer.feed_forward_residual.after(x, y))


@pytest.mark.parametrize("normalization", ["pre", "post"])
@every_scheme
def test_segments_equal_the_whole_within_the_memory(make_scheme, normalization):
    attention = ka.Mechanism(position_scheme=make_scheme())
    arguments = dict(memory_length=3, normalization=normalization, attention=attention)
    layer = with_random_weights(ka.TransformerXLLayer(**SIZES, **arguments))
    x, lengths = normal(2, 12, 12), [5, 2, 5]
    mask = np.zeros((12, 12), bool)
    for first, length in zip([0, 5, 7], lengths, strict=True):
        for i in range(first, first + length):
            mask[i, max(first - 3, 0) : i + 1] = True
    output, _ = by_segments(layer, x, lengths)
    np.testing.assert_allclose(output, whole(layer, x, mask), atol=2e-5)


@every_scheme
def test_with_memory_for_all_the_segments_do_not_matter(make_scheme):
    attention = ka.Mechanism(position_scheme=make_scheme())
    arguments = dict(num_layers=2, memory_length=11, attention=attention)
    stack, x = with_random_weights(ka.TransformerXLStack(**SIZES, **arguments)), normal(2, 12, 12)
    expected, _ = by_segments(stack, x, [12])
    output, _ = by_segments(stack, x, [5, 2, 5])
    np.testing.assert_allclose(output, expected, atol=2e-5)


def test_with_a_window_in_the_memory_the_segments_do_not_matter():
    attention = ka.Mechanism(position_scheme=ka.ALiBi(), pattern=ka.SlidingWindow(4))
    layer = ka.TransformerXLLayer(**SIZES, memory_length=3, attention=attention)
    layer, x = with_random_weights(layer), normal(2, 12, 12)
    distance = np.arange(12)[:, None] - np.arange(12)
    output, _ = by_segments(layer, x, [5, 2, 5])
    expected = whole(layer, x, (distance >= 0) & (distance < 4))
    np.testing.assert_allclose(output, expected, atol=2e-5)


def test_two_layers_see_two_memories_far():
    stack = with_random_weights(ka.TransformerXLStack(2, **SIZES, memory_length=3))
    x = normal(2, 15, 12)
    changed = x.copy()
    changed[:, 2] = normal(2, 12, seed=1)  # in the first of five segments of three
    before, after = (by_segments(stack, y, [3] * 5)[0] for y in (x, changed))
    differs = np.abs(before - after).max(axis=(0, 2)) > 1e-6
    assert differs[2]
    assert differs[3:9].all()  # each of two layers hands it on to the next segment
    assert not differs[:2].any()
    assert not differs[9:].any()


def test_the_memory_is_the_last_inputs_of_each_layer():
    stack, x = ka.TransformerXLStack(2, **SIZES, memory_length=7), normal(2, 5, 12)
    _, memory = stack(x)
    np.testing.assert_array_equal(as_numpy(memory[0]["mask"]), [[False] * 2 + [True] * 5] * 2)
    np.testing.assert_array_equal(as_numpy(memory[0]["states"])[:, 2:], x)
    inner, _ = stack.layers[0](x)
    np.testing.assert_allclose(as_numpy(memory[1]["states"])[:, 2:], as_numpy(inner), atol=1e-6)
    _, memory = stack(x + 1, memory)
    assert as_numpy(memory[0]["mask"]).all()
    expected = np.concatenate([x[:, 3:], x + 1], axis=1)
    np.testing.assert_array_equal(as_numpy(memory[0]["states"]), expected)


def test_a_row_that_begins_anew():
    layer = with_random_weights(ka.TransformerXLLayer(**SIZES, memory_length=3))
    x = normal(2, 5, 12)
    _, memory = layer(normal(2, 5, 12, seed=1))
    kept, _ = layer(x, memory)
    memory["mask"] = np.array([[False], [True]]) & as_numpy(memory["mask"])
    output, first = (as_numpy(layer(x, m)[0]) for m in (memory, None))
    np.testing.assert_allclose(output[0], first[0], atol=1e-6)
    np.testing.assert_allclose(output[1], as_numpy(kept)[1], atol=1e-6)
    assert np.abs(output[1] - first[1]).max() > 1e-3


def test_padding_is_not_remembered():
    stack = with_random_weights(ka.TransformerXLStack(2, **SIZES, memory_length=3))
    x, real = normal(2, 5, 12), np.array([[True] * 5, [True] * 3 + [False] * 2])
    changed = x.copy()
    changed[1, 3:] = 7
    results = []
    for y in (x, changed):
        output, memory = stack(y, padding_mask=real)
        results.append((as_numpy(output)[real], as_numpy(stack(x, memory)[0])))
    for before, after in zip(*results, strict=True):
        np.testing.assert_allclose(before, after, atol=1e-6)


def test_a_mask_of_keras_is_not_taken_silently():
    x = keras.layers.Embedding(7, 12, mask_zero=True)(np.array([[1, 2, 0]]))
    for make in (ka.TransformerXLLayer, lambda **sizes: ka.TransformerXLStack(2, **sizes)):
        with pytest.warns(UserWarning, match="does not support masking"):
            make(**SIZES, memory_length=3)(x)


@pytest.mark.tensorflow
def test_gradients_stop_at_the_memory():
    import tensorflow as tf

    layer = with_random_weights(ka.TransformerXLLayer(**SIZES, memory_length=3))
    x, later = (tf.constant(normal(2, 5, 12, seed=seed)) for seed in (0, 1))

    def loss(y):
        return tf.reduce_sum(tf.sin(y))

    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, later])
        output, memory = layer(x)
        tape.watch(memory["states"])
        output_later, new_memory = layer(later, memory)
        losses = loss(output), loss(output_later)
        remembered = loss(new_memory["states"])
    assert tape.gradient(losses[0], x) is not None
    assert tape.gradient(losses[1], [x, memory["states"]]) == [None, None]
    assert tape.gradient(remembered, later) is None
    ours = tape.gradient(losses[1], [later, *layer.trainable_weights])

    # What came before as a constant: the gradient of the whole, but for its way through there.
    with tf.GradientTape() as tape:
        tape.watch(later)
        seen = tf.concat([x[:, 2:], later], axis=1)
        y = layer.self_attention_residual.before(seen)
        y = layer.self_attention(y[:, 3:], y, start=3, use_causal_mask=True)
        y = layer.self_attention_residual.after(later, y)
        z = layer.feed_forward(layer.feed_forward_residual.before(y))
        expected_loss = loss(layer.feed_forward_residual.after(y, z))
    expected = tape.gradient(expected_loss, [later, *layer.trainable_weights])
    for a, b in zip(ours, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.tensorflow
def test_one_trace_for_all_segments():
    import tensorflow as tf

    stack = with_random_weights(ka.TransformerXLStack(2, **SIZES, memory_length=3))
    x = normal(2, 15, 12)
    expected, _ = by_segments(stack, x, [5] * 3)
    for jit_compile in (False, True):
        step = tf.function(lambda x, memory: stack(x, memory), jit_compile=jit_compile)
        output, _ = by_segments(step, x, [5] * 3, stack.empty_memory(2))
        np.testing.assert_allclose(output, expected, atol=1e-5)
        assert step.experimental_get_tracing_count() == 1


def test_half_precision_is_near_float32():
    x = normal(2, 10, 12)
    arguments = dict(num_layers=2, **SIZES, memory_length=3)
    expected, _ = by_segments(with_random_weights(ka.TransformerXLStack(**arguments)), x, [5, 5])
    stack = with_random_weights(ka.TransformerXLStack(**arguments, dtype="mixed_bfloat16"))
    output, memory = stack(x[:, :5])
    assert keras.backend.standardize_dtype(memory[1]["states"].dtype) == "bfloat16"
    output = as_numpy(keras.ops.cast(stack(x[:, 5:], memory)[0], "float32"))
    assert np.abs(output - expected[:, 5:]).mean() < 0.05 * np.abs(expected).max()


def test_bad_arguments():
    with pytest.raises(ValueError, match="argument `memory_length`"):
        ka.TransformerXLLayer(**SIZES, memory_length=0)
    layer = ka.TransformerXLLayer(**SIZES, memory_length=3)
    other = ka.TransformerXLLayer(**SIZES, memory_length=5).empty_memory(2)
    with pytest.raises(ValueError, match="must hold `memory_length` tokens.* memory_length=3"):
        layer(normal(2, 5, 12), other)
    stack = ka.TransformerXLStack(2, **SIZES, memory_length=3)
    with pytest.raises(ValueError, match=r"memory of each layer. Received: len\(memory\)=1"):
        stack(normal(2, 5, 12), stack.empty_memory(2)[:1])
