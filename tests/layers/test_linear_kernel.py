"""Scores whose softmax takes linear time where it can, and is the same where it cannot."""

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention.layers.scores import linear_kernel

SCORES = {"LinearAttention": ka.LinearAttention, "Performer": lambda: ka.Performer(13)}
every_score = pytest.mark.parametrize("name", SCORES)


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.fixture
def linear_calls(monkeypatch):
    """A list that grows with each call in linear time."""
    calls, attend = [], linear_kernel.linear_attention

    def counted(*arguments, **options):
        calls.append(arguments)
        return attend(*arguments, **options)

    monkeypatch.setattr(linear_kernel, "linear_attention", counted)
    return calls


def layer_and_inputs(score, **arguments):
    random = np.random.default_rng(0)
    layer = ka.MultiHeadAttention(4, 5, num_key_value_heads=2, score=score, **arguments)
    x, memory = (random.normal(size=(2, n, 7)).astype("float32") for n in (61, 73))
    layer.build(x.shape, memory.shape)
    for weight in layer.trainable_weights:
        weight.assign(random.normal(size=weight.shape) / 2)
    return layer, x, memory


KEYS = np.arange(73) < np.array([[40], [73]])
QUERIES = np.arange(61) < np.array([[50], [61]])


@every_score
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"attention_mask": KEYS[:, None]},
        {"value_mask": KEYS, "query_mask": QUERIES},
        {"use_causal_mask": True},
        {"use_causal_mask": True, "start": 12, "key_mask": KEYS},
    ],
    ids=lambda arguments: "-".join(arguments) or "all",
)
def test_in_linear_time_the_result_is_that_of_all_pairs(name, arguments, linear_calls):
    layer, x, memory = layer_and_inputs(SCORES[name]())
    ours = as_numpy(layer(x, memory, **arguments))
    assert len(linear_calls) == 1
    theirs, _ = layer(x, memory, return_attention_scores=True, **arguments)
    assert len(linear_calls) == 1
    np.testing.assert_allclose(ours, as_numpy(theirs), atol=1e-5)


MASK = np.random.default_rng(1).random((2, 61, 73)) < 0.8


@pytest.mark.parametrize(
    ("parts", "arguments"),
    [
        ({}, {"attention_mask": MASK}),
        ({}, {"attention_mask": np.arange(4)[:, None, None] < np.ones((2, 4, 1, 73))}),
        ({}, {"attention_bias": np.ones((61, 73), "float32")}),
        ({"dropout": 0.5}, {"training": True}),
        ({"normalizer": ka.Softmax(0.5)}, {}),
        ({"normalizer": ka.Sparsemax()}, {}),
        ({"pattern": ka.SlidingWindow(3)}, {}),
    ],
    ids=["mask", "heads", "bias", "dropout", "temperature", "sparsemax", "pattern"],
)
def test_where_features_cannot_be_summed_all_pairs_are_taken(parts, arguments, linear_calls):
    layer, x, memory = layer_and_inputs(ka.LinearAttention(), **parts)
    assert layer(x, memory, **arguments).shape == (2, 61, 7)
    assert linear_calls == []


def test_segments_are_taken_pair_by_pair(linear_calls):
    layer, x, _ = layer_and_inputs(ka.LinearAttention())
    segments = np.arange(61)[None] // np.array([[10], [20]])
    ours = layer(x, x, segment_ids=segments)
    theirs = layer(x, x, attention_mask=segments[:, :, None] == segments[:, None])
    np.testing.assert_allclose(as_numpy(ours), as_numpy(theirs), atol=1e-5)
    assert linear_calls == []


def test_performer_comes_near_dot_products_with_more_features():
    layer, *inputs = layer_and_inputs(ka.ScaledDotProduct())
    x, memory = (x / 3 for x in inputs)
    expected, errors = as_numpy(layer(x, memory)), []
    for num_features in (8, 512):
        layer, _, _ = layer_and_inputs(ka.Performer(num_features))
        errors.append(np.abs(as_numpy(layer(x, memory)) - expected).mean())
    assert errors[1] < errors[0] / 3


def test_the_directions_of_a_performer_are_not_trained_and_of_full_precision():
    layer, x, memory = layer_and_inputs(ka.Performer(13, seed=3), dtype="mixed_bfloat16")
    layer(x, memory)
    expected = ka.ops.orthogonal_projection(13, 5, seed=3)
    np.testing.assert_array_equal(as_numpy(layer.score.projection), expected)
    assert layer.score.trainable_weights == []


@every_score
def test_turned_features_are_refused(name):
    with pytest.raises(ValueError, match=f"`Rotary` and `{name}` cannot be combined"):
        ka.MultiHeadAttention(2, 4, score=SCORES[name](), position_scheme=ka.Rotary())


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="argument `num_features`, expected a positive integer"):
        ka.Performer(0)
    with pytest.raises(ValueError, match="queries and keys of the same number of features"):
        ka.LinearAttention()(np.ones((2, 3, 5)), np.ones((2, 3, 7)))
    with pytest.raises(NotImplementedError, match="LinearKernel must define `log_features`"):
        ka.LinearKernel()(np.ones((2, 3, 5)), np.ones((2, 3, 5)))
