"""Pre-training of an encoder: to fill in what has been masked."""

import keras
from keras import ops

from keras_attention.layers.dense import Dense
from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.ops.tensordot import add_bias
from keras_attention.training.model import Model


@keras.saving.register_keras_serializable(package="keras_attention")
class MaskedLanguageModel(Model):
    """Predicts the tokens that have been masked, which teaches its encoder the language.

    The logits share the encoder's embedding table. They are computed for the masked positions only:
    for a seventh of the tokens, which would else take most of the time of a small model.

    Args:
        encoder: A `TextEncoder`.
        activation: Of the dense layer before the logits.

    Call arguments:
        inputs: As for `TextEncoder`, with some of the `token_ids` masked; and `positions`, integers
            `[batch, predictions]`, of the tokens to predict. Where a text has fewer, any position
            fills the row, and 0 the label.
        training: Whether to apply dropout.

    Returns:
        Logits `[batch, predictions, vocabulary_size]`.

    Example:

    >>> encoder = keras_attention.TextEncoder(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> model = keras_attention.MaskedLanguageModel(encoder)
    >>> inputs = {"token_ids": np.array([[5, 4, 3, 0]]), "positions": np.array([[1, 2]])}
    >>> model(inputs).shape
    (1, 2, 97)

    References:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1.
    """

    def __init__(self, encoder, activation="gelu", *, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.encoder = encoder
        self.activation = keras.activations.get(activation)
        policy = self.dtype_policy
        self.transform = Dense(encoder.d_model, activation, name="transform", dtype=policy)
        self.normalization = LayerNormalization(name="normalization", dtype=policy)
        self.build()

    def build(self, inputs_shape=None):  # noqa: ARG002 - the weights depend on no input's shape
        if not self.encoder.built:
            self.encoder.build()
            self.encoder.built = True
        x_shape = (None, None, self.encoder.d_model)
        self.transform.build(x_shape)
        self.normalization.build(x_shape)
        self.bias = self.add_weight(
            shape=(self.encoder.vocabulary_size,), initializer="zeros", name="bias"
        )
        self.built = True

    def call(self, inputs, training=None):
        positions = ops.cast(inputs["positions"], "int32")  # [batch, predictions]
        x = self.encoder(inputs, training=training)  # [batch, length, d_model]
        x = _rows(x, positions)
        x = self.normalization(self.transform(x))
        return add_bias(self.encoder.token_embedding.logits(x), self.bias)

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": serialized(self.encoder),
            "activation": keras.activations.serialize(self.activation),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("encoder",)))


def _rows(x, positions):
    """`x[b, positions[b, i]]`: whole rows of a matrix, the fast form of a gather."""
    batch, length, d_model = ops.shape(x)
    first = length * ops.arange(batch, dtype="int32")[:, None]
    return ops.take(ops.reshape(x, (-1, d_model)), first + positions, axis=0)
