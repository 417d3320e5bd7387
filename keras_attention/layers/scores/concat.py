"""Luong's way to write the additive score."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.scores.additive import read_hidden, sum_of_pairs
from keras_attention.layers.scores.score import Score, glorot_uniform, num_heads
from keras_attention.ops.per_head import matmul_per_head


@keras.saving.register_keras_serializable(package="keras_attention")
class Concat(Score):
    r"""One matrix for query and key, joined.

    $$ s(q, k) = v \cdot \tanh(W [q; k]) $$

    Luong's *concat*: what `Additive` without a bias computes, with its two matrices in one, which
    is never applied to joined pairs. With heads, each head of the keys has its own weights.

    Args:
        units: Number of rows of `W`. Defaults to the size of the keys.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If `units` is not a positive integer.

    Example:

    >>> scores = keras_attention.Concat(units=11)(np.ones((1, 3, 4)), np.ones((1, 5, 7)))
    >>> scores.shape
    (1, 3, 5)

    References:
        [Luong et al., 2015](https://arxiv.org/abs/1508.04025), section 3.1
    """

    def __init__(self, units=None, **kwargs):
        super().__init__(**kwargs)
        self.units = None if units is None else positive_integer("units", units)

    def build(self, query_shape, key_shape):
        units = self.units or key_shape[-1]
        heads = num_heads(key_shape)
        self._group = num_heads(query_shape)[0] // heads[0] if heads else 1
        self._query_dim = query_shape[-1]
        size = query_shape[-1] + key_shape[-1]
        self.kernel = self.add_weight(
            shape=(*heads, size, units), initializer=glorot_uniform(size, units), name="kernel"
        )
        self.vector = self.add_weight(
            shape=(*heads, units), initializer=glorot_uniform(units, units), name="vector"
        )

    def prepare(self, key):
        kernel = self.kernel[..., self._query_dim :, :]
        return matmul_per_head(key, kernel)  # [..., kv_heads, k_len, units]

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        kernel, vector = self.kernel[..., : self._query_dim, :], ops.convert_to_tensor(self.vector)
        if self._group > 1:
            kernel, vector = (ops.repeat(x, self._group, axis=0) for x in (kernel, vector))
        return read_hidden(sum_of_pairs(matmul_per_head(query, kernel), prepared), vector)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
