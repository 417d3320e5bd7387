"""Penalties on attention weights: their formulas, what they count, and how layers add them."""

import keras
import numpy as np
import pytest

import keras_attention as ka

REGULARIZERS = {
    "entropy": ka.EntropyPenalty(0.5),
    "weight": ka.WeightPenalty(l1=0.5, l2=0.25),
    "guided": ka.GuidedAttentionLoss(sigma=0.3, factor=2.0),
    "coverage": ka.CoverageLoss(3.0),
}
every_regularizer = pytest.mark.parametrize("name", REGULARIZERS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def entropy(w, t, n_queries, coverage):
    return 0.5 * -sum(x * np.log(x) for x in w if x > 0)


def weight(w, t, n_queries, coverage):
    return sum(0.5 * abs(x) + 0.25 * x**2 for x in w)


def guided(w, t, n_queries, coverage):
    n_keys = len(w)
    away = [1 - np.exp(-((n / n_keys - t / n_queries) ** 2) / (2 * 0.3**2)) for n in range(n_keys)]
    return 2.0 * sum(x * a for x, a in zip(w, away, strict=True)) / n_keys


def coverage(w, t, n_queries, coverage):
    return 3.0 * sum(min(pair) for pair in zip(w, coverage, strict=True))


FORMULAS = {"entropy": entropy, "weight": weight, "guided": guided, "coverage": coverage}


def by_loops(name, weights, lengths):
    """The mean penalty of the real queries, for examples of `(queries, keys)` real tokens."""
    penalties = []
    for example, (n_queries, n_keys) in zip(weights.astype("float64"), lengths, strict=True):
        for head in example:
            covered = np.zeros(n_keys)
            for t in range(n_queries):
                w = head[t, :n_keys]
                penalties.append(FORMULAS[name](w, t, n_queries, covered))
                covered = covered + w
    return np.mean(penalties)


def padded_weights(lengths, heads=3, q_len=7, k_len=11, seed=0):
    """Softmax weights where the padding of keys gets nothing but that of queries attends."""
    real_keys = np.arange(k_len) < np.array([keys for _, keys in lengths])[:, None]
    real_queries = np.arange(q_len) < np.array([queries for queries, _ in lengths])[:, None]
    scores = np.exp(normal(len(lengths), heads, q_len, k_len, seed=seed))
    scores = scores * real_keys[:, None, None]
    mask = real_queries[:, None, :, None] & real_keys[:, None, None]
    return scores / scores.sum(-1, keepdims=True), mask


@every_regularizer
def test_equals_its_formula_without_padding(name):
    weights, _ = padded_weights([(7, 11)] * 2)
    penalty = float(REGULARIZERS[name](weights))
    np.testing.assert_allclose(penalty, by_loops(name, weights, [(7, 11)] * 2), rtol=1e-5)


@every_regularizer
def test_padding_does_not_count(name):
    lengths = [(7, 5), (2, 11), (0, 3)]
    weights, mask = padded_weights(lengths)
    penalty = float(REGULARIZERS[name](weights, mask))
    np.testing.assert_allclose(penalty, by_loops(name, weights, lengths), rtol=1e-5)
    noisy = np.where(mask, weights, 3.0).astype("float32")
    np.testing.assert_allclose(float(REGULARIZERS[name](noisy, mask)), penalty, rtol=1e-6)


@every_regularizer
def test_nothing_is_no_penalty(name):
    weights, mask = padded_weights([(0, 5), (0, 3)])
    assert float(REGULARIZERS[name](weights, mask)) == 0.0


@pytest.mark.tensorflow
@every_regularizer
def test_gradients_are_those_of_finite_differences_and_zero_for_padding(name):
    import tensorflow as tf

    lengths = [(7, 5), (2, 11)]
    weights, mask = padded_weights(lengths)
    weights[0, 0, 0, :5] = [0, 0, 1, 0, 0]  # where a logarithm could spoil the gradient
    variable = tf.Variable(weights.astype("float32"))
    with tf.GradientTape() as tape:
        penalty = REGULARIZERS[name](variable, mask)
    gradient = tape.gradient(penalty, variable).numpy()
    assert np.isfinite(gradient).all()
    assert (gradient[~np.broadcast_to(mask, gradient.shape)] == 0).all()
    for at in [(0, 1, 2, 3), (1, 2, 1, 7), (0, 2, 6, 4)]:
        step = np.zeros(weights.shape)
        step[at] = 1e-5
        ends = [by_loops(name, weights.astype("float64") + s, lengths) for s in (step, -step)]
        np.testing.assert_allclose(gradient[at], (ends[0] - ends[1]) / 2e-5, rtol=2e-4, atol=1e-6)


def layer_and_inputs(**arguments):
    layer = ka.MultiHeadAttention(3, 4, **arguments)
    query, value = normal(2, 7, 12), normal(2, 11, 12, seed=1)
    return layer, query, value


@every_regularizer
def test_multi_head_attention_adds_the_penalty_in_training_only(name):
    regularizer = REGULARIZERS[name]
    layer, query, value = layer_and_inputs(attention_regularizer=regularizer)
    real_queries, real_keys = np.arange(7) < np.array([[7], [2]]), np.arange(11) < np.array([[5]])
    masks = dict(query_mask=real_queries, attention_mask=np.broadcast_to(real_keys, (2, 1, 11)))
    output, weights = layer(query, value, return_attention_scores=True, **masks)
    assert layer.losses == []
    trained = layer(query, value, training=True, **masks)
    np.testing.assert_allclose(as_numpy(trained), as_numpy(output), atol=1e-6)
    expected = by_loops(name, as_numpy(weights), [(7, 5), (2, 5)])
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [expected], rtol=1e-5)


def test_the_pattern_and_all_axes_count():
    regularizer = ka.EntropyPenalty()
    layer = ka.MultiHeadAttention(
        3, 4, attention_regularizer=regularizer, pattern=ka.SlidingWindow(2)
    )
    x = normal(2, 7, 12)
    _, weights = layer(x, x, training=True, return_attention_scores=True)
    expected = by_loops("entropy", as_numpy(weights), [(7, 7)] * 2) / 0.5
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [expected], rtol=1e-5)
    layer = ka.MultiHeadAttention(3, 4, attention_axes=(1, 2), attention_regularizer=regularizer)
    x = normal(2, 3, 5, 12)
    _, weights = layer(x, x, training=True, return_attention_scores=True)
    weights = as_numpy(weights).reshape(2, 3, 15, 15)
    expected = by_loops("entropy", weights, [(15, 15)] * 2) / 0.5
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [expected], rtol=1e-5)


def test_dropout_does_not_change_the_penalty():
    layer, query, value = layer_and_inputs(
        attention_regularizer=ka.WeightPenalty(l1=1.0), dropout=0.5
    )
    layer(query, value, training=True)
    np.testing.assert_allclose(float(layer.losses[0]), 1.0, rtol=1e-5)
    layer = ka.Attention(attention_regularizer=ka.WeightPenalty(l1=1.0), dropout=0.5)
    layer([query, value], training=True)
    np.testing.assert_allclose(float(layer.losses[0]), 1.0, rtol=1e-5)


def test_plain_attention_adds_the_penalty_of_real_queries():
    layer = ka.Attention(attention_regularizer=ka.EntropyPenalty(0.5))
    query, value = normal(2, 7, 3), normal(2, 11, 3, seed=1)
    mask = [np.arange(7) < np.array([[7], [2]]), np.arange(11) < np.array([[5], [11]])]
    output, weights = layer([query, value], mask=mask, return_attention_scores=True)
    assert layer.losses == []
    trained = layer([query, value], mask=mask, training=True)
    np.testing.assert_allclose(as_numpy(trained), as_numpy(output), atol=1e-6)
    expected = by_loops("entropy", as_numpy(weights)[:, None], [(7, 5), (2, 11)])
    np.testing.assert_allclose(float(layer.losses[0]), expected, rtol=1e-5)


def test_a_mechanism_keeps_its_penalty_beside_a_position_scheme():
    mechanism = ka.Mechanism(attention_regularizer=ka.EntropyPenalty())
    mechanism = mechanism.with_position_scheme(ka.Rotary())
    assert set(mechanism.parts()) == {
        "score", "normalizer", "position_scheme", "attention_regularizer"
    }  # fmt: skip


def test_every_attention_of_a_stack_has_its_penalty():
    mechanism = ka.Mechanism(attention_regularizer=ka.EntropyPenalty())
    decoder = ka.Decoder(2, 12, 3, 17, attention=mechanism, cross_attention=mechanism)
    x, encoded = normal(2, 5, 12), normal(2, 7, 12, seed=1)
    decoder(x, encoded, training=True)
    assert len(decoder.losses) == 4
    decoder(x, encoded)
    assert decoder.losses == []


@pytest.mark.tensorflow
def test_compiled_equals_eager_and_traces_again():
    import tensorflow as tf

    layer, query, value = layer_and_inputs(attention_regularizer=ka.CoverageLoss())

    def penalty(query, value):
        layer(query, value, training=True)
        (loss,) = layer.losses
        return loss

    for jit_compile in (False, True):
        compiled = tf.function(penalty, jit_compile=jit_compile, reduce_retracing=True)
        for q_len in (7, 5, 3):
            np.testing.assert_allclose(
                compiled(query[:, :q_len], value), penalty(query[:, :q_len], value), rtol=1e-5
            )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.GuidedAttentionLoss(sigma=0), "argument `sigma`, expected a positive number"),
        (
            lambda: ka.MultiHeadAttention(2, 3, attention_regularizer="l2"),
            "`attention_regularizer` must be a value of a subclass of `AttentionRegularizer`",
        ),
        (
            lambda: ka.MultiHeadAttention(
                2, 3, attention_regularizer=ka.EntropyPenalty(), flash_attention=True
            ),
            "Flash attention computes no weights, so none can be penalised",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_regularizer_must_say_what_it_penalises():
    with pytest.raises(NotImplementedError, match="AttentionRegularizer must define `per_query`"):
        ka.AttentionRegularizer()(np.ones((2, 3)))
