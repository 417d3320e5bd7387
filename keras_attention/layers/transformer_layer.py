"""What the layers of encoder and decoder have in common."""

import keras

from keras_attention.layers.arguments import head_size, signature_of_init
from keras_attention.layers.feed_forward import FeedForward
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.multi_head_attention import MultiHeadAttention
from keras_attention.layers.residual import Residual
from keras_attention.layers.serialization import deserialized, serialized

# The arguments that are objects, or may be.
SERIALIZED_ARGUMENTS = ("attention", "cross_attention", "attention_dropout", "head_dropout")


class TransformerLayer(keras.layers.Layer):
    """Attentions and a feed-forward network, each with a residual connection.

    A subclass says in `call` how they are wired. A sublayer `a` is the attribute `a`, its residual
    connection `a_residual`. `EncoderLayer` explains the arguments.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.__signature__ = signature_of_init(cls)

    def __init__(
        self,
        d_model,
        num_heads,
        dff,
        dropout=0.1,
        attention_dropout=0.0,
        activation_dropout=0.0,
        activation="relu",
        normalization="pre",
        num_key_value_heads=None,
        attention=None,
        epsilon=1e-5,
        head_dropout=0.0,
        adapter_size=None,
        layer_scale=None,
        stochastic_depth=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.dropout = dropout
        self.normalization = normalization
        self.epsilon = epsilon
        self.adapter_size = adapter_size
        self.layer_scale = layer_scale
        self.stochastic_depth = stochastic_depth
        self.attention = Mechanism() if attention is None else attention
        self._attention_arguments = {
            "num_heads": num_heads,
            "key_dim": head_size(d_model, num_heads),
            "dropout": attention_dropout,
            "head_dropout": head_dropout,
            "num_key_value_heads": num_key_value_heads,
        }
        self._add_attention("self_attention", self.attention)
        self._add(
            "feed_forward",
            FeedForward,
            dff=dff,
            activation=activation,
            dropout=activation_dropout,
        )

    def _add_attention(self, name, mechanism):
        arguments = {**self._attention_arguments, **mechanism.copy_of_parts()}
        self._add(name, MultiHeadAttention, **arguments)

    def _add(self, name, sublayer_class, **arguments):
        """Makes a sublayer and its residual connection."""
        policy = self.dtype_policy
        setattr(self, name, sublayer_class(**arguments, name=name, dtype=policy))
        residual = Residual(
            self.normalization,
            self.dropout,
            self.epsilon,
            self.adapter_size,
            self.layer_scale,
            self.stochastic_depth,
            name=f"{name}_residual",
            dtype=policy,
        )
        setattr(self, residual.name, residual)

    def get_config(self):
        attention, feed_forward = self.self_attention, self.feed_forward
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": attention.num_heads,
            "dff": feed_forward.dff,
            "dropout": self.dropout,
            "attention_dropout": serialized(attention.dropout),
            "activation_dropout": feed_forward.dropout,
            "activation": keras.activations.serialize(feed_forward.activation),
            "normalization": self.normalization,
            "num_key_value_heads": attention.num_key_value_heads,
            "attention": serialized(self.attention),
            "epsilon": self.epsilon,
            "head_dropout": serialized(attention.head_dropout),
            "adapter_size": self.adapter_size,
            "layer_scale": self.layer_scale,
            "stochastic_depth": self.stochastic_depth,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, SERIALIZED_ARGUMENTS))
