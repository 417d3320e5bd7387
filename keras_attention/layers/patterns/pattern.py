"""What all patterns have in common."""

from keras_attention.ops.masks import combine_masks


class Pattern:
    """Which pairs of query and key are computed; the work for the others is skipped.

    A value that is passed to `MultiHeadAttention(pattern=…)`. A subclass defines `mask`, the truth
    about its pairs; `attend`, which computes no others; and `get_config`.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class Diagonal(keras_attention.Pattern):
    ...     def mask(self, query_positions, key_positions):
    ...         return query_positions[:, None] == key_positions
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=Diagonal())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)
    """

    def mask(self, query_positions, key_positions):
        """The pairs of the pattern, of integer tensors `[q_len]` and `[k_len]`: boolean
        `[q_len, k_len]`, True = is computed."""
        raise NotImplementedError(f"{type(self).__name__} must define `mask`.")

    def check_lengths(self, q_len, k_len):
        """Refuses numbers of queries and keys that the pattern does not fit; None is unknown."""

    def attend(self, pairs, attend):
        """The attended values of the pattern's pairs.

        Args:
            pairs: `Pairs`, all queries, keys and values, whose positions count up by one: those of
                keys from 0, those of queries from `start`.
            attend: Function `(Pairs) -> attended` for pairs of queries and keys of any length, in
                tensors with any leading axes.

        Returns:
            Tensor `[..., heads, q_len, value_dim]`.
        """
        return attend(self.masked(pairs))

    def masked(self, pairs):
        """All pairs, those outside the pattern forbidden by a mask."""
        mask = self.mask(pairs.query_positions, pairs.key_positions)
        return pairs.with_mask(combine_masks(pairs.mask(), mask))

    def get_config(self):
        return {}

    @classmethod
    def from_config(cls, config):
        return cls(**config)
