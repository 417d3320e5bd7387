"""The encoder-decoder Transformer, for translation and whatever else turns text into text."""

import keras
from keras import ops

from keras_attention.layers.decoder import Decoder
from keras_attention.layers.encoder import Encoder
from keras_attention.layers.mechanism import in_its_place
from keras_attention.layers.serialization import deserialized
from keras_attention.layers.token_embedding import TokenEmbedding
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS
from keras_attention.models.text_decoder import make_cache, step
from keras_attention.ops.masks import combine_masks, padding_mask
from keras_attention.training.model import Model


@keras.saving.register_keras_serializable(package="keras_attention")
class Transformer(Model):
    """The Transformer of *Attention Is All You Need*, source, target and logits sharing a table.

    Id 0 is padding: it is masked wherever it stands.

    Args:
        vocabulary_size: Number of token ids that source and target share.
        num_layers: Number of encoder layers and of decoder layers.
        d_model, num_heads, dff, dropout: As in `EncoderLayer`; `dropout` also acts on embeddings.
        position_scheme: A layer that adds positions to embeddings, see `TokenEmbedding`, or a
            `RelativePositions`, which all self-attention gets instead.
        attention: The `Mechanism` of all self-attention.
        cross_attention: The `Mechanism` of the decoder's attention to the source.
        **layer_arguments: Further arguments of `EncoderLayer` and `DecoderLayer`.

    Call arguments:
        inputs: Dictionary of integer tensors: `source_ids` `[batch, source_length]`, `target_ids`
            `[batch, target_length]`; the target starts with the start id and is one position
            behind the labels (teacher forcing).
        training: Whether to apply dropout.

    Returns:
        Logits `[batch, target_length, vocabulary_size]`, not normalised.

    Raises:
        ValueError: If an argument is out of range or `num_heads` does not divide `d_model`.

    Example:

    >>> model = keras_attention.Transformer(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> source_ids, target_ids = np.array([[5, 7, 3, 0]]), np.array([[2, 11, 13]])
    >>> model({"source_ids": source_ids, "target_ids": target_ids}).shape
    (1, 3, 97)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
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
        cross_attention=None,
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
        self._is_penalized = any(
            mechanism is not None and mechanism.attention_regularizer is not None
            for mechanism in (attention, cross_attention)
        )
        arguments = {"dropout": dropout, "dtype": policy, "attention": attention, **layer_arguments}
        self.encoder = Encoder(num_layers, d_model, num_heads, dff, name="encoder", **arguments)
        arguments["cross_attention"] = cross_attention
        self.decoder = Decoder(num_layers, d_model, num_heads, dff, name="decoder", **arguments)
        self.build()  # at once, so that `encode` and `make_cache` need no earlier call

    def build(self, input_shape=None):  # noqa: ARG002 - the weights depend on no input's shape
        token_ids_shape = (None, None)
        self.token_embedding.build(token_ids_shape)
        x_shape = (*token_ids_shape, self.token_embedding.d_model)
        self.encoder.build(x_shape)
        self.decoder.build(x_shape, x_shape)
        self.built = True

    def call(self, inputs, training=None):
        source_ids, target_ids = inputs["source_ids"], inputs["target_ids"]
        real = self._real_queries(target_ids)
        x = self.decoder(
            self.token_embedding(target_ids, training=training),
            self.encode(source_ids, training),
            attention_mask=real,
            cross_attention_mask=combine_masks(_visible(source_ids), real),
            training=training,
        )
        return self.token_embedding.logits(x)  # [batch, target_length, vocabulary]

    def encode(self, source_ids, training=None):
        """Encodes source sentences.

        Args:
            source_ids: Integer tensor `[batch, source_length]`, padded with 0.
            training: Whether to apply dropout.

        Returns:
            Float tensor `[batch, source_length, d_model]`.
        """
        x = self.token_embedding(source_ids, training=training)
        mask = combine_masks(_visible(source_ids), self._real_queries(source_ids))
        return self.encoder(x, attention_mask=mask, training=training)

    def cross_attention(self, inputs):
        """What each target position looks at in the source, by layer and head.

        Args:
            inputs: As in `call`.

        Returns:
            Weights `[batch, num_layers, num_heads, target_length, source_length]`; padding gets 0.
        """
        _, weights = self.decoder(
            self.token_embedding(inputs["target_ids"]),
            self.encode(inputs["source_ids"]),
            cross_attention_mask=_visible(inputs["source_ids"]),
            return_attention_scores=True,
        )
        return weights["cross_attention"]

    def make_cache(self, source_ids, max_length, beams=1, coverage=False):
        """All that decoding needs to know, step by step.

        The self-attention caches hold `max_length * beams` positions: in step `i` the tokens of all
        beams are written side by side from slot `i * beams` on, and each beam is told by a mask
        which slots are its history. So beams never move in memory, and the source is encoded once.

        Args:
            source_ids: Integer tensor `[batch, source_length]`, padded with 0.
            max_length: Most tokens that will be decoded, an integer.
            beams: Number of hypotheses per sentence.
            coverage: Whether to add up how much each source token has been attended to, by the mean
                of the last layer's heads, for `Beam(coverage_penalty=…)`.

        Returns:
            Nested dictionary of tensors, for `step`.
        """
        encoded, mask = self.encode(source_ids), padding_mask(source_ids)
        return make_cache(self.decoder, encoded, mask, max_length, beams, coverage)

    def step(self, token_ids, cache, lineage):
        """Decodes one more token of each hypothesis; this is the `step` of `decoding.decode`.

        Args:
            token_ids: Integer tensor `[batch, beams]`, the last token of each hypothesis.
            cache: From `make_cache` or the previous step.
            lineage: `decoding.Lineage`, the number of earlier tokens and each beam's history.

        Returns:
            `(logits, cache)`: `[batch, beams, vocabulary_size]` and the cache with the new tokens.
        """
        return step(self.token_embedding, self.decoder, token_ids, cache, lineage)

    def get_config(self):
        # The decoder's configuration names every argument of the layers.
        return {
            **self.decoder.get_config(),
            "name": self.name,
            "vocabulary_size": self.token_embedding.vocabulary_size,
            "position_scheme": self.token_embedding.get_config()["position_scheme"],
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("position_scheme", *SERIALIZED_ARGUMENTS)))

    def _real_queries(self, token_ids):
        """A mask `[batch, length, 1]` that keeps padding out of penalties, where there are any."""
        return ops.expand_dims(padding_mask(token_ids), -1) if self._is_penalized else None


def _visible(token_ids):
    """Padding mask for every query: `[batch, 1, length]`."""
    return ops.expand_dims(padding_mask(token_ids), 1)
