import keras
import numpy as np
import pytest

from keras_attention.layers import MultiHeadAttention


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def pair_with_keras(query_shape, value_shape, **arguments):
    """Our layer and Keras' with the same random weights."""
    layers = [cls(**arguments) for cls in (MultiHeadAttention, keras.layers.MultiHeadAttention)]
    for layer in layers:
        layer.build(query_shape, value_shape)
    weights = [normal(*w.shape, seed=i) for i, w in enumerate(layers[1].weights)]
    for layer in layers:
        layer.set_weights(weights)
    return layers


ARGUMENTS = [
    dict(num_heads=3, key_dim=5),
    dict(num_heads=3, key_dim=5, value_dim=7, use_bias=False, output_shape=11),
    dict(num_heads=2, key_dim=3, use_gate=True, sliding_window=2),
    dict(num_heads=2, key_dim=3, output_shape=(3, 5)),
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("causal", [False, True])
def test_equals_keras_with_the_same_weights(arguments, causal):
    query, value = normal(2, 5, 13), normal(2, 7, 13, seed=1)
    ours, keras_layer = pair_with_keras(query.shape, value.shape, **arguments)
    mask = np.random.default_rng(3).random((2, 5, 7)) < 0.7
    mask[:, :, 0] = True  # Keras contradicts itself where nothing is permitted
    arguments = dict(attention_mask=mask, use_causal_mask=causal, return_attention_scores=True)
    if ours._sliding_window is not None:
        arguments["attention_mask"] = None
        value = value[:, :5]
    results = [layer(query, value, **arguments) for layer in (ours, keras_layer)]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(as_numpy(a), as_numpy(b), atol=1e-5)


@pytest.mark.parametrize("attention_axes", [None, (1,), (2,), (1, 2), -2])
def test_equals_keras_over_any_axes(attention_axes):
    x = normal(2, 3, 5, 7)
    ours, keras_layer = pair_with_keras(
        x.shape, x.shape, num_heads=2, key_dim=3, attention_axes=attention_axes
    )
    results = [layer(x, x, return_attention_scores=True) for layer in (ours, keras_layer)]
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(as_numpy(a), as_numpy(b), atol=1e-5)


def test_weight_paths_are_keras():
    layers = pair_with_keras((2, 5, 7), (2, 5, 7), num_heads=2, key_dim=3, use_gate=True)
    paths = [[weight.path.split("/", 1)[1] for weight in layer.weights] for layer in layers]
    assert paths[0] == paths[1]
    assert paths[0][:2] == ["query/kernel", "query/bias"]


def test_reads_a_weight_file_of_keras(tmp_path):
    x = keras.Input((5, 7))
    theirs = keras.layers.MultiHeadAttention(2, 3, name="attention")
    ours = MultiHeadAttention(2, 3, name="attention")
    models = [keras.Model(x, layer(x, x)) for layer in (theirs, ours)]
    models[0].save_weights(tmp_path / "keras.weights.h5")
    models[1].load_weights(tmp_path / "keras.weights.h5")
    batch = normal(2, 5, 7)
    outputs = [as_numpy(model(batch)) for model in models]
    np.testing.assert_allclose(*outputs, atol=1e-6)


def test_asking_for_scores_changes_nothing_and_masked_queries_give_the_bias():
    layer = MultiHeadAttention(num_heads=2, key_dim=3)
    x = normal(2, 5, 7)
    mask = np.ones((2, 5, 5), bool)
    mask[0, 3] = False
    plain = as_numpy(layer(x, x, attention_mask=mask))
    asked, weights = layer(x, x, attention_mask=mask, return_attention_scores=True)
    np.testing.assert_array_equal(plain, as_numpy(asked))
    assert (as_numpy(weights)[0, :, 3] == 0).all()
    np.testing.assert_allclose(plain[0, 3], as_numpy(layer.output_dense.bias), atol=1e-7)


def test_symbolic_shapes_are_the_real_ones_in_cross_attention():
    layer = MultiHeadAttention(num_heads=2, key_dim=3, output_shape=11)
    query, value = keras.Input((5, 7)), keras.Input((9, 7))
    symbolic = layer(query, value, return_attention_scores=True)
    real = layer(normal(2, 5, 7), normal(2, 9, 7), return_attention_scores=True)
    assert [x.shape[1:] for x in symbolic] == [tuple(x.shape[1:]) for x in real]
    assert tuple(real[1].shape) == (2, 2, 5, 9)


@pytest.mark.parametrize("kv_heads", [1, 2])
def test_grouped_heads_equal_repeated_ones(kv_heads):
    heads, x = 6, normal(2, 5, 7)
    grouped = MultiHeadAttention(heads, key_dim=3, num_key_value_heads=kv_heads)
    full = MultiHeadAttention(heads, key_dim=3)
    grouped.build(x.shape, x.shape)
    full.build(x.shape, x.shape)
    weights = [normal(*w.shape, seed=i) for i, w in enumerate(grouped.weights)]
    grouped.set_weights(weights)
    # Keys and values are weights 2 to 5; their heads are the last axis but one.
    repeats = heads // kv_heads
    full.set_weights(
        [np.repeat(w, repeats, axis=-2) if 2 <= i < 6 else w for i, w in enumerate(weights)]
    )
    outputs = [as_numpy(layer(x, x, use_causal_mask=True)) for layer in (grouped, full)]
    np.testing.assert_allclose(*outputs, atol=1e-5)


def test_bias_is_added_to_the_scores():
    layer = MultiHeadAttention(num_heads=2, key_dim=3)
    x = normal(2, 5, 7)
    forbidding = np.where(np.tril(np.ones((5, 5), bool)), 0, -1e9).astype("float32")
    biased = layer(x, x, attention_bias=forbidding)
    causal = layer(x, x, use_causal_mask=True)
    np.testing.assert_allclose(as_numpy(biased), as_numpy(causal), atol=1e-6)


def test_masks_of_keras_layers_are_heeded():
    ids = np.array([[5, 7, 3, 0], [4, 0, 0, 0]])
    embedding = keras.layers.Embedding(11, 7, mask_zero=True)
    layer = MultiHeadAttention(num_heads=2, key_dim=3)
    x = embedding(ids)
    output, weights = layer(x, x, return_attention_scores=True)
    weights = as_numpy(weights)
    assert (weights[0, :, :, 3] == 0).all()
    assert (weights[1, :, :, 1:] == 0).all()
    assert (weights[1, :, 1:] == 0).all()
    np.testing.assert_array_equal(as_numpy(output._keras_mask), ids != 0)


@pytest.mark.parametrize("window", [None, 2])
def test_step_by_step_equals_the_whole_sequence(window):
    arguments = dict(num_heads=4, key_dim=3, num_key_value_heads=2, use_gate=True)
    layer = MultiHeadAttention(**arguments, sliding_window=window)
    x = normal(2, 5, 7)
    whole = as_numpy(layer(x, x, use_causal_mask=True))
    cache = layer.empty_cache(batch_size=2, max_length=11)
    for start, stop in [(0, 1), (1, 2), (2, 5)]:  # one token or several at a time
        output, cache = layer.step(x[:, start:stop], cache, start)
        np.testing.assert_allclose(as_numpy(output), whole[:, start:stop], atol=1e-6)
    assert tuple(cache["key"].shape) == (4, 3, 11)


def test_step_reads_a_full_cache():
    layer = MultiHeadAttention(num_heads=2, key_dim=3)
    query, value = normal(2, 5, 7), normal(2, 11, 7, seed=1)
    mask = np.random.default_rng(3).random((2, 1, 11)) < 0.7
    whole = as_numpy(layer(query, value, attention_mask=mask))
    cache = layer.full_cache(value)
    output, same = layer.step(query[:, 1:2], cache, attention_mask=mask)
    np.testing.assert_allclose(as_numpy(output), whole[:, 1:2], atol=1e-6)
    assert same is cache


def test_half_precision_is_near_float32():
    x = normal(2, 5, 16)
    layers = [
        MultiHeadAttention(num_heads=2, key_dim=8, dtype=policy)
        for policy in ("float32", "mixed_bfloat16", "mixed_float16")
    ]
    outputs = []
    for layer in layers:
        layer.build(x.shape, x.shape)
        layer.set_weights(layers[0].get_weights())
        outputs.append(as_numpy(keras.ops.cast(layer(x, x, use_causal_mask=True), "float32")))
    np.testing.assert_allclose(outputs[1], outputs[0], atol=0.05)
    np.testing.assert_allclose(outputs[2], outputs[0], atol=0.005)


@pytest.mark.tensorflow
def test_compiled_equals_eager_and_unknown_sizes_trace_once():
    import tensorflow as tf

    layer = MultiHeadAttention(num_heads=2, key_dim=3, num_key_value_heads=1)
    layer(normal(2, 5, 7), normal(2, 5, 7))
    signature = [tf.TensorSpec((None, None, 7))] * 2
    for jit_compile in (False, True):
        compiled = tf.function(
            lambda query, value: layer(query, value, use_causal_mask=True),
            input_signature=signature,
            jit_compile=jit_compile,
        )
        for q_len, k_len in [(5, 7), (3, 11)]:
            query, value = normal(2, q_len, 7), normal(2, k_len, 7, seed=1)
            eager = as_numpy(layer(query, value, use_causal_mask=True))
            np.testing.assert_allclose(as_numpy(compiled(query, value)), eager, atol=1e-6)
        assert compiled.experimental_get_tracing_count() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(num_heads=0), "argument `num_heads`, expected a positive integer. Received: num_h"),
        (dict(key_dim=2.0), "argument `key_dim`"),
        (dict(value_dim=-1), "argument `value_dim`"),
        (dict(dropout=1.0), r"argument `dropout`, expected a number in \[0, 1\)"),
        (dict(sliding_window=0), "argument `sliding_window`"),
        (dict(num_key_value_heads=3), "multiple of `num_key_value_heads`. Received: num_heads=4"),
        (dict(attention_axes="1"), "Invalid `attention_axes`"),
        (dict(output_shape=1.5), "Invalid `output_shape`"),
        (dict(flash_attention=True, dropout=0.1), "Dropout is not supported when flash"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(**{"num_heads": 4, "key_dim": 3, **arguments})


@pytest.mark.parametrize(
    ("attention_axes", "shapes", "message"),
    [
        (None, [(2, 5, 7), (2, 3, 5, 7)], "must have the same rank"),
        (None, [(2, 5, 7), (2, 5, 7), (2, 3, 7)], "must be equal"),
        (3, [(2, 3, 5, 7), (2, 3, 5, 7)], "must name axes between batch and features"),
    ],
)
def test_bad_shapes(attention_axes, shapes, message):
    layer = MultiHeadAttention(num_heads=2, key_dim=3, attention_axes=attention_axes)
    with pytest.raises(ValueError, match=message):
        layer.build(*shapes)


def test_a_window_longer_than_the_sequence_hides_nothing_as_in_keras():
    ours, keras_layer = pair_with_keras(
        (2, 5, 7), (2, 5, 7), num_heads=2, key_dim=3, sliding_window=11
    )
    x = normal(2, 5, 7)
    np.testing.assert_allclose(as_numpy(ours(x, x)), as_numpy(keras_layer(x, x)), atol=1e-5)
