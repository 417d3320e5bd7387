"""The position-wise feed-forward network of a Transformer layer."""

import keras

from keras_attention.layers.arguments import positive_integer, share
from keras_attention.layers.dense import Dense


@keras.saving.register_keras_serializable(package="keras_attention")
class FeedForward(keras.layers.Layer):
    r"""Two dense layers, applied to each position alike.

    $$ \mathrm{FFN}(x) = \mathrm{dropout}(\phi(x W_1 + b_1))\, W_2 + b_2 $$

    Args:
        dff: Size of the inner layer.
        activation: Name of, or the function, `φ`.
        dropout: Share of the inner activations dropped in training.

    Call arguments:
        x: Float tensor `[..., d_model]`.
        training: Whether to apply dropout.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> keras_attention.FeedForward(dff=64)(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.3.
    """

    def __init__(self, dff, activation="relu", dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.dff = positive_integer("dff", dff)
        self.activation = keras.activations.get(activation)
        self.dropout = share("dropout", dropout)
        self.intermediate_dense = Dense(
            dff, activation, name="intermediate_dense", dtype=self.dtype_policy
        )
        self.activation_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape):
        self.output_dense = Dense(input_shape[-1], name="output_dense", dtype=self.dtype_policy)
        self.intermediate_dense.build(input_shape)
        self.output_dense.build((*input_shape[:-1], self.dff))

    def call(self, x, training=None):
        x = self.intermediate_dense(x)  # [..., dff]
        x = self.activation_dropout(x, training=training)
        return self.output_dense(x)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "dff": self.dff,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.dropout,
        }
