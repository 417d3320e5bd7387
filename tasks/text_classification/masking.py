"""Texts with some of their tokens hidden, for a model to fill in; in the graph."""

from typing import Literal

import tensorflow as tf
import tensorflow_text as tf_text

from tasks.common.special_ids import END_ID, PAD_ID, START_ID, UNKNOWN_ID
from tasks.text_classification.text import ClassifierText

Masking = Literal["tokens", "words", "spans"]
_SPECIAL = (PAD_ID, START_ID, END_ID)
_FIRST_PIECE = max(PAD_ID, UNKNOWN_ID, START_ID, END_ID) + 1
_WORD = "\u2581"  # what SentencePiece begins a word with


class Masker:
    """Hides some of the tokens of each text: most are masked, some replaced, some left as they are.

    Args:
        text: what makes ids of texts.
        unit: what is hidden together: single `"tokens"`, whole `"words"`, or `"spans"` of words.
        rate: share of the units that are hidden.
        mask_rate: share of the hidden tokens that become the mask.
        random_rate: share of the hidden tokens that become any other token.
        mean_span: mean number of words of a span.

    Raises:
        ValueError: if a share is out of range.

    References:
        - [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.1
        - [Joshi et al., 2020](https://arxiv.org/abs/1907.10529), spans
    """

    def __init__(
        self,
        text: ClassifierText,
        unit: Masking = "words",
        rate: float = 0.15,
        mask_rate: float = 0.8,
        random_rate: float = 0.1,
        mean_span: float = 3.0,
    ):
        if not 0.0 < rate < 1.0:
            raise ValueError(f"`rate` must be between 0 and 1. Received: rate={rate}.")
        if mask_rate < 0 or random_rate < 0 or mask_rate + random_rate > 1:
            raise ValueError(
                "`mask_rate` and `random_rate` must be shares that sum to at most 1. Received: "
                f"mask_rate={mask_rate}, random_rate={random_rate}."
            )
        if mean_span < 1:
            raise ValueError(f"`mean_span` must be at least 1. Received: mean_span={mean_span}.")
        self.unit = unit
        self.mean_span = mean_span
        self._selector = _RandomSelector(text.max_length, rate, list(_SPECIAL))
        self._chooser = _PiecesChooser(text.vocabulary.size, text.mask_id, mask_rate, random_rate)
        pieces = text.vocabulary.pieces(range(text.vocabulary.size))
        begins = [piece.startswith(_WORD) or i in _SPECIAL for i, piece in enumerate(pieces)]
        self._begins_word = tf.constant(begins)

    def __call__(self, token_ids: tf.RaggedTensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        """Masks a batch.

        Args:
            token_ids: int32 ragged tensor `[batch, (length)]`.

        Returns:
            `(inputs, labels)` for a `MaskedLanguageModel`: `token_ids` `[batch, length]`,
            `positions` and labels `[batch, predictions]`, all int32 and padded with 0.
        """
        grouped = token_ids if self.unit == "tokens" else self._grouped(token_ids)
        masked, positions, labels = tf_text.mask_language_model(
            grouped, self._selector, self._chooser, axis=1
        )
        inputs = {
            "token_ids": masked.to_tensor(),
            "positions": tf.cast(positions.to_tensor(), tf.int32),
        }
        return inputs, labels.to_tensor()

    def _grouped(self, token_ids: tf.RaggedTensor) -> tf.RaggedTensor:
        """The ids by words or spans: `[batch, (units), (ids)]`."""
        flat = token_ids.values
        begins = tf.gather(self._begins_word, flat)
        if self.unit == "spans":
            chance = tf.random.uniform(tf.shape(flat)) < 1.0 / self.mean_span
            special = tf.reduce_any(flat[:, None] == tf.constant(_SPECIAL), axis=1)
            after_special = tf.concat([[True], special[:-1]], axis=0)
            begins &= chance | special | after_special
        first_of_text = tf.scatter_nd(
            token_ids.row_starts()[:, None],
            tf.ones_like(token_ids.row_starts(), tf.int32),
            tf.shape(flat, tf.int64),
        )
        begins |= first_of_text > 0
        starts = tf.where(begins)[:, 0]
        units = tf.RaggedTensor.from_row_starts(flat, starts)
        units_before = tf.concat([[0], tf.cumsum(tf.cast(begins, tf.int64))], axis=0)
        return tf.RaggedTensor.from_row_splits(units, tf.gather(units_before, token_ids.row_splits))


class _RandomSelector(tf_text.RandomItemSelector):
    """Selects units at random, one of each text at least.

    The base shuffles text by text in a parallel loop, so its choice depends on which text comes
    first, and the same seed gives another run. Here all units are sorted at once.
    """

    def get_selection_mask(self, input_ids, axis):
        selectable = self.get_selectable(input_ids, axis)  # [batch, (units)]
        chances = tf.random.uniform(tf.shape(selectable.values), dtype=tf.float64)
        rows = selectable.value_rowids()
        last = tf.cast(tf.logical_not(selectable.values), tf.float64)
        order = tf.argsort(2.0 * tf.cast(rows, tf.float64) + last + chances)
        counts = tf.reduce_sum(tf.cast(selectable, tf.float32), axis=1)
        # Rounded up or down by chance, so that the share is right on average.
        wanted = tf.floor(counts * self.selection_rate + tf.random.uniform(tf.shape(counts)))
        wanted = tf.minimum(tf.maximum(wanted, 1.0), counts)
        ranks = tf.range(tf.size(order, tf.int64)) - tf.gather(selectable.row_starts(), rows)
        chosen = tf.cast(ranks, tf.float32) < tf.gather(wanted, rows)
        return selectable.with_values(tf.scatter_nd(order[:, None], chosen, tf.shape(chosen)))


class _PiecesChooser(tf_text.MaskValuesChooser):
    """Draws the other tokens from the vocabulary without its special ids."""

    def get_mask_values(self, masked_lm_ids):
        values = super().get_mask_values(masked_lm_ids)
        flat = values.flat_values
        other = tf.random.uniform(tf.shape(flat), _FIRST_PIECE, self.vocab_size, tf.int32)
        is_special = (flat < _FIRST_PIECE) & (flat != masked_lm_ids.flat_values)
        return values.with_flat_values(tf.where(is_special, tf.cast(other, flat.dtype), flat))
