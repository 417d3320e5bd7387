"""Attention that is taught where to look."""

import keras
from keras import ops

from keras_attention.training.losses import token_weights


@keras.saving.register_keras_serializable(package="keras_attention")
class AlignmentLoss(keras.losses.Loss):
    r"""Cross-entropy of attention weights to given alignments.

    $$ L = -\frac{1}{T} \sum_t \sum_n a_{tn} \log w_{tn} $$

    over the `T` queries for which there is an alignment. For a model that returns weights as one of
    its outputs; which layer and heads are taught is which ones it returns.

    `sample_weight`, one per example or one per query, says how often a query counts.

    Args:
        name: Name of the loss.

    Call arguments:
        y_true: Tensor `[batch, q_len, k_len]`, not negative: how much of each query belongs to each
            key. The row of a query is divided by its sum; one of zeros does not count.
        y_pred: Float tensor `[batch, q_len, k_len]`, attention weights, or with more axes after
            `batch`, such as layers and heads, whose losses are averaged.

    Returns:
        Float32 scalar.

    Example:

    >>> loss = keras_attention.AlignmentLoss()
    >>> alignments, weights = np.array([[[1, 0], [0, 0]]]), np.array([[[0.5, 0.5], [0.9, 0.1]]])
    >>> round(float(loss(alignments, weights)), 4)  # log(2)
    0.6931

    References:
        - [Mi et al., 2016](https://arxiv.org/abs/1608.00112)
        - [Liu et al., 2016](https://arxiv.org/abs/1609.04186)
        - [Garg et al., 2019](https://arxiv.org/abs/1909.02074), of one head of a Transformer
    """

    def __init__(self, *, name="alignment_loss"):
        super().__init__(name=name, reduction="mean_with_sample_weight")

    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, y_pred, _row_weights(y_true, sample_weight))

    def call(self, y_true, y_pred):
        alignments, weights = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        alignments = ops.divide_no_nan(alignments, ops.sum(alignments, axis=-1, keepdims=True))
        more_axes = tuple(range(1, len(weights.shape) - 2))
        alignments = ops.expand_dims(alignments, more_axes)
        logarithms = ops.log(weights + keras.config.epsilon())
        return ops.mean(-ops.sum(alignments * logarithms, axis=-1), axis=more_axes)

    def total_weight(self, y_true, sample_weight=None):
        """What the sum over these alignments is divided by: the number of queries that have one.

        Args:
            y_true, sample_weight: As in the call.

        Returns:
            Float scalar.
        """
        return ops.sum(_row_weights(y_true, sample_weight))

    def get_config(self):
        return {"name": self.name}


def _row_weights(alignments, sample_weight):
    """How much each query counts, `[batch, q_len]`."""
    has_one = ops.any(ops.convert_to_tensor(alignments) > 0, axis=-1)
    return token_weights(ops.cast(has_one, "int32"), sample_weight)
