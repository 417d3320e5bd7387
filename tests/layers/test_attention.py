"""`Attention`, `AdditiveAttention` and `GroupQueryAttention`, beside Keras' and by themselves."""

import keras
import numpy as np
import pytest
from layers.mechanisms import KINDS, label, parts

import keras_attention as ka

SINGLE_PARTS = [{kind: name} for kind, names in KINDS.items() for name in names if name != "None"]
every_part = pytest.mark.parametrize("names", SINGLE_PARTS, ids=label)

KERAS_CLASSES = {
    ka.Attention: keras.layers.Attention,
    ka.AdditiveAttention: keras.layers.AdditiveAttention,
}
ARGUMENTS = [
    (ka.Attention, {}),
    (ka.Attention, dict(use_scale=True)),
    (ka.Attention, dict(score_mode="concat")),
    (ka.Attention, dict(score_mode="concat", use_scale=True)),
    (ka.AdditiveAttention, {}),
    (ka.AdditiveAttention, dict(use_scale=False)),
]
every_score_of_keras = pytest.mark.parametrize(("cls", "arguments"), ARGUMENTS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def pair_with_keras(cls, arguments, *shapes):
    """Our layer and Keras' with the same random weights."""
    layers = [c(**arguments, name="attention") for c in (cls, KERAS_CLASSES[cls])]
    for layer in layers:
        layer.build(list(shapes))
        layer.set_weights([1 + normal(*w.shape, seed=3) / 2 for w in layer.weights])
    return layers


@every_score_of_keras
@pytest.mark.parametrize("causal", [False, True])
def test_equals_keras_with_the_same_weights(cls, arguments, causal):
    inputs = [normal(2, 5, 7), normal(2, 11, 3, seed=1), normal(2, 11, 7, seed=2)]
    query_mask, value_mask = (np.random.default_rng(3).random((2, n)) < 0.7 for n in (5, 11))
    value_mask[:, 0] = True  # or else Keras attends to what is forbidden
    layers = pair_with_keras(cls, arguments, *(x.shape for x in inputs))
    options = dict(use_causal_mask=causal, return_attention_scores=True)
    for mask in (None, [query_mask, value_mask]):
        results = [layer(inputs, mask=mask, **options) for layer in layers]
        for ours, theirs in zip(*results, strict=True):
            np.testing.assert_allclose(as_numpy(ours), as_numpy(theirs), atol=1e-5)


@every_score_of_keras
def test_weight_paths_and_files_are_keras(cls, arguments, tmp_path):
    ours, theirs = pair_with_keras(cls, arguments, (2, 5, 7), (2, 11, 7))
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    assert type(ours).from_config(theirs.get_config()).use_scale == theirs.use_scale
    inputs = [keras.Input((5, 7)), keras.Input((11, 7))]
    models = [keras.Model(inputs, layer(inputs)) for layer in (ours, theirs)]
    theirs.set_weights([2 * w for w in theirs.get_weights()])
    models[1].save_weights(tmp_path / "keras.weights.h5")
    models[0].load_weights(tmp_path / "keras.weights.h5")
    batch = [normal(2, 5, 7), normal(2, 11, 7)]
    np.testing.assert_allclose(*(as_numpy(model(batch)) for model in models), atol=1e-6)


@pytest.mark.tensorflow
@every_score_of_keras
def test_gradients_are_keras(cls, arguments):
    import tensorflow as tf

    inputs = [tf.constant(normal(2, 5, 7)), tf.constant(normal(2, 11, 7, seed=1))]
    gradients = []
    for layer in pair_with_keras(cls, arguments, *(x.shape for x in inputs)):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(tf.sin(layer(inputs)))
        gradients.append(tape.gradient(loss, [*inputs, *layer.trainable_weights]))
    for ours, theirs in zip(*gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@every_part
def test_equals_one_head_with_projections_that_change_nothing(names):
    chosen = {"score": ka.ScaledDotProduct(), **parts(names)}
    plain = ka.Attention(**chosen)
    headed = ka.MultiHeadAttention(1, 4, use_bias=False, **{**chosen, **parts(names)})
    x = normal(2, 7, 4)
    plain.build([x.shape, x.shape])
    headed.build(x.shape, x.shape)
    (kind,) = names
    if kind != "pattern":
        for i, weights in enumerate(
            zip(getattr(plain, kind).weights, getattr(headed, kind).weights, strict=True)
        ):
            for weight in weights:
                if weight.dtype == "float32":
                    weight.assign(normal(*weight.shape, seed=i))
    projections = (headed.query_dense, headed.key_dense, headed.value_dense, headed.output_dense)
    for dense in projections:
        dense.kernel.assign(np.eye(4).reshape(dense.kernel.shape))
    real = np.arange(7) < np.array([[5], [7]])
    options = dict(return_attention_scores=True, use_causal_mask=True)
    output, weights = plain([x, x], mask=[None, real], **options)
    expected, expected_weights = headed(x, x, value_mask=real, **options)
    np.testing.assert_allclose(as_numpy(output), as_numpy(expected), atol=1e-6)
    np.testing.assert_allclose(as_numpy(weights), as_numpy(expected_weights)[:, 0], atol=1e-6)
    unasked = plain([x, x], mask=[None, real], use_causal_mask=True)
    np.testing.assert_allclose(as_numpy(unasked), as_numpy(output), atol=1e-6)


def test_more_axes_are_more_examples():
    query, value = normal(2, 3, 5, 7), normal(2, 3, 11, 7, seed=1)
    real = np.random.default_rng(3).random((2, 3, 11)) < 0.7
    layer = ka.Attention(use_scale=True)
    output, weights = layer([query, value], mask=[None, real], return_attention_scores=True)
    assert weights.shape == (2, 3, 5, 11)
    for i in range(3):
        one = layer([query[:, i], value[:, i]], mask=[None, real[:, i]])
        np.testing.assert_allclose(as_numpy(output)[:, i], as_numpy(one), atol=1e-6)


def test_a_query_that_sees_nothing_gets_zeros():
    query, value = 1e4 * normal(2, 5, 7), normal(2, 11, 7, seed=1)
    real = np.zeros((2, 11), bool)
    real[0] = True
    output, weights = ka.Attention()(
        [query, value], mask=[None, real], return_attention_scores=True
    )
    assert (as_numpy(output)[1] == 0).all()
    assert (as_numpy(weights)[1] == 0).all()
    assert (as_numpy(output)[0] != 0).all()


def test_masks_of_keras_layers_are_heeded():
    query, value = np.array([[5, 7, 0]]), np.array([[4, 0, 3, 0]])
    embedding = keras.layers.Embedding(11, 7, mask_zero=True)
    inputs = [embedding(query), embedding(value)]
    output, weights = ka.Attention()(inputs, return_attention_scores=True)
    assert (as_numpy(output)[0, 2] == 0).all()
    assert (as_numpy(weights)[..., [1, 3]] == 0).all()
    np.testing.assert_array_equal(as_numpy(output._keras_mask), query != 0)


def test_the_mask_of_the_key_counts():
    query, value, key = normal(2, 5, 7), normal(2, 11, 3, seed=1), normal(2, 11, 7, seed=2)
    real = np.arange(11)[None] < np.array([[5], [7]])
    everything = np.ones((2, 11), bool)
    layer = ka.Attention()
    by_key = layer([query, value, key], mask=[None, everything, real])
    by_value = layer([query, value, key], mask=[None, real, everything])
    np.testing.assert_array_equal(as_numpy(by_key), as_numpy(by_value))
    assert np.abs(as_numpy(by_key) - as_numpy(layer([query, value, key]))).max() > 1e-2


def test_dropout_keeps_the_mean_and_shows_in_the_weights():
    query, value = normal(2, 500, 7), normal(2, 11, 7, seed=1)
    layer = ka.Attention(dropout=0.25, seed=3)
    quiet, weights = layer([0 * query, value], return_attention_scores=True)
    np.testing.assert_allclose(as_numpy(weights), 1 / 11, atol=1e-6)
    _, dropped = layer([0 * query, value], return_attention_scores=True, training=True)
    dropped = as_numpy(dropped)
    assert set(np.unique((dropped * 11).round(4))) == {0, np.float32(4 / 3).round(4)}
    assert abs(np.mean(dropped == 0) - 0.25) < 0.01
    noisy = as_numpy(layer([0 * query, value], training=True))
    np.testing.assert_allclose(noisy.mean(1), as_numpy(quiet).mean(1), atol=0.05)


@pytest.mark.tensorflow
@every_score_of_keras
def test_compiled_equals_eager_and_unknown_sizes_trace_once(cls, arguments):
    import tensorflow as tf

    layer = cls(**arguments)
    layer([normal(2, 5, 7), normal(2, 5, 7)])
    signature = [tf.TensorSpec((None, None, 7))] * 2
    for jit_compile in (False, True):
        compiled = tf.function(
            lambda query, value: layer([query, value], use_causal_mask=True),
            input_signature=signature,
            jit_compile=jit_compile,
        )
        for q_len, k_len in [(5, 7), (3, 11)]:
            inputs = [normal(2, q_len, 7), normal(2, k_len, 7, seed=1)]
            eager = as_numpy(layer(inputs, use_causal_mask=True))
            np.testing.assert_allclose(as_numpy(compiled(*inputs)), eager, atol=1e-5)
        assert compiled.experimental_get_tracing_count() == 1


@every_score_of_keras
def test_half_precision_is_near_float32(cls, arguments):
    inputs = [normal(2, 5, 16), normal(2, 11, 16, seed=1)]
    exact, half = (cls(**arguments, dtype=dtype) for dtype in ("float32", "mixed_bfloat16"))
    exact.build([x.shape for x in inputs])
    half.build([x.shape for x in inputs])
    half.set_weights(exact.get_weights())
    output = half(inputs)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    output = as_numpy(keras.ops.cast(output, "float32"))
    np.testing.assert_allclose(output, as_numpy(exact(inputs)), atol=0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(score_mode="product"), "one of {'dot', 'concat'}. Received: score_mode='product'"),
        (dict(dropout=1), "argument `dropout`"),
        (dict(score=ka.DotProduct(), use_scale=True), "choose a score of Keras: give them or"),
        (dict(score=ka.DotProduct(), score_mode="concat"), "choose a score of Keras: give them or"),
        (dict(score="dot"), "`score` must be a value of a subclass of `Score`"),
        (
            dict(score_mode="concat", position_scheme=ka.Rotary()),
            "`Rotary` and `KerasScore` cannot be combined",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ka.Attention(**arguments)


def test_grouped_queries_equal_keras_and_read_its_weight_files(tmp_path):
    x, y = keras.Input((5, 7)), keras.Input((11, 7))
    arguments = dict(head_dim=3, num_query_heads=6, num_key_value_heads=2, use_gate=True)
    layers = [
        cls(**arguments, name="attention")
        for cls in (keras.layers.GroupQueryAttention, ka.GroupQueryAttention)
    ]
    theirs, ours = models = [keras.Model([x, y], layer(x, y)) for layer in layers]
    theirs.set_weights([normal(*w.shape, seed=i) for i, w in enumerate(theirs.get_weights())])
    assert [w.path for w in ours.weights] == [w.path for w in theirs.weights]
    theirs.save_weights(tmp_path / "keras.weights.h5")
    ours.load_weights(tmp_path / "keras.weights.h5")
    batch = [normal(2, 5, 7), normal(2, 11, 7, seed=1)]
    np.testing.assert_allclose(*(as_numpy(model(batch)) for model in models), atol=1e-5)
    config = layers[0].get_config()
    assert ka.GroupQueryAttention.from_config(config).num_key_value_heads == 2


def test_grouped_queries_take_what_multi_head_attention_takes():
    x = normal(2, 5, 7)
    parts = dict(score=ka.DotProduct(), normalizer=ka.Sparsemax())
    grouped = ka.GroupQueryAttention(3, 4, 2, **parts)
    plain = ka.MultiHeadAttention(4, 3, num_key_value_heads=2, **parts)
    for layer in (grouped, plain):
        layer.build(x.shape, x.shape)
    grouped.set_weights(plain.get_weights())
    np.testing.assert_array_equal(as_numpy(grouped(x, x)), as_numpy(plain(x, x)))
    assert (grouped.head_dim, grouped.num_query_heads, grouped.sliding_window) == (3, 4, None)


def test_grouped_queries_need_as_many_features_in_query_and_value():
    with pytest.raises(ValueError, match="last dimensions of `query` and `value` must be equal"):
        ka.GroupQueryAttention(3, 4, 2)(keras.Input((5, 7)), keras.Input((5, 11)))
