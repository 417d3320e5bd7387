"""The angle between query and key."""

import math

import keras
from keras import ops

from keras_attention.layers.scores.dot_product import check_same_size
from keras_attention.layers.scores.score import Score, num_heads
from keras_attention.ops.attention import dot_product_scores

_INITIAL, _LARGEST = 10.0, 100.0


@keras.saving.register_keras_serializable(package="keras_attention")
class Cosine(Score):
    r"""The cosine of the angle between query and key, times a learned factor.

    $$ s(q, k) = \min(e^{t}, 100) \, \frac{q \cdot k}{|q| \, |k|} $$

    No feature that grows can harden the attention, which keeps the training of large models stable.
    With heads, each has its own factor, 10 at first.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`, from -100 to 100.

    Raises:
        ValueError: If query and key have different numbers of features.

    Example:

    >>> scores = keras_attention.Cosine()(3 * np.ones((1, 3, 4)), 5 * np.ones((1, 5, 4)))
    >>> scores.shape, round(float(scores[0, 0, 0]), 3)
    ((1, 3, 5), 10.0)

    References:
        [Liu et al., 2022](https://arxiv.org/abs/2111.09883), section 3.3
    """

    rotation_invariant = True

    def build(self, query_shape, key_shape):
        check_same_size(query_shape, key_shape)
        self.log_scale = self.add_weight(
            shape=num_heads(query_shape),
            initializer=keras.initializers.Constant(math.log(_INITIAL)),
            name="log_scale",
            autocast=False,
        )

    def prepare(self, key):
        return _unit(key)

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        scale = ops.exp(ops.minimum(self.log_scale, math.log(_LARGEST)))
        return dot_product_scores(_unit(query), prepared) * scale[..., None, None]


def _unit(x):
    """Vectors of length 1, or 0 where they are; squares are summed in float32."""
    squares = ops.sum(ops.square(ops.cast(x, "float32")), axis=-1, keepdims=True)
    return x * ops.cast(ops.rsqrt(ops.maximum(squares, 1e-24)), x.dtype)
