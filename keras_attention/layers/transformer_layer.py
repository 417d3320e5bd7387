"""What the layers of encoder and decoder have in common."""

import keras

from keras_attention.layers.arguments import head_size
from keras_attention.layers.feed_forward import FeedForward
from keras_attention.layers.multi_head_attention import MultiHeadAttention
from keras_attention.layers.residual import Residual


class TransformerLayer(keras.layers.Layer):
    """Attentions and a feed-forward network, each with a residual connection.

    A subclass names its attentions and says in `call` how they are wired. An attention `a` is the
    attribute `a`, its residual connection `a_residual`.

    Args:
        d_model: Number of features of input and output.
        num_heads: Number of attention heads; divides `d_model`.
        dff: Size of the feed-forward network's inner layer.
        dropout: Share of each sublayer's output dropped in training.
        attention_dropout: Share of the attention weights dropped in training.
        activation_dropout: Share of the feed-forward network's inner activations dropped.
        activation: Activation of the feed-forward network.
        normalization: `"pre"` or `"post"`, see `Residual`.
        num_key_value_heads: Number of key/value heads, see `MultiHeadAttention`.

    Raises:
        ValueError: If an argument is out of range or `num_heads` does not divide `d_model`.
    """

    attention_names = ("self_attention",)

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
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.dropout = dropout
        self.normalization = normalization
        policy = self.dtype_policy
        for name in self.attention_names:
            attention = MultiHeadAttention(
                num_heads,
                head_size(d_model, num_heads),
                dropout=attention_dropout,
                num_key_value_heads=num_key_value_heads,
                name=name,
                dtype=policy,
            )
            setattr(self, name, attention)
        self.feed_forward = FeedForward(
            dff, activation, activation_dropout, name="feed_forward", dtype=policy
        )
        for name in (*self.attention_names, "feed_forward"):
            residual = Residual(normalization, dropout, name=f"{name}_residual", dtype=policy)
            setattr(self, residual.name, residual)

    def get_config(self):
        attention, feed_forward = self.self_attention, self.feed_forward
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": attention.num_heads,
            "dff": feed_forward.dff,
            "dropout": self.dropout,
            "attention_dropout": attention.dropout,
            "activation_dropout": feed_forward.dropout,
            "activation": keras.activations.serialize(feed_forward.activation),
            "normalization": self.normalization,
            "num_key_value_heads": attention.num_key_value_heads,
        }
