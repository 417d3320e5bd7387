"""Token ids to one vector for each token, in the light of the whole text."""

import keras
from keras import ops

from keras_attention.layers.encoder import Encoder
from keras_attention.layers.mechanism import in_its_place
from keras_attention.layers.serialization import deserialized
from keras_attention.layers.token_embedding import TokenEmbedding
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS
from keras_attention.ops.masks import padding_mask


@keras.saving.register_keras_serializable(package="keras_attention")
class TextEncoder(keras.layers.Layer):
    """Embeddings and a stack of encoder layers: what text models share, and what is pre-trained.

    Id 0 is padding: it is masked wherever it stands.

    Args:
        vocabulary_size: Number of token ids.
        num_layers: Number of encoder layers.
        d_model, num_heads, dff, dropout: As in `EncoderLayer`; `dropout` also acts on embeddings.
        num_segments: Number of texts that one input may hold one after the other, each marked by an
            embedding of its own. 1 embeds no segments.
        position_scheme: A layer that adds positions to embeddings, see `TokenEmbedding`, or a
            `RelativePositions`, which all attention gets instead.
        attention: The `Mechanism` of all attention.
        **layer_arguments: Further arguments of `EncoderLayer`.

    Call arguments:
        inputs: Dictionary of tensors: `token_ids`, integers `[batch, length]`; `segment_ids`,
            integers `[batch, length]`, if there are segments; perhaps `perturbation`, floats
            `[batch, length, d_model]` that are added to the embeddings.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_layers, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> encoder = keras_attention.TextEncoder(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> encoder({"token_ids": np.array([[5, 7, 3, 0]])}).shape
    (1, 4, 16)

    References:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    def __init__(
        self,
        vocabulary_size,
        num_layers=4,
        d_model=128,
        num_heads=4,
        dff=512,
        dropout=0.1,
        num_segments=1,
        position_scheme=None,
        attention=None,
        *,
        name=None,
        trainable=True,
        dtype=None,
        **layer_arguments,
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        policy = self.dtype_policy
        position_scheme, attention = in_its_place(position_scheme, attention)
        self.token_embedding = TokenEmbedding(
            vocabulary_size,
            d_model,
            position_scheme=position_scheme,
            name="token_embedding",
            dtype=policy,
        )
        self.num_segments = num_segments
        self.segment_embedding = None
        if num_segments > 1:
            self.segment_embedding = keras.layers.Embedding(
                num_segments, d_model, "random_normal", name="segment_embedding", dtype=policy
            )
        self.embedding_dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.encoder = Encoder(
            num_layers,
            d_model,
            num_heads,
            dff,
            dropout=dropout,
            attention=attention,
            name="encoder",
            dtype=policy,
            **layer_arguments,
        )

    @property
    def vocabulary_size(self):
        """Number of token ids."""
        return self.token_embedding.vocabulary_size

    @property
    def d_model(self):
        """Number of features of each token."""
        return self.token_embedding.d_model

    def build(self, inputs_shape=None):  # noqa: ARG002 - the weights depend on no input's shape
        self.token_embedding.build((None, None))
        if self.segment_embedding is not None:
            self.segment_embedding.build((None, None))
        self.encoder.build((None, None, self.d_model))

    def call(self, inputs, return_attention_scores=False, training=None):
        x = self.token_embedding(inputs["token_ids"])  # [batch, length, d_model]
        if self.segment_embedding is not None:
            x = x + self.segment_embedding(inputs["segment_ids"])
        if inputs.get("perturbation") is not None:
            x = x + ops.cast(inputs["perturbation"], x.dtype)
        x = self.embedding_dropout(x, training=training)
        return self.encoder(
            x,
            attention_mask=padding_mask(inputs["token_ids"])[:, None, :],
            return_attention_scores=return_attention_scores,
            training=training,
        )

    def compute_output_shape(self, inputs_shape):
        return (*inputs_shape["token_ids"], self.d_model)

    def get_config(self):
        return {
            **self.encoder.get_config(),
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "num_segments": self.num_segments,
            "position_scheme": self.token_embedding.get_config()["position_scheme"],
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("position_scheme", *SERIALIZED_ARGUMENTS)))
