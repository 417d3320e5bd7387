"""What all scores have in common."""

import math

import keras

from keras_attention.layers.part import Part


class Score(Part):
    """How well keys answer queries: `(query, key) -> scores`.

    A value that is passed to `MultiHeadAttention(score=…)`, `Attention(score=…)` and others. A
    subclass defines `compare`, and `prepare` if something of the keys can be computed once for all
    queries. It makes its weights in `build(query_shape, key_shape)`: with a leading axis of heads
    where the inputs have one, see `num_heads`.

    Call arguments:
        query: Float tensor `[batch, q_len, query_dim]`, or `[..., heads, q_len, query_dim]`.
        key: Float tensor `[batch, k_len, key_dim]`, or `[..., kv_heads, k_len, key_dim]`, where
            each of its heads serves `heads // kv_heads` consecutive heads of the query.

    Returns:
        Float32 tensor `[batch, q_len, k_len]`, or `[..., heads, q_len, k_len]`.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class NegativeDistance(keras_attention.Score):
    ...     def compare(self, query, prepared, previous=None):
    ...         difference = query[..., :, None, :] - prepared[..., None, :, :]
    ...         return -keras.ops.sum(keras.ops.square(difference), axis=-1)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, score=NegativeDistance())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)
    """

    # Whether `compare` reads the alignment of the query before: queries are taken one by one then.
    uses_previous = False
    # Whether the score stays the same if query and key are turned by the same angle.
    rotation_invariant = False
    # Whether the score is a constant times the dot product of query and key, so that what is made
    # for these alone fits it. Such a score defines `dot_product_scale`. A subclass with a `compare`
    # of its own is none unless it says so.
    is_dot_product = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "compare" in vars(cls) and "is_dot_product" not in vars(cls):
            cls.is_dot_product = False

    def build(self, query_shape, key_shape):
        pass  # without weights

    def call(self, query, key):
        return self.compare(query, self.prepare(key))

    def prepare(self, key):
        """What `compare` needs of the keys, computed once for all queries."""
        return key

    def compare(self, query, prepared, previous=None):
        """The scores of `query` against prepared keys; `previous` are the weights of the query
        before each query, `[..., heads, q_len, k_len]`, for a score that `uses_previous`."""
        raise NotImplementedError(f"{type(self).__name__} must define `compare`.")

    def dot_product_scale(self, size):
        """The constant, for `size` features, of a score that `is_dot_product`."""
        raise NotImplementedError(f"{type(self).__name__} must define `dot_product_scale`.")

    def compute_output_shape(self, query_shape, key_shape):
        return (*query_shape[:-1], key_shape[-2])


def num_heads(shape):
    """The shape of the leading axis of a weight: `(heads,)` for `[..., heads, length, size]`, `()`
    for `[batch, length, size]`."""
    return (shape[-3],) if len(shape) > 3 else ()


def glorot_uniform(fan_in, fan_out):
    """Glorot's initialiser of a matrix, for a weight that has one for each head."""
    limit = math.sqrt(6 / (fan_in + fan_out))
    return keras.initializers.RandomUniform(-limit, limit)
