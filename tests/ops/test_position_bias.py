import math

import keras
import numpy as np
import pytest

from keras_attention import ops


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(
    ("num_heads", "slopes"),
    [
        (1, [2**-8]),
        (2, [2**-4, 2**-8]),
        (8, [2**-i for i in range(1, 9)]),
        (3, [2**-4, 2**-8, 2**-2]),
        (6, [2**-2, 2**-4, 2**-6, 2**-8, 2**-1, 2**-3]),
    ],
)
def test_alibi_falls_with_the_distance(num_heads, slopes):
    query_positions, key_positions = np.array([3, 4, 5]), np.arange(7)
    distances = ops.distances_between(query_positions, key_positions)
    bias = as_numpy(ops.alibi_bias(num_heads, distances))
    for head, i, j in np.ndindex(bias.shape):
        expected = -slopes[head] * abs(query_positions[i] - key_positions[j])
        np.testing.assert_allclose(bias[head, i, j], expected, rtol=1e-6)


def bucket(ahead, num_buckets, max_distance, bidirectional):
    """The rule of the paper for one pair, and whether rounding may decide otherwise."""
    first = 0
    if bidirectional:
        num_buckets //= 2
        first = num_buckets if ahead > 0 else 0
        distance = abs(ahead)
    else:
        distance = max(-ahead, 0)
    exact = num_buckets // 2
    if distance < exact:
        return first + distance, False
    share = math.log(distance / exact) / math.log(max_distance / exact) * (num_buckets - exact)
    return first + min(exact + int(share), num_buckets - 1), abs(share - round(share)) < 1e-5


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize(("num_buckets", "max_distance"), [(32, 128), (8, 20), (4, 7)])
def test_buckets_are_those_of_t5(num_buckets, max_distance, bidirectional):
    query_positions, key_positions = np.array([0, 50, 199]), np.arange(200)
    arguments = num_buckets, max_distance, bidirectional
    distances = ops.distances_between(query_positions, key_positions)
    buckets = as_numpy(ops.relative_position_buckets(distances, *arguments))
    assert buckets.dtype == np.int32
    assert buckets.min() == 0
    assert buckets.max() == num_buckets - 1
    for i, j in np.ndindex(buckets.shape):
        expected, close = bucket(key_positions[j] - query_positions[i], *arguments)
        assert abs(buckets[i, j] - expected) <= close


@pytest.mark.parametrize(
    "arguments",
    [dict(num_buckets=5), dict(num_buckets=2), dict(num_buckets=32, max_distance=8)],
)
def test_buckets_that_cannot_be_divided(arguments):
    with pytest.raises(ValueError, match=f"Received: num_buckets={arguments['num_buckets']}"):
        ops.relative_position_buckets(np.arange(3), **arguments)


def test_no_heads():
    with pytest.raises(ValueError, match="`num_heads` must be a positive integer. Received: 0"):
        ops.alibi_bias(0, np.arange(3))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 5)])
def test_distances_of_any_shape(shape):
    distances = np.random.default_rng(0).integers(-50, 50, shape)
    assert tuple(ops.alibi_bias(4, distances).shape) == (4, *shape)
    buckets = as_numpy(ops.relative_position_buckets(distances))
    assert buckets.shape == shape
    np.testing.assert_array_equal(
        buckets.reshape(-1), as_numpy(ops.relative_position_buckets(distances.reshape(-1)))
    )


def test_distances_of_blocks():
    query_positions, key_positions = np.arange(6).reshape(2, 3), np.arange(10).reshape(2, 5)
    distances = as_numpy(ops.distances_between(query_positions, key_positions))
    assert distances.shape == (2, 3, 5)
    for block, i, j in np.ndindex(2, 3, 5):
        expected = key_positions[block, j] - query_positions[block, i]
        assert distances[block, i, j] == expected
