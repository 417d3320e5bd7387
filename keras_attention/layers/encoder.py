"""A stack of encoder layers."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.encoder_layer import EncoderLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class Encoder(keras.layers.Layer):
    """`num_layers` encoder layers in a row, with a last normalisation if they are pre-normalised.

    Args:
        num_layers: Number of layers.
        d_model, num_heads, dff, **layer_arguments: Arguments of every `EncoderLayer`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        attention_mask: Boolean tensor that broadcasts to `[batch, length, length]`, True = may
            attend.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_layers, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> encoder = keras_attention.Encoder(num_layers=2, d_model=16, num_heads=4, dff=64)
    >>> encoder(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1.
    """

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        dff,
        *,
        name=None,
        trainable=True,
        dtype=None,
        **layer_arguments,
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.supports_masking = True
        positive_integer("num_layers", num_layers)
        self.encoder_layers = [
            EncoderLayer(
                d_model,
                num_heads,
                dff,
                name=f"layer_{i}",
                dtype=self.dtype_policy,
                **layer_arguments,
            )
            for i in range(num_layers)
        ]
        self.final_normalization = None
        if self.encoder_layers[0].normalization == "pre":
            self.final_normalization = keras.layers.LayerNormalization(
                epsilon=1e-5, name="final_normalization", dtype=self.dtype_policy
            )

    def build(self, x_shape):
        for layer in self.encoder_layers:
            layer.build(x_shape)
        if self.final_normalization is not None:
            self.final_normalization.build(x_shape)

    def call(self, x, attention_mask=None, return_attention_scores=False, training=None):
        all_weights = []
        for layer in self.encoder_layers:
            x = layer(
                x,
                attention_mask=attention_mask,
                return_attention_scores=return_attention_scores,
                training=training,
            )
            if return_attention_scores:
                x, weights = x
                all_weights.append(weights)
        if self.final_normalization is not None:
            x = self.final_normalization(x)
        return (x, ops.stack(all_weights, axis=1)) if return_attention_scores else x

    def get_config(self):
        layer_arguments = self.encoder_layers[0].get_config()
        return {
            **layer_arguments,
            **super().get_config(),
            "num_layers": len(self.encoder_layers),
        }
