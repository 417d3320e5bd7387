"""What all penalties on attention weights have in common."""

import keras
from keras import ops


class AttentionRegularizer(keras.regularizers.Regularizer):
    r"""A penalty on attention weights: `(weights, attention_mask) -> scalar`.

    $$ \mathrm{penalty} = \mathrm{factor} \cdot \mathrm{mean}_q\, p(W_q) $$

    over all queries `q` that count: those that may attend to something, in all heads and examples.
    Use it in one of two ways:

    - `MultiHeadAttention(attention_regularizer=…)`, or in a `Mechanism`, adds the penalty to the
      loss of the model in training, as Keras does with the penalties of kernels. Queries that are
      padding count unless the layer knows of them: from its `query_mask`, or from an
      `attention_mask` that lets them attend to nothing. `Transformer` takes care of that. Under a
      strategy, a replica's penalty weighs as its loss does, by the number of its labels.
    - Call it with weights that a layer has returned, and `add_loss` the result where you want.

    A subclass defines `per_query`, and `get_config` if it has more arguments.

    Args:
        factor: Number by which the penalty is multiplied; if negative, it is a reward.

    Call arguments:
        weights: Float tensor `[..., q_len, k_len]`.
        attention_mask: Boolean tensor that broadcasts to `weights`, True = may attend. `None`
            permits everything.

    Returns:
        Float32 scalar; 0 if no query counts.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class Peak(keras_attention.AttentionRegularizer):
    ...     def per_query(self, weights, attention_mask):
    ...         return keras.ops.max(weights, axis=-1)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, attention_regularizer=Peak(0.5))
    >>> output = layer(np.ones((2, 5, 32)), np.ones((2, 2, 32)), training=True)
    >>> [round(float(loss), 4) for loss in layer.losses]
    [0.25]
    """

    def __init__(self, factor=1.0):
        self.factor = factor

    def __call__(self, weights, attention_mask=None):
        weights = ops.cast(weights, "float32")
        if attention_mask is None:
            attention_mask = ops.ones(ops.shape(weights)[-2:], "bool")
        attention_mask = ops.broadcast_to(ops.cast(attention_mask, "bool"), ops.shape(weights))
        # Whoever passes weights may forbid more than what they were computed with.
        weights = ops.where(attention_mask, weights, 0.0)
        counts = ops.cast(ops.any(attention_mask, axis=-1), "float32")  # [..., q_len]
        penalties = self.per_query(weights, attention_mask)
        return self.factor * ops.sum(penalties * counts) / ops.maximum(ops.sum(counts), 1.0)

    def per_query(self, weights, attention_mask):
        """The penalty of each query.

        Args:
            weights: Float32 tensor `[..., q_len, k_len]`, zero where attention is forbidden.
            attention_mask: Boolean tensor of the same shape.

        Returns:
            Float32 tensor `[..., q_len]`; what it says of queries that do not count is not read.
        """
        raise NotImplementedError(f"{type(self).__name__} must define `per_query`.")

    def get_config(self):
        return {"factor": self.factor}
