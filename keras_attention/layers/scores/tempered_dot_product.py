"""Dot products with a learned temperature."""

import keras

from keras_attention.layers.scores.dot_product import check_same_size
from keras_attention.layers.scores.score import Score, num_heads
from keras_attention.ops.attention import dot_product_scores


@keras.saving.register_keras_serializable(package="keras_attention")
class TemperedDotProduct(Score):
    r"""The dot product times a learned factor of each head, that of the Transformer at first.

    $$ s(q, k) = g_h\, q \cdot k, \qquad g_h = 1 / \sqrt{d} \text{ at first} $$

    for keys of `d` features: `g` is one over the temperature of the softmax, so that heads can
    learn to be sharper than the scale allows. With the pattern `OffDiagonal` it is the locality
    self-attention of vision transformers for small data sets.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If query and key have different numbers of features.

    Example:

    >>> scores = keras_attention.TemperedDotProduct()(np.ones((1, 3, 4)), np.ones((1, 5, 4)))
    >>> scores.shape, float(scores[0, 0, 0])
    ((1, 3, 5), 2.0)

    References:
        [Lee et al., 2021](https://arxiv.org/abs/2112.13492), section 3.3
    """

    rotation_invariant = True

    def build(self, query_shape, key_shape):
        check_same_size(query_shape, key_shape)
        self.head_scale = self.add_weight(
            shape=num_heads(query_shape),
            initializer=keras.initializers.Constant(query_shape[-1] ** -0.5),
            name="head_scale",
            autocast=False,
        )

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return dot_product_scores(query, prepared) * self.head_scale[..., None, None]
