"""Attention that is asked to run along the diagonal."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_number
from keras_attention.layers.attention_regularizers.attention_regularizer import (
    AttentionRegularizer,
)


@keras.saving.register_keras_serializable(package="keras_attention")
class GuidedAttentionLoss(AttentionRegularizer):
    r"""A penalty on weights away from the diagonal, for sequences in the same order.

    Query `t` of `T` should attend near key `n = t N / T` of `N`, as in speech recognition and
    synthesis:

    $$ p(w_t) = \frac{1}{N} \sum_n w_{tn} \left(1 - e^{-(n/N - t/T)^2 / 2 \sigma^2}\right) $$

    `N` and `T` are the numbers of real keys and queries of each example: a key is padding if no
    query may attend to it, and a query if it may attend to nothing.

    Args:
        sigma: Positive number, the width of the diagonal as a share of the sequence.
        factor: Number by which the penalty is multiplied.

    Call arguments:
        weights, attention_mask: As in `AttentionRegularizer`.

    Returns:
        Float32 scalar.

    Raises:
        ValueError: If `sigma` is not positive.

    Example:

    >>> loss = keras_attention.GuidedAttentionLoss()
    >>> float(loss(np.eye(5))), round(float(loss(np.eye(5)[::-1])), 2)
    (0.0, 0.15)

    References:
        [Tachibana et al., 2017](https://arxiv.org/abs/1710.08969), section 4.1
    """

    def __init__(self, sigma=0.2, factor=1.0):
        super().__init__(factor)
        self.sigma = positive_number("sigma", sigma)

    def per_query(self, weights, attention_mask):
        t, _ = _places(ops.any(attention_mask, axis=-1))
        n, keys = _places(ops.any(attention_mask, axis=-2))
        distance = n[..., None, :] - t[..., :, None]  # [..., q_len, k_len]
        away = 1.0 - ops.exp(-0.5 * ops.square(distance / self.sigma))
        return ops.sum(weights * away, axis=-1) / keys

    def get_config(self):
        return {**super().get_config(), "sigma": self.sigma}


def _places(real):
    """How far along its sequence each token stands, from 0 to 1, and the number of real tokens:
    `[..., length]` and `[..., 1]`, of booleans `[..., length]`."""
    real = ops.cast(real, "float32")
    count = ops.maximum(ops.sum(real, axis=-1, keepdims=True), 1.0)
    return (ops.cumsum(real, axis=-1) - 1.0) / count, count
