"""A recurrent decoder of text that attends to what has been encoded: the one that spells."""

import keras

from keras_attention.decoding.coverage import no_coverage
from keras_attention.decoding.lineage import reorder
from keras_attention.layers.arguments import positive_integer, share
from keras_attention.layers.attention_cell import AttentionCell
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.position_embedding import NoPositionEmbedding
from keras_attention.layers.scores.location_aware import LocationAware
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.token_embedding import TokenEmbedding


@keras.saving.register_keras_serializable(package="keras_attention")
class RecurrentTextDecoder(keras.layers.Layer):
    """LSTM cells that are told where they attended last; the speller of *Listen, Attend and Spell*.

    It has the interface of `TextDecoder`.

    Args:
        vocabulary_size: Number of token ids.
        num_layers: Number of LSTM cells, one upon the other.
        d_model: Number of features of embeddings and of each cell.
        dropout: Share of the embeddings and of each cell's output dropped in training.
        score, normalizer: Those of the attention, see `AttentionCell`. The score defaults to
            `LocationAware()`. The decoder makes its own from them.

    Call arguments:
        target_ids, encoded, mask, return_attention_scores, training: As for `TextDecoder`.

    Returns:
        As `TextDecoder`, with weights `[batch, 1, 1, target_length, k_len]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> decoder = keras_attention.RecurrentTextDecoder(97, d_model=16)
    >>> mask = np.array([[True, True, False]])
    >>> decoder(np.array([[2, 11, 13, 5]]), np.ones((1, 3, 16)), mask).shape
    (1, 4, 97)

    References:
        - [Chan et al., 2016](https://arxiv.org/abs/1508.01211)
        - [Chorowski et al., 2015](https://arxiv.org/abs/1506.07503), location-aware attention
    """

    def __init__(
        self,
        vocabulary_size,
        num_layers=1,
        d_model=256,
        dropout=0.1,
        score=None,
        normalizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.num_layers = positive_integer("num_layers", num_layers)
        self.dropout = share("dropout", dropout)
        self.token_embedding = TokenEmbedding(
            vocabulary_size,
            d_model,
            dropout,
            NoPositionEmbedding(),
            name="token_embedding",
            dtype=policy,
        )
        attention = Mechanism(LocationAware() if score is None else score, normalizer)
        cell = keras.layers.LSTMCell
        self.decoder = attending_cells(cell, num_layers, d_model, dropout, attention, policy)
        self.output_dropout = keras.layers.Dropout(dropout, dtype=policy)

    @property
    def vocabulary_size(self):
        """Number of token ids."""
        return self.token_embedding.vocabulary_size

    def build(self, target_ids_shape, encoded_shape):
        self.token_embedding.build((None, None))
        self.decoder.build((*target_ids_shape, self.token_embedding.d_model), encoded_shape)

    def call(self, target_ids, encoded, mask=None, return_attention_scores=False, training=None):
        x = self.token_embedding(target_ids, training=training)
        x, weights = self.decoder(x, encoded, mask, return_attention_scores=True, training=training)
        logits = self.token_embedding.logits(self.output_dropout(x, training=training))
        return (logits, weights[:, None, None]) if return_attention_scores else logits

    def make_cache(self, encoded, mask, max_length, beams=1, coverage=False):  # noqa: ARG002
        """All that decoding needs to know; a recurrent state has any length."""
        return make_cache(self.decoder, encoded, mask, None, beams, coverage)

    def step(self, token_ids, cache, lineage):
        """Decodes one more token of each hypothesis, see `RecurrentEncoderDecoder.step`."""
        x, cache = step(self.token_embedding, self.decoder, token_ids, cache, lineage)
        return self.token_embedding.logits(x), cache

    def compute_output_shape(self, target_ids_shape, encoded_shape, mask_shape=None):  # noqa: ARG002
        return (*target_ids_shape, self.vocabulary_size)

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "num_layers": self.num_layers,
            "d_model": self.token_embedding.d_model,
            "dropout": self.dropout,
            "score": serialized(self.decoder.score),
            "normalizer": serialized(self.decoder.normalizer),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("score", "normalizer")))


def attending_cells(cell_class, num_layers, d_model, dropout, attention, policy):
    """An `AttentionCell` around `num_layers` cells of this class, one upon the other.

    Between two cells, their own dropout; that of a cell's inputs is the embedding's.
    """
    cells = [
        cell_class(d_model, dropout=dropout if i else 0.0, name=f"cell_{i}", dtype=policy)
        for i in range(num_layers)
    ]
    return AttentionCell(
        cells[0]
        if num_layers == 1
        else keras.layers.StackedRNNCells(cells, name="cells", dtype=policy),
        **attention.copy_of_parts(),
        attention_layer_size=d_model,
        name="decoder",
        dtype=policy,
    )


def make_cache(decoder, encoded, mask, cell_state, beams, coverage):
    """What `step` needs to know; `cell_state` is what the cells begin with, None for zeros."""
    memory = decoder.prepare(encoded, mask)
    cache = {"memory": memory, "state": decoder.initial_state(memory, cell_state, beams)}
    return {**cache, "coverage": no_coverage(mask, beams)} if coverage else cache


def step(token_embedding, decoder, token_ids, cache, lineage):
    """`(output, cache)` after one more token of each hypothesis, `[batch, beams, d_model]`."""
    x, state = decoder.step(
        token_embedding(token_ids), reorder(cache["state"], lineage.parents), cache["memory"]
    )
    cache = {**cache, "state": state}
    if "coverage" in cache:
        earlier = reorder(cache["coverage"], lineage.parents)
        cache["coverage"] = earlier + state["alignment"]
    return x, cache
