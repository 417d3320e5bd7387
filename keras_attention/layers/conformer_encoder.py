"""A stack of Conformer layers."""

import keras

from keras_attention.layers.conformer_layer import ConformerLayer
from keras_attention.layers.stack import Stack


@keras.saving.register_keras_serializable(package="keras_attention")
class ConformerEncoder(Stack):
    """`num_layers` Conformer layers in a row.

    Args:
        num_layers: Number of layers.
        d_model, num_heads, dff, **layer_arguments: Arguments of every `ConformerLayer`.
        attention: A `Mechanism` of every layer, or a list of them, which layers take in turn.
        stochastic_depth: Rate of the last layer, see `StochasticDepth`; from the first layer on it
            rises linearly.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        attention_mask: Boolean tensor that broadcasts to `[batch, length, length]`, True = may
            attend.
        padding_mask: Boolean tensor `[batch, length]`, True = real position, for the convolutions.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_layers, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> encoder = keras_attention.ConformerEncoder(num_layers=2, d_model=16, num_heads=4, dff=64)
    >>> encoder(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Gulati et al., 2020](https://arxiv.org/abs/2005.08100)
    """

    layer_class = ConformerLayer

    def build(self, x_shape):
        self._build(x_shape)

    def call(
        self,
        x,
        attention_mask=None,
        padding_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        return self._through_layers(
            x,
            return_attention_scores,
            attention_mask=attention_mask,
            padding_mask=padding_mask,
            training=training,
        )
