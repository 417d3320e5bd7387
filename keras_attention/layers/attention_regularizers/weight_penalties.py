"""Penalties that look at the weights of one query alone."""

import keras
from keras import ops

from keras_attention.layers.attention_regularizers.attention_regularizer import (
    AttentionRegularizer,
)


@keras.saving.register_keras_serializable(package="keras_attention")
class EntropyPenalty(AttentionRegularizer):
    r"""The entropy of a query's weights, in nats: makes attention sharp.

    $$ p(w) = -\textstyle\sum_j w_j \log w_j $$

    It is 0 if one key gets everything, and largest if all get the same. Negative weights, which
    `TalkingHeads` gives, count as zeros.

    Args:
        factor: Number by which the penalty is multiplied; a negative one makes attention flat.

    Call arguments:
        weights, attention_mask: As in `AttentionRegularizer`.

    Returns:
        Float32 scalar.

    Example:

    >>> penalty = keras_attention.EntropyPenalty(0.5)
    >>> round(float(penalty(np.array([[0.5, 0.5], [0.0, 1.0]]))), 4)  # log(2) / 4
    0.1733

    References:
        - [Araabi et al., 2024](https://aclanthology.org/2024.amta-research.13)
        - [Attanasio et al., 2022](https://arxiv.org/abs/2203.09192), which rewards entropy
    """

    def per_query(self, weights, attention_mask):  # noqa: ARG002 - as all penalties
        positive = weights > 0
        # The gradient of a weight of zero is zero, and not that of the logarithm.
        logarithms = ops.log(ops.where(positive, weights, 1.0))
        return -ops.sum(ops.where(positive, weights, 0.0) * logarithms, axis=-1)


@keras.saving.register_keras_serializable(package="keras_attention")
class WeightPenalty(AttentionRegularizer):
    r"""L1 and L2 penalties on attention weights.

    $$ p(w) = l_1 \textstyle\sum_j |w_j| + l_2 \sum_j w_j^2 $$

    L2 makes attention flat, and L1 makes it weak: use that with weights that need not sum to 1, as
    those of `Sigmoid`, or else it is a constant.

    Args:
        l1: Factor of the sum of absolute weights.
        l2: Factor of the sum of squared weights.

    Call arguments:
        weights, attention_mask: As in `AttentionRegularizer`.

    Returns:
        Float32 scalar.

    Example:

    >>> penalty = keras_attention.WeightPenalty(l2=1.0)
    >>> float(penalty(np.array([[0.5, 0.5], [0.0, 1.0]])))
    0.75
    """

    def __init__(self, l1=0.0, l2=0.0):
        super().__init__()
        self.l1, self.l2 = l1, l2

    def per_query(self, weights, attention_mask):  # noqa: ARG002 - as all penalties
        return ops.sum(self.l1 * ops.abs(weights) + self.l2 * ops.square(weights), axis=-1)

    def get_config(self):
        return {"l1": self.l1, "l2": self.l2}
