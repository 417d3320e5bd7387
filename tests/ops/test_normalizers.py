"""Every normaliser against a reference in float64 that knows nothing of how ours is computed."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_attention import ops


def softmax(row):
    exponentials = np.exp(row - row.max())
    return exponentials / exponentials.sum()


def by_bisection(row, power):
    """The weights `[row - tau]_+ ** power` that sum to 1."""
    low, high = row.max() - 1, row.max()
    for _ in range(200):
        tau = (low + high) / 2
        low, high = (tau, high) if (np.maximum(row - tau, 0) ** power).sum() > 1 else (low, tau)
    return np.maximum(row - tau, 0) ** power


def top_3(row):
    least = np.sort(row)[-min(3, len(row))]
    weights = np.where(row >= least, np.exp(row - row.max()), 0)
    return weights / weights.sum()


REFERENCES = {
    "softmax": (ops.softmax_weights, softmax),
    "sigmoid": (
        ops.sigmoid_weights,
        lambda row: 1 / (1 + len(row) * np.exp(-row)),
    ),
    "top_k": (lambda scores, mask: ops.top_k_weights(scores, mask, k=3), top_3),
    "sparsemax": (ops.sparsemax_weights, lambda row: by_bisection(row, 1)),
    "entmax": (ops.entmax_weights, lambda row: by_bisection(row / 2, 2)),
    "hard": (ops.hard_weights, lambda row: np.eye(len(row))[row.argmax()]),
}
every_normalizer = pytest.mark.parametrize("name", REFERENCES)


def expected(reference, scores, mask):
    weights = np.zeros(scores.shape)
    for place in np.ndindex(scores.shape[:-1]):
        allowed = np.flatnonzero(mask[place])
        if len(allowed):
            weights[place][allowed] = reference(scores[place][allowed].astype("float64"))
    return weights


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@every_normalizer
@given(
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 13)),
    scale=st.sampled_from([0.1, 1.0, 7.0, 1e4]),
    seed=st.integers(0, 99),
)
def test_equals_its_reference(name, sizes, scale, seed):
    normalizer, reference = REFERENCES[name]
    random = np.random.default_rng(seed)
    scores = (random.normal(size=sizes) * scale).astype("float32")
    mask = random.random(sizes) < 0.7
    with np.errstate(over="ignore"):  # the reference of the sigmoid
        theirs = expected(reference, scores, mask)
    np.testing.assert_allclose(as_numpy(normalizer(scores, mask)), theirs, atol=2e-6)


@every_normalizer
def test_no_mask_permits_everything(name):
    normalizer, _ = REFERENCES[name]
    scores = np.random.default_rng(0).normal(size=(2, 3, 7)).astype("float32")
    everything = np.ones((1, 1, 7), bool)
    np.testing.assert_allclose(
        as_numpy(normalizer(scores, None)), as_numpy(normalizer(scores, everything)), atol=1e-7
    )


@every_normalizer
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_weights_are_float32_whatever_the_scores(name, dtype):
    normalizer, _ = REFERENCES[name]
    scores = keras.ops.cast([[1e4, -1e4, 0.0], [3.0, 2.0, 1.0]], dtype)
    weights = normalizer(scores, np.array([[True], [False]]))
    assert keras.backend.standardize_dtype(weights.dtype) == "float32"
    assert np.isfinite(as_numpy(weights)).all()
    assert (as_numpy(weights)[1] == 0).all()


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("name", ["softmax", "sigmoid", "top_k", "sparsemax", "entmax"])
def test_gradient_equals_finite_differences(name, jit_compile):
    import tensorflow as tf

    normalizer, reference = REFERENCES[name]
    random = np.random.default_rng(11)
    scores = random.normal(size=(5, 7, 13)) * 2
    mask = random.random(scores.shape) < 0.8
    mask[0, 0] = False
    shift, direction = random.normal(size=(2, *scores.shape))

    @tf.function(jit_compile=jit_compile)
    def gradient(scores):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            loss = tf.reduce_sum(normalizer(scores, mask) * tf.constant(direction, "float32"))
        return tape.gradient(loss, scores)

    ours = gradient(tf.constant(scores, "float32")).numpy()
    after, before = (
        (expected(reference, scores + sign * 1e-6 * shift, mask) * direction).sum(-1)
        for sign in (1, -1)
    )
    np.testing.assert_allclose((ours * shift).sum(-1), (after - before) / 2e-6, atol=2e-4)
    assert (ours[~mask] == 0).all()


@pytest.mark.tensorflow
def test_a_hard_choice_borrows_the_gradient_of_the_softmax():
    import tensorflow as tf

    scores = tf.constant(np.random.default_rng(0).normal(size=(5, 7)), "float32")
    mask, direction = np.arange(7) < 6, tf.constant(np.arange(35.0).reshape(5, 7), "float32")
    gradients = []
    for normalizer in (ops.hard_weights, ops.softmax_weights):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            loss = tf.reduce_sum(direction * normalizer(scores, mask))
        gradients.append(tape.gradient(loss, scores).numpy())
    np.testing.assert_allclose(*gradients, atol=1e-6)
    assert np.abs(gradients[0]).max() > 0.1


@pytest.mark.parametrize("temperature", [0.3, 3.0])
def test_gumbel_draws_each_key_as_often_as_the_softmax_says(temperature):
    scores = np.broadcast_to(np.log([0.5, 0.3, 0.2, 0.9]), (20_000, 4)).astype("float32")
    mask = np.array([True, True, True, False])
    seed = keras.random.SeedGenerator(5)
    draws = as_numpy(ops.gumbel_softmax_weights(scores, mask, temperature, True, seed))
    np.testing.assert_allclose(draws.mean(0), [0.5, 0.3, 0.2, 0.0], atol=0.015)
    np.testing.assert_allclose(draws.max(-1), 1, atol=1e-6)
    soft = as_numpy(ops.gumbel_softmax_weights(scores, mask, temperature, seed=seed))
    np.testing.assert_allclose(soft.sum(-1), 1, atol=1e-5)
    # The colder, the nearer to a draw.
    assert (soft.max(-1).mean() > 0.85) == (temperature < 1)


def test_gumbel_takes_any_temperature_and_an_empty_row():
    scores, mask = np.zeros((3, 5), "float32"), np.zeros((3, 5), bool)
    for straight_through in (False, True):
        weights = ops.gumbel_softmax_weights(scores, mask, 1e-12, straight_through, seed=1)
        assert (as_numpy(weights) == 0).all()


def test_log_probability_is_that_of_the_choice():
    scores = np.random.default_rng(0).normal(size=(2, 5, 7)).astype("float32")
    mask = np.arange(7) < 4
    choice = np.eye(7)[np.arange(10).reshape(2, 5) % 4]
    ours = as_numpy(ops.log_probability(scores, choice, mask))
    theirs = np.log((as_numpy(ops.softmax_weights(scores, mask)) * choice).sum(-1))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("k", [0, -1, 2.0])
def test_bad_k(k):
    with pytest.raises(ValueError, match=f"`k` must be a positive integer. Received: k={k}"):
        ops.top_k_weights(np.zeros((2, 3)), k=k)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_bad_temperature(temperature):
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        ops.gumbel_softmax_weights(np.zeros((2, 3)), temperature=temperature)
