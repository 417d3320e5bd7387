"""What normalisers do beyond their functions in `ops`."""

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention import ops


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(
    "normalizer",
    [
        lambda: ka.GumbelSoftmax(seed=1),
        lambda: ka.Monotonic(sigmoid_noise=1.0, inference="expected", seed=1),
    ],
)
@pytest.mark.parametrize(
    "score", [ka.ScaledDotProduct, lambda: ka.LocationAware(5, filters=2, kernel_size=3)]
)
def test_noise_is_drawn_in_training_alone_and_for_each_query(normalizer, score):
    layer = ka.MultiHeadAttention(4, 4, score=score(), normalizer=normalizer())
    x, memory = np.repeat(normal(2, 1, 12), 5, axis=1), normal(2, 7, 12, seed=1)
    plain, again, first, second = (
        as_numpy(layer(x, memory, training=training)) for training in (False, False, True, True)
    )
    np.testing.assert_array_equal(plain, again)
    for a, b in [(plain, first), (first, second), (first[:, 0], first[:, 1])]:
        assert np.abs(a - b).max() > 1e-3


def test_monotonic_attention_is_hard_at_inference_and_expected_in_training():
    scores, bias = normal(2, 3, 5, 7), np.array([-1.0, 0.0, 1.0], "float32")
    previous = np.eye(7, dtype="float32")[np.zeros((2, 3, 5), int)]
    for inference in ("hard", "expected"):
        normalizer = ka.Monotonic(inference=inference)
        normalizer.build(scores.shape)
        normalizer.score_bias.assign(bias)
        biased = scores + bias[:, None, None]
        expected, hard = (
            as_numpy(ops.monotonic_weights(biased, previous, hard=hard)) for hard in (False, True)
        )
        # Without weights of a query before, it begins at key 0.
        trained = as_numpy(normalizer(scores, training=True))
        np.testing.assert_allclose(trained, expected, atol=1e-6)
        weights = as_numpy(normalizer(scores, previous=previous))
        np.testing.assert_allclose(weights, hard if inference == "hard" else expected, atol=1e-6)


def test_monotonic_attention_never_goes_back():
    layer = ka.MultiHeadAttention(4, 4, normalizer=ka.Monotonic())
    _, weights = layer(normal(2, 11, 12), normal(2, 31, 12), return_attention_scores=True)
    weights = as_numpy(weights)
    place = np.where(weights.sum(-1) > 0, weights.argmax(-1), 31)  # 31: past the end
    assert (np.diff(place) >= 0).all()
    assert (np.diff(place) > 0).any()


def test_bad_arguments_of_monotonic():
    with pytest.raises(ValueError, match="`sigmoid_noise` must be a standard deviation"):
        ka.Monotonic(sigmoid_noise=-1.0)
    with pytest.raises(ValueError, match="`inference`, expected one of 'hard', 'expected'"):
        ka.Monotonic(inference="soft")


def test_talking_heads_takes_no_normalizer_that_goes_one_by_one():
    with pytest.raises(ValueError, match="needs its own of the query before"):
        ka.TalkingHeads(ka.Monotonic())
