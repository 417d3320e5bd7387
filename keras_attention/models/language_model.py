"""A Transformer decoder without an encoder: it continues a text."""

import keras
from keras import ops

from keras_attention.layers.encoder import Encoder
from keras_attention.layers.mechanism import in_its_place
from keras_attention.layers.serialization import deserialized
from keras_attention.layers.token_embedding import TokenEmbedding
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS
from keras_attention.ops.masks import padding_mask
from keras_attention.training.model import Model


@keras.saving.register_keras_serializable(package="keras_attention")
class LanguageModel(Model):
    """Predicts each next token from those before it, as GPT does; input and logits share a table.

    Id 0 is padding: it is masked wherever it stands.

    Args:
        vocabulary_size: Number of token ids.
        num_layers: Number of layers.
        d_model, num_heads, dff, dropout: As in `EncoderLayer`; `dropout` also acts on embeddings.
        position_scheme: A layer that adds positions to embeddings, see `TokenEmbedding`, or a
            `RelativePositions`, which all attention gets instead.
        attention: The `Mechanism` of all attention.
        **layer_arguments: Further arguments of `EncoderLayer`.

    Call arguments:
        token_ids: Integer tensor `[batch, length]`; begins with the start id and is one position
            behind the labels.
        training: Whether to apply dropout.

    Returns:
        Logits `[batch, length, vocabulary_size]`, not normalised.

    Raises:
        ValueError: If an argument is out of range or `num_heads` does not divide `d_model`.

    Example:

    >>> model = keras_attention.LanguageModel(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> model(np.array([[2, 11, 13]])).shape
    (1, 3, 97)
    >>> hypotheses = keras_attention.decode(
    ...     model.step,
    ...     model.make_cache(batch_size=1, max_length=5),
    ...     keras_attention.Greedy(),
    ...     batch_size=1,
    ...     max_length=5,
    ... )
    >>> hypotheses.token_ids.shape
    (1, 1, 5)

    References:
        [Radford et al., 2019](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)
    """

    def __init__(
        self,
        vocabulary_size,
        num_layers=4,
        d_model=128,
        num_heads=4,
        dff=512,
        dropout=0.1,
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
            vocabulary_size, d_model, dropout, position_scheme, name="token_embedding", dtype=policy
        )
        self.decoder = Encoder(
            num_layers,
            d_model,
            num_heads,
            dff,
            dropout=dropout,
            attention=attention,
            name="decoder",
            dtype=policy,
            **layer_arguments,
        )
        self.build()

    def build(self, input_shape=None):  # noqa: ARG002 - the weights depend on no input's shape
        self.token_embedding.build((None, None))
        self.decoder.build((None, None, self.token_embedding.d_model))
        self.built = True

    def call(self, token_ids, training=None):
        x = self.token_embedding(token_ids, training=training)
        x = self.decoder(
            x,
            attention_mask=padding_mask(token_ids)[:, None, :],
            use_causal_mask=True,
            training=training,
        )
        return self.token_embedding.logits(x)  # [batch, length, vocabulary]

    def make_cache(self, batch_size, max_length, beams=1):
        """All that decoding needs to know, step by step.

        Args:
            batch_size: Number of texts, an integer or a scalar tensor.
            max_length: Most tokens that will be decoded, the prompt included, an integer.
            beams: Number of hypotheses per text.

        Returns:
            List of the layers' caches, for `step`.
        """
        return self.decoder.make_cache(batch_size, max_length, beams)

    def step(self, token_ids, cache, lineage):
        """Decodes one more token of each hypothesis; this is the `step` of `decoding.decode`.

        Args:
            token_ids: Integer tensor `[batch, beams]`, the last token of each hypothesis.
            cache: From `make_cache` or the previous step.
            lineage: `decoding.Lineage`, the number of earlier tokens and each beam's history.

        Returns:
            `(logits, cache)`: `[batch, beams, vocabulary_size]` and the cache with the new tokens.
        """
        beams = token_ids.shape[1]
        # All beams stand at the same position, so they are embedded as sequences of one token.
        x = self.token_embedding(ops.reshape(token_ids, (-1, 1)), start=lineage.index)
        x = ops.reshape(x, (-1, beams, self.token_embedding.d_model))
        x, cache = self.decoder.step(
            x, cache, lineage.index * beams, attention_mask=lineage.ancestors, beams=beams
        )
        return self.token_embedding.logits(x), cache

    def get_config(self):
        return {
            **self.decoder.get_config(),
            "name": self.name,
            "vocabulary_size": self.token_embedding.vocabulary_size,
            "position_scheme": self.token_embedding.get_config()["position_scheme"],
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("position_scheme", *SERIALIZED_ARGUMENTS)))
