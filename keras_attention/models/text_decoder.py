"""A decoder of text that attends to whatever has been encoded: a text, a picture, speech."""

import keras
from keras import ops

from keras_attention.decoding.coverage import no_coverage
from keras_attention.decoding.lineage import reorder
from keras_attention.layers.decoder import Decoder
from keras_attention.layers.mechanism import in_its_place
from keras_attention.layers.serialization import deserialized
from keras_attention.layers.token_embedding import TokenEmbedding
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS


@keras.saving.register_keras_serializable(package="keras_attention")
class TextDecoder(keras.layers.Layer):
    """Token embeddings, a stack of decoder layers, and logits from the same table.

    Args:
        vocabulary_size: Number of token ids.
        num_layers: Number of decoder layers.
        d_model, num_heads, dff, dropout: As in `DecoderLayer`; `dropout` also acts on embeddings.
        position_scheme: A layer that adds positions to embeddings, see `TokenEmbedding`, or a
            `RelativePositions`, which self-attention gets instead.
        attention: The `Mechanism` of self-attention.
        cross_attention: The `Mechanism` of the attention to what is encoded.
        **layer_arguments: Further arguments of `DecoderLayer`.

    Call arguments:
        target_ids: Integer tensor `[batch, target_length]`; starts with the start id.
        encoded: Float tensor `[batch, k_len, d_model]`.
        mask: Boolean tensor `[batch, k_len]`, True = real position of `encoded`.
        return_attention_scores: Whether to return the weights of the attention to it as well.
        training: Whether to apply dropout.

    Returns:
        Logits `[batch, target_length, vocabulary_size]`; with `return_attention_scores` the pair of
        them and the weights `[batch, num_layers, num_heads, target_length, k_len]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> decoder = keras_attention.TextDecoder(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> mask = np.array([[True, True, False]])
    >>> decoder(np.array([[2, 11, 13, 5]]), np.ones((1, 3, 16)), mask).shape
    (1, 4, 97)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762)
    """

    def __init__(
        self,
        vocabulary_size,
        num_layers=2,
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
        self.decoder = Decoder(
            num_layers,
            d_model,
            num_heads,
            dff,
            dropout=dropout,
            attention=attention,
            cross_attention=cross_attention,
            name="decoder",
            dtype=policy,
            **layer_arguments,
        )

    @property
    def vocabulary_size(self):
        """Number of token ids."""
        return self.token_embedding.vocabulary_size

    def build(self, target_ids_shape, encoded_shape):
        self.token_embedding.build((None, None))
        x_shape = (*target_ids_shape, self.token_embedding.d_model)
        self.decoder.build(x_shape, encoded_shape)

    def call(self, target_ids, encoded, mask=None, return_attention_scores=False, training=None):
        x = self.decoder(
            self.token_embedding(target_ids, training=training),
            encoded,
            cross_attention_mask=None if mask is None else mask[:, None, :],
            return_attention_scores=return_attention_scores,
            training=training,
        )
        if not return_attention_scores:
            return self.token_embedding.logits(x)
        x, weights = x
        return self.token_embedding.logits(x), weights["cross_attention"]

    def make_cache(self, encoded, mask, max_length, beams=1, coverage=False):
        """All that decoding needs to know, see `Transformer.make_cache`; `mask` as in `call`."""
        return make_cache(self.decoder, encoded, mask, max_length, beams, coverage)

    def step(self, token_ids, cache, lineage):
        """Decodes one more token of each hypothesis, see `Transformer.step`."""
        return step(self.token_embedding, self.decoder, token_ids, cache, lineage)

    def compute_output_shape(self, target_ids_shape, encoded_shape, mask_shape=None):  # noqa: ARG002
        return (*target_ids_shape, self.vocabulary_size)

    def get_config(self):
        # The decoder's configuration names every argument of the layers.
        return {
            **self.decoder.get_config(),
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "position_scheme": self.token_embedding.get_config()["position_scheme"],
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("position_scheme", *SERIALIZED_ARGUMENTS)))


def make_cache(decoder, encoded, mask, max_length, beams, coverage):
    """What `step` needs to know of an encoded source; see `Transformer.make_cache`."""
    cache = {
        "decoder": decoder.make_cache(encoded, max_length, beams, alignment=coverage),
        "source_mask": mask,
    }
    return {**cache, "coverage": no_coverage(mask, beams)} if coverage else cache


def step(token_embedding, decoder, token_ids, cache, lineage):
    """One more token of each hypothesis, by these layers; see `Transformer.step`."""
    beams = token_ids.shape[1]
    # All beams stand at the same position, so they are embedded as sequences of one token.
    x = token_embedding(ops.reshape(token_ids, (-1, 1)), start=lineage.index)
    x = ops.reshape(x, (-1, beams, token_embedding.d_model))
    x, decoder_cache = decoder.step(
        x,
        _reordered(cache["decoder"], lineage.parents),
        lineage.index * beams,
        attention_mask=lineage.ancestors,
        cross_attention_mask=cache["source_mask"][:, None, :],
        beams=beams,
    )
    cache = {**cache, "decoder": decoder_cache}
    if "coverage" in cache:
        weights = ops.mean(decoder_cache[-1]["cross_attention"]["alignment"], axis=2)
        cache["coverage"] = reorder(cache["coverage"], lineage.parents) + weights
    return token_embedding.logits(x), cache


def _reordered(decoder_cache, parents):
    """Caches whose alignments, which belong to a beam, are those of the beams' parents."""
    return [
        {
            **layer_cache,
            "cross_attention": {
                name: reorder(x, parents) if name == "alignment" else x
                for name, x in layer_cache["cross_attention"].items()
            },
        }
        for layer_cache in decoder_cache
    ]
