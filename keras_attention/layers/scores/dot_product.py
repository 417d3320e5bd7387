"""Dot products, scaled and not."""

import math

import keras

from keras_attention.layers.scores.score import Score
from keras_attention.ops.attention import dot_product_scores


@keras.saving.register_keras_serializable(package="keras_attention")
class ScaledDotProduct(Score):
    r"""The score of the Transformer.

    $$ s(q, k) = q \cdot k \,/\, \sqrt{d} $$

    for keys of `d` features: the dot product of independent features of variance 1 has variance
    `d`, which the scale undoes. The default of `MultiHeadAttention`, and the fastest.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Example:

    >>> scores = keras_attention.ScaledDotProduct()(np.ones((1, 3, 4)), np.ones((1, 5, 4)))
    >>> scores.shape, float(scores[0, 0, 0])
    ((1, 3, 5), 2.0)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.2.1
    """

    rotation_invariant = True
    is_dot_product = True

    def build(self, query_shape, key_shape):
        check_same_size(query_shape, key_shape)

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return dot_product_scores(query, prepared, self.dot_product_scale(query.shape[-1]))

    def dot_product_scale(self, size):
        return 1.0 / math.sqrt(size)


@keras.saving.register_keras_serializable(package="keras_attention")
class DotProduct(Score):
    r"""The dot product as it is, or times one learned factor.

    $$ s(q, k) = g\, q \cdot k $$

    Luong's *dot*. The larger the features, the harder the attention: prefer `ScaledDotProduct` for
    many features.

    Args:
        learned_scale: Whether `g` is learned, starting at 1; otherwise it is 1.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If query and key have different numbers of features.

    Example:

    >>> scores = keras_attention.DotProduct()(np.ones((1, 3, 4)), np.ones((1, 5, 4)))
    >>> scores.shape, float(scores[0, 0, 0])
    ((1, 3, 5), 4.0)

    References:
        [Luong et al., 2015](https://arxiv.org/abs/1508.04025), section 3.1
    """

    rotation_invariant = True

    def __init__(self, learned_scale=False, **kwargs):
        super().__init__(**kwargs)
        self.learned_scale = learned_scale

    @property
    def is_dot_product(self):
        return not self.learned_scale

    def build(self, query_shape, key_shape):
        check_same_size(query_shape, key_shape)
        if self.learned_scale:
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return dot_product_scores(query, prepared, self.scale if self.learned_scale else 1.0)

    def dot_product_scale(self, size):  # noqa: ARG002 - as all dot products
        return 1.0

    def get_config(self):
        return {**super().get_config(), "learned_scale": self.learned_scale}


def check_same_size(query_shape, key_shape):
    """Refuses queries and keys whose dot product does not exist."""
    if query_shape[-1] != key_shape[-1]:
        raise ValueError(
            "A dot product needs queries and keys of the same number of features. Received: "
            f"query_shape={tuple(query_shape)}, key_shape={tuple(key_shape)}. Use `Bilinear` or "
            "`Additive` for different ones."
        )
