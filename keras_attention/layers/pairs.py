"""Everything that one computation of attention is given."""

from typing import Any, NamedTuple

from keras import ops

from keras_attention.ops.masks import combine_masks, segment_mask


class Pairs(NamedTuple):
    """Queries, the keys and values that they may meet, and what is known of the pairs.

    Args:
        query: Float tensor `[..., heads, q_len, key_dim]`.
        key: Float tensor `[..., kv_heads, k_len, key_dim]`.
        value: Float tensor `[..., kv_heads, k_len, value_dim]`.
        query_positions: Integer tensor `[..., q_len]`.
        key_positions: Integer tensor `[..., k_len]`.
        attention_mask: Boolean tensor that broadcasts to `[..., heads, q_len, k_len]`, True = may
            attend, or None.
        bias: Float tensor that broadcasts to `[..., heads, q_len, k_len]`, or None.
        causal: Whether keys at later positions than the query are forbidden.
        query_segments: Integer tensor `[..., q_len]`, or None: a query sees only keys of its own
            segment.
        key_segments: Integer tensor `[..., k_len]`, or None.
        query_mask: Boolean tensor that broadcasts to `[..., heads, q_len, 1]`, or None: queries
            that may attend to nothing. By itself, because together with a mask of keys it would be
            one of all pairs.
        start: Scalar integer, the position of the first query, if positions count up by one from
            there, and those of keys from 0; a pattern asks for it.
    """

    query: Any
    key: Any
    value: Any
    query_positions: Any
    key_positions: Any
    attention_mask: Any = None
    bias: Any = None
    causal: bool = False
    query_segments: Any = None
    key_segments: Any = None
    query_mask: Any = None
    start: Any = 0

    def mask(self):
        """All that forbids pairs, as one mask `[..., heads, q_len, k_len]`, or None."""
        causal, segments = None, None
        if self.causal:
            seen = self.query_positions[..., :, None] >= self.key_positions[..., None, :]
            causal = ops.expand_dims(seen, -3)
        if self.query_segments is not None:
            same = segment_mask(self.query_segments, self.key_segments)
            segments = ops.expand_dims(same, -3)
        return combine_masks(*self.masks(), causal, segments)

    def masks(self):
        """The given masks, a list."""
        return [mask for mask in (self.attention_mask, self.query_mask) if mask is not None]

    def with_mask(self, mask):
        """The same pairs with `mask` as all that forbids any."""
        return self._replace(
            attention_mask=mask,
            causal=False,
            query_segments=None,
            key_segments=None,
            query_mask=None,
        )
