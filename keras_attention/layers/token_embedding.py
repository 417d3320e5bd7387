"""Token embeddings at the entry of a Transformer, tied to the logits at its exit."""

import keras

from keras_attention.layers.arguments import positive_integer, share
from keras_attention.layers.dense import TiedEmbedding
from keras_attention.layers.position_embedding import SinusoidalPositionEmbedding
from keras_attention.layers.serialization import deserialized, serialized


@keras.saving.register_keras_serializable(package="keras_attention")
class TokenEmbedding(keras.layers.Layer):
    r"""Embeds token ids, adds their positions, and turns hidden states back into logits.

    $$ x = \mathrm{dropout}(\sqrt{d_\mathrm{model}}\, E_\mathrm{ids} + P), \qquad
       \mathrm{logits} = x E^\top $$

    Args:
        vocabulary_size: Number of token ids.
        d_model: Number of features.
        dropout: Share of the embedding dropped in training.
        position_scheme: A layer that adds positions, called as `position_scheme(x, start=…)`.
            Defaults to `SinusoidalPositionEmbedding()`.

    Call arguments:
        token_ids: Integer tensor `[batch, length]`, from 0 to `vocabulary_size - 1`.
        start: Scalar integer, the position of the first token; not 0 when decoding from a cache.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> embedding = keras_attention.TokenEmbedding(vocabulary_size=11, d_model=16)
    >>> x = embedding(np.array([[2, 7, 3]]))
    >>> x.shape, embedding.logits(x).shape
    ((1, 3, 16), (1, 3, 11))

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.4
        - [Press and Wolf, 2017](https://arxiv.org/abs/1608.05859), tied weights
    """

    def __init__(self, vocabulary_size, d_model, dropout=0.0, position_scheme=None, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = positive_integer("vocabulary_size", vocabulary_size)
        self.d_model = positive_integer("d_model", d_model)
        self.dropout = share("dropout", dropout)
        self.embedding = TiedEmbedding(
            vocabulary_size,
            d_model,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=d_model**-0.5),
            name="embedding",
            dtype=self.dtype_policy,
        )
        if position_scheme is None:
            position_scheme = SinusoidalPositionEmbedding(dtype=self.dtype_policy)
        if not position_scheme.built:
            # As every child, it is named like its attribute. The name that Keras gives counts what
            # the process has made before, and weights are found by their paths.
            position_scheme.name = "position_scheme"
        self.position_scheme = position_scheme
        self.embedding_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, token_ids_shape):
        self.embedding.build(token_ids_shape)
        if not self.position_scheme.built:  # two embeddings may share it
            self.position_scheme.build((*token_ids_shape, self.d_model))

    def call(self, token_ids, start=0, training=None):
        x = self.position_scheme(self.embedded(token_ids), start=start)
        return self.embedding_dropout(x, training=training)

    def embedded(self, token_ids):
        """The embeddings alone, without positions."""
        return self.embedding(token_ids) * self.d_model**0.5

    def logits(self, x):
        """Scores every token of the vocabulary: `[..., d_model]` -> `[..., vocabulary]`."""
        return self.embedding(x, reverse=True)

    def compute_output_shape(self, token_ids_shape):
        return (*token_ids_shape, self.d_model)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "d_model": self.d_model,
            "dropout": self.dropout,
            "position_scheme": serialized(self.position_scheme),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("position_scheme",)))
