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
    bias = as_numpy(ops.alibi_bias(num_heads, query_positions, key_positions))
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
    buckets = as_numpy(ops.relative_position_buckets(query_positions, key_positions, *arguments))
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
        ops.relative_position_buckets(np.arange(3), np.arange(3), **arguments)


def test_no_heads():
    with pytest.raises(ValueError, match="`num_heads` must be a positive integer. Received: 0"):
        ops.alibi_bias(0, np.arange(3), np.arange(3))
