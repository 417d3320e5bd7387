"""Every score against its equation, pair by pair in float64."""

import keras
import numpy as np
import pytest

import keras_attention as ka

SCORES = {
    "ScaledDotProduct": (ka.ScaledDotProduct, lambda w, q, k, _: q @ k / np.sqrt(len(k))),
    "DotProduct": (lambda: ka.DotProduct(True), lambda w, q, k, _: w["scale"] * (q @ k)),
    "Bilinear": (ka.Bilinear, lambda w, q, k, _: k @ w["kernel"] @ q),
    "Additive": (lambda: ka.Additive(11), lambda w, q, k, _: additive(w, q, k)),
    "Additive without bias": (
        lambda: ka.Additive(use_bias=False),
        lambda w, q, k, _: additive(w, q, k),
    ),
    "Additive normalised": (
        lambda: ka.Additive(11, normalize=True),
        lambda w, q, k, _: additive(w, q, k),
    ),
    "Concat": (
        lambda: ka.Concat(11),
        lambda w, q, k, _: w["vector"] @ np.tanh(np.concatenate([q, k]) @ w["kernel"]),
    ),
    "Cosine": (
        ka.Cosine,
        lambda w, q, k, _: min(np.exp(w["log_scale"]), 100) * (q @ k) / np.sqrt((q @ q) * (k @ k)),
    ),
    "TemperedDotProduct": (ka.TemperedDotProduct, lambda w, q, k, _: w["head_scale"] * (q @ k)),
    "LocationAware": (
        lambda: ka.LocationAware(11, filters=3, kernel_size=5, normalize=True),
        lambda w, q, k, near: additive(w, q, k, near @ w["location_kernel"] @ w["feature_kernel"]),
    ),
}
PER_KEY_HEAD = {"Bilinear": {"kernel"}, "Concat": {"kernel", "vector"}}
every_score = pytest.mark.parametrize("name", SCORES)


def additive(w, q, k, location=0.0):
    hidden = q @ w["query_kernel"] + k @ w["key_kernel"] + location + w.get("bias", 0.0)
    vector = w["vector"]
    if "length" in w:
        vector = w["length"] * vector / np.linalg.norm(vector)
    return vector @ np.tanh(hidden)


def normal(*shape, seed):
    return np.random.default_rng(seed).normal(size=shape)


def sizes_of(name):
    dot_products = ("ScaledDotProduct", "DotProduct", "Cosine", "TemperedDotProduct")
    return (7, 7) if name in dot_products else (5, 7)


def built(name, query, key):
    score = SCORES[name][0]()
    score.build(query.shape, key.shape)
    for i, weight in enumerate(score.weights):
        weight.assign(normal(*weight.shape, seed=10 + i))
    return score


def expected(name, score, query, key, previous):
    """For `[batch, heads, length, size]` with grouped heads, one pair at a time."""
    group = query.shape[1] // key.shape[1]
    scores = np.zeros((*query.shape[:3], key.shape[2]))
    for b, h, i, j in np.ndindex(scores.shape):
        own = weights_of_head(name, score, h, h // group)
        near = np.pad(previous[b, h, i], 2)[j : j + 5]
        scores[b, h, i, j] = SCORES[name][1](own, query[b, h, i], key[b, h // group, j], near)
    return scores


def weights_of_head(name, score, head, key_head):
    own = {}
    for weight in score.weights:
        value = np.asarray(keras.ops.convert_to_numpy(weight), "float64")
        if weight.name == "location_kernel":
            own[weight.name] = value[:, head]
        elif weight.name == "scale":
            own[weight.name] = value
        else:
            key_heads = weight.name == "key_kernel" or weight.name in PER_KEY_HEAD.get(name, ())
            own[weight.name] = value[key_head if key_heads else head]
    return own


@pytest.fixture
def arrays(name):
    q_dim, k_dim = sizes_of(name)
    query, key = normal(2, 6, 3, q_dim, seed=0), normal(2, 2, 13, k_dim, seed=1)
    return query, key, np.abs(normal(2, 6, 3, 13, seed=2))


@every_score
def test_equals_its_equation(name, arrays):
    query, key, previous = arrays
    score = built(name, query, key)
    as_floats = [x.astype("float32") for x in arrays]
    ours = score.compare(as_floats[0], score.prepare(as_floats[1]), as_floats[2])
    theirs = expected(name, score, query, key, previous)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    # Further leading axes act as batch.
    query, key, previous = (x[:, None] for x in as_floats)
    with_axis = score.compare(query, score.prepare(key), previous)
    np.testing.assert_allclose(with_axis[:, 0], ours, atol=1e-6)


@every_score
def test_without_heads_it_has_one(name, arrays):
    query, key, previous = (x[:, 0].astype("float32") for x in arrays)
    score = built(name, query, key)
    ours = keras.ops.convert_to_numpy(score.compare(query, score.prepare(key), previous))
    like = built(name, query[:, None], key[:, None])
    for weight, with_head in zip(score.weights, like.weights, strict=True):
        with_head.assign(keras.ops.reshape(weight, with_head.shape))
    with_head = like.compare(query[:, None], like.prepare(key[:, None]), previous[:, None])
    np.testing.assert_allclose(ours, with_head[:, 0], atol=1e-5)
    if not score.uses_previous:
        np.testing.assert_array_equal(score(query, key), ours)


@pytest.mark.tensorflow
@every_score
def test_gradient_equals_finite_differences(name, arrays):
    import tensorflow as tf

    score, direction = built(name, *arrays[:2]), normal(2, 6, 3, 13, seed=3)
    tensors = [tf.constant(x, "float32") for x in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        scores = score.compare(tensors[0], score.prepare(tensors[1]), tensors[2])
        loss = tf.reduce_sum(scores * tf.constant(direction, "float32"))
    watched = tensors if score.uses_previous else tensors[:2]
    for i, gradient in enumerate(tape.gradient(loss, watched)):
        shift = normal(*arrays[i].shape, seed=4)
        after, before = (
            (expected(name, score, *moved(arrays, i, sign * 1e-5 * shift)) * direction).sum()
            for sign in (1, -1)
        )
        ours = (gradient.numpy() * shift).sum()
        np.testing.assert_allclose(ours, (after - before) / 2e-5, rtol=1e-4, atol=1e-3)


def moved(arrays, i, shift):
    return [x + shift if i == j else x for j, x in enumerate(arrays)]


def test_cosine_is_clipped_and_knows_no_length():
    x = np.ones((1, 3, 4), "float32")
    score = ka.Cosine()
    score.build(x.shape, x.shape)
    score.log_scale.assign(9.0)
    for length in (1e-6, 1e6):
        np.testing.assert_allclose(score(length * x, x), np.full((1, 3, 3), 100), rtol=1e-5)
    np.testing.assert_array_equal(score(0 * x, x), np.zeros((1, 3, 3)))


def test_additive_starts_with_a_vector_of_length_as_in_tf_addons():
    score = ka.Additive(16, normalize=True)
    score.build((1, 3, 5), (1, 7, 11))
    assert float(score.length) == 0.25


@pytest.mark.parametrize("score", [ka.Additive, ka.Concat, ka.LocationAware])
def test_bad_units(score):
    with pytest.raises(ValueError, match="`units`, expected a positive integer. Received: units=0"):
        score(units=0)


@pytest.mark.parametrize("name", ["ScaledDotProduct", "Cosine"])
def test_sizes_that_differ(name):
    with pytest.raises(ValueError, match="same number of features"):
        SCORES[name][0]()(np.zeros((1, 3, 5)), np.zeros((1, 7, 11)))


def test_bad_convolution():
    with pytest.raises(ValueError, match="`kernel_size` must be odd.*kernel_size=4"):
        ka.LocationAware(kernel_size=4)
    with pytest.raises(ValueError, match="`filters`, expected a positive integer"):
        ka.LocationAware(filters=0)


@pytest.mark.parametrize("score", [ka.ScaledDotProduct, ka.DotProduct])
def test_a_subclass_with_a_comparison_of_its_own_is_asked_for_it(score):
    class Opposite(score):
        def compare(self, query, prepared, previous=None):
            return -super().compare(query, prepared, previous)

    class Same(score):
        pass

    x = np.random.default_rng(0).normal(size=(1, 5, 6)).astype("float32")
    outputs = []
    for one in (score, Same, Opposite):
        keras.utils.set_random_seed(0)
        layer = ka.MultiHeadAttention(2, 3, score=one())
        outputs.append(keras.ops.convert_to_numpy(layer(x, x)))
    np.testing.assert_array_equal(outputs[0], outputs[1])
    assert np.abs(outputs[0] - outputs[2]).max() > 1e-3
