"""What is said of a text, from what an encoder makes of its tokens: logits or a number."""

import keras

from keras_attention.layers.arguments import positive_integer, share
from keras_attention.layers.dense import Dense
from keras_attention.layers.pooling import MeanPooling
from keras_attention.layers.serialization import deserialized, serialized


@keras.saving.register_keras_serializable(package="keras_attention")
class SequenceHead(keras.layers.Layer):
    """Some outputs for each text: logits of classes, of labels that apply or not, or numbers.

    Args:
        num_outputs: Number of outputs.
        pooling: A `Pooling`. Defaults to `MeanPooling()`.
        dropout: Share of the pooled features dropped in training.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, num_outputs]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> head = keras_attention.SequenceHead(3, keras_attention.AttentionPooling(num_heads=4))
    >>> head(np.ones((2, 5, 16))).shape
    (2, 3)
    """

    def __init__(self, num_outputs, pooling=None, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.num_outputs = positive_integer("num_outputs", num_outputs)
        self.dropout = share("dropout", dropout)
        self.pooling = MeanPooling(dtype=self.dtype_policy) if pooling is None else pooling
        self.pooled_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.output_dense = Dense(num_outputs, name="output_dense", dtype=self.dtype_policy)

    def build(self, x_shape):
        self.pooling.build(x_shape)
        self.output_dense.build((None, x_shape[-1]))

    def call(self, x, padding_mask=None, training=None):
        pooled = self.pooling(x, padding_mask=padding_mask)  # [batch, d_model]
        return self.output_dense(self.pooled_dropout(pooled, training=training))

    def compute_output_shape(self, x_shape, padding_mask_shape=None):  # noqa: ARG002 - Keras' names
        return x_shape[0], self.num_outputs

    def get_config(self):
        return {
            **super().get_config(),
            "num_outputs": self.num_outputs,
            "pooling": serialized(self.pooling),
            "dropout": self.dropout,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("pooling",)))


@keras.saving.register_keras_serializable(package="keras_attention")
class TokenHead(keras.layers.Layer):
    """Some outputs for each token, such as the logits of its classes.

    Args:
        num_outputs: Number of outputs.
        dropout: Share of the features dropped in training.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Plays no part.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, num_outputs]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> keras_attention.TokenHead(3)(np.ones((2, 5, 16))).shape
    (2, 5, 3)
    """

    def __init__(self, num_outputs, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.num_outputs = positive_integer("num_outputs", num_outputs)
        self.dropout = share("dropout", dropout)
        self.token_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.output_dense = Dense(num_outputs, name="output_dense", dtype=self.dtype_policy)

    def build(self, x_shape):
        self.output_dense.build(x_shape)

    def call(self, x, padding_mask=None, training=None):  # noqa: ARG002 - as all heads
        return self.output_dense(self.token_dropout(x, training=training))

    def compute_output_shape(self, x_shape, padding_mask_shape=None):  # noqa: ARG002 - Keras' names
        return (*x_shape[:-1], self.num_outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "num_outputs": self.num_outputs,
            "dropout": self.dropout,
        }
