"""A small network that looks at query and key together."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.scores.score import Score, glorot_uniform, num_heads
from keras_attention.ops.per_head import matmul_per_head


@keras.saving.register_keras_serializable(package="keras_attention")
class Additive(Score):
    r"""A network with one hidden layer for each pair of query and key.

    $$ s(q, k) = v \cdot \tanh(W q + U k + b) $$

    Bahdanau's attention: query and key may have different sizes. It keeps `units` numbers for each
    pair, which is much for long sequences; a decoder that goes step by step does not mind. With
    heads, each has its own weights.

    Args:
        units: Size of the hidden layer. Defaults to that of the keys.
        use_bias: Whether there is a `b`.
        normalize: Whether `v` is `g v / |v|` with a learned length `g`: weight normalisation.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If `units` is not a positive integer.

    Example:

    >>> scores = keras_attention.Additive(units=11)(np.ones((1, 3, 4)), np.ones((1, 5, 7)))
    >>> scores.shape
    (1, 3, 5)

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), appendix A.1.2
        - [Salimans and Kingma, 2016](https://arxiv.org/abs/1602.07868), weight normalisation
    """

    def __init__(self, units=None, use_bias=True, normalize=False, **kwargs):
        super().__init__(**kwargs)
        self.units = None if units is None else positive_integer("units", units)
        self.use_bias = use_bias
        self.normalize = normalize

    def build(self, query_shape, key_shape):
        units = self.units or key_shape[-1]
        self.query_kernel, self.key_kernel = (
            self.add_weight(
                shape=(*num_heads(shape), shape[-1], units),
                initializer=glorot_uniform(shape[-1], units),
                name=f"{name}_kernel",
            )
            for name, shape in (("query", query_shape), ("key", key_shape))
        )
        heads = num_heads(query_shape)
        self.vector = self.add_weight(
            shape=(*heads, units),
            initializer=glorot_uniform(units, units),
            name="vector",
            autocast=False,
        )
        if self.use_bias:
            self.bias = self.add_weight(shape=(*heads, units), initializer="zeros", name="bias")
        if self.normalize:
            self.length = self.add_weight(
                shape=heads,
                initializer=keras.initializers.Constant(units**-0.5),
                name="length",
                autocast=False,
            )

    def prepare(self, key):
        return matmul_per_head(key, self.key_kernel)  # [..., kv_heads, k_len, units]

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return self._read(sum_of_pairs(self._projected(query), prepared))

    def _projected(self, query):
        query = matmul_per_head(query, self.query_kernel)
        if self.use_bias:
            query = query + ops.cast(self.bias[..., None, :], query.dtype)
        return query

    def _read(self, hidden):
        """Scores of what enters the hidden layer, `[..., heads, q_len, k_len, units]`."""
        vector = ops.convert_to_tensor(self.vector)
        if self.normalize:
            norm = ops.sqrt(ops.sum(ops.square(vector), axis=-1))
            vector = vector * (self.length / norm)[..., None]
        return read_hidden(hidden, vector)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "normalize": self.normalize,
        }


def sum_of_pairs(query, key):
    """Each query plus each key that it may meet.

    Args:
        query: Float tensor `[..., heads, q_len, units]`; without heads `[batch, q_len, units]`.
        key: Float tensor `[..., kv_heads, k_len, units]`, or `[batch, k_len, units]`.

    Returns:
        Tensor `[..., heads, q_len, k_len, units]`, or `[batch, q_len, k_len, units]`.
    """
    if len(query.shape) == 3 or query.shape[-3] == key.shape[-3]:
        return query[..., :, None, :] + key[..., None, :, :]
    *leading, heads, q_len, units = ops.shape(query)
    kv_heads, k_len = key.shape[-3], ops.shape(key)[-2]
    grouped = ops.reshape(query, (*leading, kv_heads, heads // kv_heads, q_len, 1, units))
    pairs = grouped + key[..., :, None, None, :, :]
    return ops.reshape(pairs, (*leading, heads, q_len, k_len, units))


def read_hidden(hidden, vector):
    """The dot product of `tanh(hidden)`, `[..., heads, q_len, k_len, units]`, with the vectors
    `[heads, units]` of its heads, float32."""
    hidden = ops.tanh(hidden)
    *leading, q_len, k_len, units = ops.shape(hidden)
    # One axis of pairs, for a product with the vector of each head.
    hidden = ops.reshape(hidden, (*leading, q_len * k_len, units))
    scores = matmul_per_head(hidden, vector[..., None])
    return ops.cast(ops.reshape(scores, (*leading, q_len, k_len)), "float32")
