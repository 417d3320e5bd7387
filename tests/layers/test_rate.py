"""Dropout rates that follow a schedule, and the dropout of heads, in the layers that have them."""

import keras
import numpy as np
import pytest

import keras_attention as ka

# The rates of the first calls: 0, 0, 0.75, 0.75, 0.25 from then on.
STAIRS = keras.optimizers.schedules.PiecewiseConstantDecay([1, 3], [0.0, 0.75, 0.25])
RATES = [0.0, 0.0, 0.75, 0.75, 0.25, 0.25]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def plain_with(**arguments):
    """A layer and what it returns of the weights 1 of a single key in training: those dropped."""
    layer = ka.Attention(seed=5, **arguments)
    query, value = normal(2, 2000, 3), np.ones((2, 1, 3), "float32")
    return layer, lambda **options: as_numpy(layer([query, value], **options))


def test_the_rate_follows_the_schedule_in_training_alone():
    layer, attend = plain_with(dropout=STAIRS)
    for i, rate in enumerate(RATES):
        dropped = attend(training=True)
        assert abs(np.mean(dropped == 0) - rate) < 0.03
        np.testing.assert_allclose(dropped.max(), 1 / (1 - rate), rtol=1e-5)
        np.testing.assert_allclose(attend(), 1.0, rtol=1e-6)
        assert int(layer.non_trainable_weights[0]) == i + 1


def test_each_schedule_counts_for_itself_and_only_schedules_do():
    layer = ka.MultiHeadAttention(2, 3, dropout=STAIRS, head_dropout=0.5, name="attention")
    x = normal(2, 5, 7)
    for _ in range(3):
        layer(x, x, training=True)
    (step,) = layer.non_trainable_weights
    assert step.path == "attention/dropout/step"
    assert int(step) == 3
    layer = ka.MultiHeadAttention(2, 3, dropout=STAIRS, head_dropout=STAIRS, name="attention")
    layer.build(x.shape, x.shape)
    paths = [weight.path for weight in layer.non_trainable_weights]
    assert paths == ["attention/dropout/step", "attention/head_dropout/step"]


@pytest.mark.parametrize("rate", [0.75, STAIRS], ids=["number", "schedule"])
def test_dropped_heads_leave_the_others_as_they_are_and_the_mean(rate):
    """With values that the projections keep apart, the output shows the heads."""
    layer = ka.MultiHeadAttention(8, 3, head_dropout=rate, use_bias=False, output_shape=24, seed=5)
    x = normal(200, 5, 24)
    layer.build(x.shape, x.shape)
    layer.output_dense.kernel.assign(np.eye(24).reshape(8, 3, 24))
    whole = as_numpy(layer(x, x)).reshape(200, 5, 8, 3)
    if rate is STAIRS:
        layer.non_trainable_weights[0].assign(2)
    output, weights = layer(x, x, training=True, return_attention_scores=True)
    factors = as_numpy(output).reshape(200, 5, 8, 3) / whole
    np.testing.assert_allclose(np.unique(factors[:, 0, :, 0].round(3)), [0.0, 4.0], atol=1e-3)
    np.testing.assert_allclose(
        factors, np.broadcast_to(factors[:, :1, :, :1], factors.shape), atol=0.01
    )
    assert abs(factors.mean() - 1.0) < 0.1
    np.testing.assert_allclose(as_numpy(weights).sum(-1), 1.0, rtol=1e-5)


@pytest.mark.parametrize("cls", [ka.EncoderLayer, ka.DecoderLayer])
def test_layers_pass_both_rates_to_their_attentions(cls):
    layer = cls(12, 3, 17, dropout=0.0, attention_dropout=STAIRS, head_dropout=0.5)
    inputs = [normal(2, 5, 12)] * (1 if cls is ka.EncoderLayer else 2)
    outputs = [as_numpy(layer(*inputs, training=training)) for training in (False, True)]
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-2
    attentions = [sub for sub in layer._flatten_layers() if isinstance(sub, ka.MultiHeadAttention)]
    assert len(attentions) == len(inputs)
    for attention in attentions:
        assert (attention.dropout, attention.head_dropout) == (STAIRS, 0.5)
        assert int(attention.non_trainable_weights[0]) == 1


def test_the_count_is_saved_and_loaded(tmp_path):
    x = keras.Input((5, 7))
    layer = ka.MultiHeadAttention(2, 3, dropout=STAIRS)
    model = keras.Model(x, layer(x, x))
    for _ in range(3):
        model(normal(2, 5, 7), training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [int(step) for step in loaded.non_trainable_weights] == [3]
    ka.save_weights(model, tmp_path / "model.npz")
    layer.non_trainable_weights[0].assign(0)
    ka.load_weights(model, tmp_path / "model.npz")
    assert int(layer.non_trainable_weights[0]) == 3


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiled_it_counts_as_well(jit_compile):
    import tensorflow as tf

    layer, _ = plain_with(dropout=STAIRS)
    query, value = normal(2, 2000, 3), np.ones((2, 1, 3), "float32")
    layer([query, value])
    compiled = tf.function(
        lambda: layer([query, value], training=True), jit_compile=jit_compile, autograph=False
    )
    for i, rate in enumerate(RATES):
        assert abs(np.mean(compiled().numpy() == 0) - rate) < 0.03
        assert int(layer.non_trainable_weights[0]) == i + 1
    assert compiled.experimental_get_tracing_count() == 1


@pytest.mark.tensorflow
def test_many_pairs_are_computed_with_all_weights():
    import tensorflow as tf

    layer, x = ka.MultiHeadAttention(1, 2, dropout=STAIRS), normal(1, 1024, 3)
    whole = as_numpy(layer(x, x))
    compiled = tf.function(lambda: layer(x, x, training=True))
    outputs = [as_numpy(compiled()) for _ in range(3)]
    np.testing.assert_allclose(outputs[0], whole, atol=1e-5)  # a rate of 0
    assert np.abs(outputs[2] - whole).max() > 1e-2


@pytest.mark.parametrize("argument", ["dropout", "head_dropout"])
@pytest.mark.parametrize("rate", [1.0, -0.1, "half"])
def test_bad_rates(argument, rate):
    with pytest.raises(ValueError, match=rf"argument `{argument}`, expected a number in \[0, 1\)"):
        ka.MultiHeadAttention(2, 3, **{argument: rate})


def test_a_scheduled_dropout_excludes_flash_attention():
    with pytest.raises(ValueError, match="Dropout is not supported when flash attention"):
        ka.MultiHeadAttention(2, 3, dropout=STAIRS, flash_attention=True)
