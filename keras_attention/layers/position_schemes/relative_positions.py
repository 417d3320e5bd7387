"""What all position schemes inside attention have in common."""

from string import ascii_lowercase

from keras import ops

from keras_attention.layers.part import Part
from keras_attention.ops.position_bias import distances_between


class RelativePositions(Part):
    """Tells attention how far a key is from its query.

    A value that is passed to `MultiHeadAttention(position_scheme=…)`. A subclass overrides what it
    needs of the four methods below; whatever it does must depend on distances alone. It makes its
    weights in `build(query_shape, key_shape, value_shape)`, the shapes `[..., heads, length, size]`
    of queries, keys and values.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class Near(keras_attention.RelativePositions):
    ...     has_distance_bias = True
    ...     def distance_bias(self, distances):
    ...         return -keras.ops.cast(keras.ops.square(distances), "float32")[None]
    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=Near())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)
    """

    # Whether the scheme turns queries and keys: the score must not change if both are turned alike.
    rotates = False
    # Whether `distance_bias` is defined.
    has_distance_bias = False
    # Whether `score_term` or `value_term` looks at more than the distance: at the query, at values.
    # Such a scheme adds to dot products, and needs every pair of query and key in memory.
    reads_pairs = False

    def build(self, query_shape, key_shape, value_shape=None):
        pass  # without weights

    def encode_query(self, query, positions):  # noqa: ARG002 - for subclasses
        """Queries `[..., heads, q_len, size]` that stand at integer `positions` `[q_len]`."""
        return query

    def encode_key(self, key, positions):  # noqa: ARG002 - for subclasses
        """Keys `[..., kv_heads, k_len, size]` that stand at integer `positions` `[k_len]`."""
        return key

    def distance_bias(self, distances):
        """What a distance, position of the key minus that of the query, adds to the scores: for
        integers of any shape `[heads, *shape]` or `[1, *shape]`, float32."""
        raise NotImplementedError(f"{type(self).__name__} must define `distance_bias`.")

    def score_term(self, query, scale, query_positions, key_positions):  # noqa: ARG002
        """What is added to the scores of encoded queries: `[..., heads, q_len, k_len]` or None.

        `scale` is that of the dot product; positions are `[..., q_len]` and `[..., k_len]`.
        """
        if not self.has_distance_bias:
            return None
        distances = distances_between(query_positions, key_positions)
        return ops.moveaxis(self.distance_bias(distances), 0, -3)

    def value_term(self, weights, query_positions, key_positions):  # noqa: ARG002 - for subclasses
        """What is added to the attended values: `[..., heads, q_len, value_dim]` or None."""
        return None

    def compute_output_shape(self, query_shape, key_shape):
        return (*query_shape[:-1], key_shape[-2])


def leading_letters(x, of_positions, own_rank):
    """Letters for `einsum` of the leading axes of `x`, `[..., heads, length, size]`, and of what
    is known by position, whose last `own_rank` axes are not leading ones."""
    outer = ascii_lowercase[: len(x.shape) - 2]
    shared = len(of_positions.shape) - own_rank
    return outer, outer[:-1][len(outer) - 1 - shared :]
