"""A product of query and key with a learned matrix between them."""

import keras

from keras_attention.layers.scores.score import Score, glorot_uniform, num_heads
from keras_attention.ops.attention import dot_product_scores
from keras_attention.ops.per_head import matmul_per_head


@keras.saving.register_keras_serializable(package="keras_attention")
class Bilinear(Score):
    r"""A learned matrix between query and key, which may have different sizes.

    $$ s(q, k) = q^\top W k $$

    Luong's *general*. With heads, each head of the keys has its own `W`.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Example:

    >>> scores = keras_attention.Bilinear()(np.ones((1, 3, 4)), np.ones((1, 5, 7)))
    >>> scores.shape
    (1, 3, 5)

    References:
        [Luong et al., 2015](https://arxiv.org/abs/1508.04025), section 3.1
    """

    def build(self, query_shape, key_shape):
        sizes = key_shape[-1], query_shape[-1]
        self.kernel = self.add_weight(
            shape=(*num_heads(key_shape), *sizes),
            initializer=glorot_uniform(*sizes),
            name="kernel",
        )

    def prepare(self, key):
        return matmul_per_head(key, self.kernel)  # [..., kv_heads, k_len, q_dim]

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return dot_product_scores(query, prepared)
