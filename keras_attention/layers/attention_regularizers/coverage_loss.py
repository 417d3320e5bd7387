"""Attention that is asked not to return to where it has been."""

import keras
from keras import ops

from keras_attention.layers.attention_regularizers.attention_regularizer import (
    AttentionRegularizer,
)


@keras.saving.register_keras_serializable(package="keras_attention")
class CoverageLoss(AttentionRegularizer):
    r"""A penalty on attending again to the same keys, against repetition in summaries.

    $$ p(w_t) = \sum_j \min(w_{tj}, c_{tj}), \qquad c_t = \textstyle\sum_{t' < t} w_{t'} $$

    Args:
        factor: Number by which the penalty is multiplied.

    Call arguments:
        weights: Float tensor `[..., q_len, k_len]`, the queries in their order.
        attention_mask: As in `AttentionRegularizer`.

    Returns:
        Float32 scalar.

    Example:

    >>> loss = keras_attention.CoverageLoss()
    >>> float(loss(np.eye(4))), float(loss(np.eye(4)[[1, 1, 1, 1]]))
    (0.0, 0.75)

    References:
        [See et al., 2017](https://arxiv.org/abs/1704.04368), section 2.3
    """

    def per_query(self, weights, attention_mask):  # noqa: ARG002 - as all penalties
        coverage = ops.cumsum(weights, axis=-2) - weights
        return ops.sum(ops.minimum(weights, coverage), axis=-1)
