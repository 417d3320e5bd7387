"""A class token that comes late."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.class_attention_layer import ClassAttentionLayer
from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.layers.pooling import Pooling
from keras_attention.layers.serialization import deserialized
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS


@keras.saving.register_keras_serializable(package="keras_attention")
class ClassAttentionPooling(Pooling):
    """CaiT's class token: it looks at a finished sequence through a few layers of its own.

    Behind an encoder without a class token, as the pooling of its `SequenceHead`.

    Args:
        num_layers: Number of layers; the paper takes 2.
        d_model, num_heads, dff, dropout, **layer_arguments: Arguments of every
            `ClassAttentionLayer`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, d_model]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> pooling = keras_attention.ClassAttentionPooling(2, d_model=16, num_heads=4, dff=64)
    >>> head = keras_attention.SequenceHead(3, pooling)
    >>> head(np.ones((2, 5, 16))).shape
    (2, 3)

    References:
        [Touvron et al., 2021](https://arxiv.org/abs/2103.17239), section 3
    """

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        dff,
        dropout=0.0,
        *,
        name=None,
        trainable=True,
        dtype=None,
        **layer_arguments,
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        positive_integer("num_layers", num_layers)
        layer_arguments["dtype"] = self.dtype_policy
        self.layers = [
            ClassAttentionLayer(
                d_model, num_heads, dff, dropout, name=f"layer_{i}", **layer_arguments
            )
            for i in range(num_layers)
        ]
        self.final_normalization = LayerNormalization(
            epsilon=self.layers[0].epsilon, name="final_normalization", dtype=self.dtype_policy
        )

    def build(self, x_shape):
        d_model = self.layers[0].d_model
        self.class_token = self.add_weight(
            shape=(1, 1, d_model),
            initializer=keras.initializers.TruncatedNormal(stddev=0.02),
            name="class_token",
        )
        for layer in self.layers:
            layer.build((None, 1, d_model), x_shape)
        self.final_normalization.build((None, 1, d_model))

    def call(self, x, padding_mask=None, training=None):
        token, _ = self._token_and_weights(x, padding_mask, training)
        return self.final_normalization(token)[:, 0]

    def shares(self, x, padding_mask=None):
        _, weights = self._token_and_weights(x, padding_mask)
        shares = ops.mean(ops.cast(weights[:, :, 0, 1:], "float32"), axis=1)  # without the token's
        total = ops.sum(shares, axis=-1, keepdims=True)
        return ops.divide_no_nan(shares, total)

    def _token_and_weights(self, x, padding_mask, training=None):
        """The class token behind all layers, and the weights of the last one."""
        batch, mask = ops.shape(x)[0], None
        if padding_mask is not None:
            seen = ops.cast(padding_mask, "bool")
            mask = ops.concatenate([ops.ones((batch, 1), "bool"), seen], axis=1)[:, None, :]
        token = ops.cast(self.class_token, x.dtype)
        token = ops.broadcast_to(token, (batch, 1, x.shape[-1]))
        for layer in self.layers:
            token, weights = layer(
                token, x, attention_mask=mask, return_attention_scores=True, training=training
            )
        return token, weights

    def get_config(self):
        layer_arguments = self.layers[0].get_config()
        return {**layer_arguments, **super().get_config(), "num_layers": len(self.layers)}

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, SERIALIZED_ARGUMENTS))
