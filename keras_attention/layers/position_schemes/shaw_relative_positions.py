"""Relative positions as learned vectors that are added to keys and values."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.position_schemes.relative_positions import (
    RelativePositions,
    leading_letters,
)
from keras_attention.ops.position_bias import distances_between


@keras.saving.register_keras_serializable(package="keras_attention")
class ShawRelativePositions(RelativePositions):
    r"""Adds to each key and value a learned vector of its distance from the query.

    $$ e_{ij} = s\, q_i \cdot (k_j + a^K_{c(j - i)}), \qquad
       z_i = \sum_j w_{ij} (v_j + a^V_{c(j - i)}), \qquad
       c(x) = \min(\max(x, -m), m) $$

    The vectors are the same for all heads. Neither sum is made pair by pair: queries meet the
    `2 m + 1` vectors, and weights are summed by distance, so that beside the scores there is one
    tensor of `q_len * k_len * (2 m + 1)` zeros and ones, for all sequences and heads.

    Args:
        max_distance: Positive integer `m`: all distances from here on share a vector, on each side.
        use_value_embeddings: Whether values get a vector, too. Machine translation does without,
            as the paper found.

    Raises:
        ValueError: If `max_distance` is not a positive integer.

    Example:

    >>> scheme = keras_attention.ShawRelativePositions(max_distance=16)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=scheme)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        [Shaw et al., 2018](https://arxiv.org/abs/1803.02155), equations 3 to 5
    """

    reads_pairs = True

    def __init__(self, max_distance, use_value_embeddings=True, **kwargs):
        super().__init__(**kwargs)
        self.max_distance = positive_integer("max_distance", max_distance)
        self.use_value_embeddings = use_value_embeddings

    def build(self, query_shape, key_shape, value_shape=None):
        value_shape = key_shape if value_shape is None else value_shape
        self.key_embeddings = self._embeddings("key_embeddings", query_shape[-1])
        if self.use_value_embeddings:
            self.value_embeddings = self._embeddings("value_embeddings", value_shape[-1])

    def score_term(self, query, scale, query_positions, key_positions):
        table = ops.cast(self.key_embeddings, query.dtype)
        scores = ops.tensordot(query * scale, table, axes=[[-1], [1]])  # [..., q_len, distances]
        chosen = self._distance_of_pair(query_positions, key_positions, query.dtype)
        outer, own = leading_letters(query, chosen, 3)
        return ops.einsum(f"{outer}qr,{own}qkr->{outer}qk", scores, chosen)

    def value_term(self, weights, query_positions, key_positions):
        if not self.use_value_embeddings:
            return None
        chosen = self._distance_of_pair(query_positions, key_positions, weights.dtype)
        outer, own = leading_letters(weights, chosen, 3)
        by_distance = ops.einsum(f"{outer}qk,{own}qkr->{outer}qr", weights, chosen)
        return ops.tensordot(by_distance, ops.cast(self.value_embeddings, weights.dtype), axes=1)

    def _embeddings(self, name, size):
        shape = (2 * self.max_distance + 1, size)
        return self.add_weight(shape=shape, initializer="glorot_uniform", name=name)

    def _distance_of_pair(self, query_positions, key_positions, dtype):
        """1 at the clipped distance of each pair: `[..., q_len, k_len, 2 * max_distance + 1]`.

        As a product with it, the choice of a distance's score is faster than as a gather, whose
        gradient scatters every pair.
        """
        distances = distances_between(query_positions, key_positions)
        row = ops.clip(distances, -self.max_distance, self.max_distance) + self.max_distance
        return ops.one_hot(row, 2 * self.max_distance + 1, dtype=dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "max_distance": self.max_distance,
            "use_value_embeddings": self.use_value_embeddings,
        }
