"""Relative positions as a bias of the scores."""

import math

import numpy as np
from keras import ops


def distances_between(query_positions, key_positions):
    """How far each key is from each query: its position minus that of the query.

    Args:
        query_positions: Integer tensor `[..., q_len]`.
        key_positions: Integer tensor `[..., k_len]`.

    Returns:
        Int32 tensor `[..., q_len, k_len]`.

    Example:

    >>> distances = keras_attention.ops.distances_between(np.arange(2), np.arange(4))
    >>> keras.ops.convert_to_numpy(distances).tolist()
    [[0, 1, 2, 3], [-1, 0, 1, 2]]
    """
    query_positions, key_positions = (
        ops.cast(positions, "int32") for positions in (query_positions, key_positions)
    )
    return key_positions[..., None, :] - query_positions[..., :, None]


def alibi_bias(num_heads, distances):
    r"""Attention with linear biases: the further away a key, the lower its score.

    $$ B_{h, i, j} = -m_h \lvert j - i \rvert, \qquad m_h = 2^{-8 h / n} $$

    for `n` heads, a power of two; another number takes the slopes of the next lower power and then
    every second slope of the next higher one.

    Args:
        num_heads: Number of heads.
        distances: Integer tensor of any shape, see `distances_between`.

    Returns:
        Float32 tensor `[num_heads, *distances.shape]`, to be added to the scores.

    Raises:
        ValueError: If `num_heads` is not a positive integer.

    Example:

    >>> distances = keras_attention.ops.distances_between(np.arange(3), np.arange(5))
    >>> keras_attention.ops.alibi_bias(8, distances).shape
    (8, 3, 5)

    References:
        [Press et al., 2021](https://arxiv.org/abs/2108.12409)
    """
    if not isinstance(num_heads, int) or num_heads < 1:
        raise ValueError(f"`num_heads` must be a positive integer. Received: {num_heads!r}.")
    away = ops.cast(ops.abs(distances), "float32")
    slopes = ops.convert_to_tensor(_alibi_slopes(num_heads), "float32")
    return -ops.reshape(slopes, (num_heads, *[1] * len(away.shape))) * away


def relative_position_buckets(distances, num_buckets=32, max_distance=128, bidirectional=True):
    r"""T5's buckets of distances: one for each small distance, then logarithmically wider ones.

    Args:
        distances: Integer tensor of any shape, see `distances_between`.
        num_buckets: Number of buckets, even if `bidirectional`, at least 4 (2 otherwise).
        max_distance: All distances from here on share the last bucket; more than half of the
            buckets of a direction.
        bidirectional: Whether keys after the query get buckets of their own, the upper half. If
            not, they share bucket 0 with the query itself: causal attention never looks there.

    Returns:
        Int32 tensor of the shape of `distances`, from 0 to `num_buckets - 1`, to look up a learned
        bias.

    Raises:
        ValueError: If the buckets cannot be divided so.

    Example:

    >>> buckets = keras_attention.ops.relative_position_buckets(np.array([-200, -1, 0, 1, 200]))
    >>> keras.ops.convert_to_numpy(buckets).tolist()
    [15, 1, 0, 17, 31]

    References:
        [Raffel et al., 2020](https://arxiv.org/abs/1910.10683), section 2.1
    """
    buckets, exact = divided_buckets(num_buckets, max_distance, bidirectional)
    distances = ops.convert_to_tensor(distances, "int32")
    away = ops.abs(distances) if bidirectional else ops.maximum(-distances, 0)
    ratio = ops.cast(ops.maximum(away, exact), "float32") / exact
    wider = ops.log(ratio) / math.log(max_distance / exact) * (buckets - exact)
    wider = ops.minimum(exact + ops.cast(wider, "int32"), buckets - 1)
    bucket = ops.where(away < exact, away, wider)
    return bucket + ops.where(distances > 0, buckets, 0) if bidirectional else bucket


def divided_buckets(num_buckets, max_distance, bidirectional):
    """The number of T5's buckets for one direction, and how many of them are a distance each."""
    buckets = num_buckets // 2 if bidirectional else num_buckets
    exact = buckets // 2
    if exact < 1 or (bidirectional and num_buckets % 2) or max_distance <= exact:
        raise ValueError(
            "`num_buckets` must be at least 4 and even (at least 2 if not `bidirectional`), and "
            "`max_distance` more than half of the buckets of a direction. Received: num_buckets="
            f"{num_buckets}, max_distance={max_distance}, bidirectional={bidirectional}."
        )
    return buckets, exact


def _alibi_slopes(num_heads):
    power = 2 ** math.floor(math.log2(num_heads))
    slopes = 2.0 ** (-8.0 / power * np.arange(1, power + 1))
    more = 2.0 ** (-4.0 / power * np.arange(1, 2 * power + 1, 2))
    return np.concatenate([slopes, more[: num_heads - power]])
