"""Multi-head attention token by token."""

from keras import ops

from keras_attention.layers.pairs import Pairs


class CachedSteps:
    """What `MultiHeadAttention` does with a cache of keys and values, for decoding."""

    def empty_cache(self, batch_size, max_length):
        """A cache for self-attention, token by token: keys and values of `max_length` positions.

        Args:
            batch_size: Number of sequences, an integer or a scalar tensor.
            max_length: Number of positions, an integer.

        Returns:
            Dictionary of zeros: `key` `[batch * kv_heads, key_dim, max_length]`, as the product
            with queries reads it, and `value` `[batch * kv_heads, max_length, value_dim]`.
        """
        matrices = batch_size * self.num_key_value_heads
        return {
            "key": ops.zeros((matrices, self.key_dim, max_length), self.compute_dtype),
            "value": ops.zeros((matrices, max_length, self.value_dim), self.compute_dtype),
        }

    def full_cache(self, value, key=None, beams=1, alignment=False):
        """A cache for cross-attention: the projected keys and values of a whole sequence.

        Args:
            value: Float tensor `[batch, k_len, feature_dim]`.
            key: Float tensor `[batch, k_len, feature_dim]`. Defaults to `value`.
            beams: Number of tokens that each `step` will be given.
            alignment: Whether the cache shall hold the last weights; it always does if the
                mechanism takes queries one by one.

        Returns:
            Dictionary with `key` and `value` as in `empty_cache`, and perhaps `alignment`
            `[batch, beams, heads, k_len]`.
        """
        key = value if key is None else key
        cache = self._new_entries(value, key, ops.arange(ops.shape(key)[1], dtype="int32"))
        if alignment or self._mechanism.one_by_one:
            batch, k_len = ops.shape(key)[:2]
            shape = (batch, self.num_heads, beams, k_len)
            first = self._mechanism.normalizer.initial_alignment(shape)
            cache["alignment"] = ops.swapaxes(first, 1, 2)
        return cache

    def step(self, query, cache, index=None, attention_mask=None, beams=1):
        """Attends from a few new tokens to a cache.

        Args:
            query: Float tensor `[batch, tokens, query_dim]`, usually of one token.
            cache: From `empty_cache` or `full_cache`.
            index: Scalar integer: the new tokens' keys and values are written into the cache from
                this slot on. `None` only reads, for cross-attention.
            attention_mask: Boolean tensor that broadcasts to `[batch, tokens, slots]`, True = may
                attend. Defaults, when an index is given, to the slots up to each token's own.
            beams: Number of slots for each position: slot `i` holds a token of position
                `i // beams`.

        Returns:
            `(output, cache)`: `[batch, tokens, output]` and the cache with the new tokens in it.

        Raises:
            ValueError: If the mechanism takes queries one by one and an index is given.

        Example:

        >>> layer = keras_attention.MultiHeadAttention(num_heads=4, key_dim=8)
        >>> layer.build((2, 5, 32), (2, 5, 32))
        >>> cache = layer.empty_cache(batch_size=2, max_length=5)
        >>> output, cache = layer.step(np.ones((2, 1, 32), "float32"), cache, index=0)
        >>> output.shape
        (2, 1, 32)
        """
        self._check_step(index)
        mechanism, layout = self._mechanism, self._layout
        tokens, slots = ops.shape(query)[1], ops.shape(cache["value"])[1]
        q = layout.split(self._query_dense(query))  # [batch, heads, tokens, key_dim]
        positions = ops.arange(slots, dtype="int32") // beams
        own_positions = None  # unknown, and nobody asks
        if index is not None:
            own_slots = index + ops.arange(tokens, dtype="int32")
            own_positions = own_slots // beams
            q = mechanism.encode_query(q, own_positions)
            new = self._new_entries(query, query, own_positions)
            cache = {
                "key": ops.slice_update(cache["key"], (0, 0, index), new["key"]),
                "value": ops.slice_update(cache["value"], (0, index, 0), new["value"]),
            }
            if attention_mask is None:
                attention_mask = ops.arange(slots, dtype="int32") <= own_slots[:, None]
        if attention_mask is not None:
            attention_mask = layout.pair_term(attention_mask, None, None)
        k, v = (
            ops.reshape(cache[name], (-1, self.num_key_value_heads, *ops.shape(cache[name])[1:]))
            for name in ("key", "value")
        )
        pairs = Pairs(q, ops.swapaxes(k, -1, -2), v, own_positions, positions, attention_mask)
        if "alignment" in cache:
            previous = ops.swapaxes(cache["alignment"], 1, 2)
            attended, weights = mechanism.attend_with_weights(pairs, previous=previous)
            cache = {**cache, "alignment": ops.swapaxes(weights, 1, 2)}
        else:
            attended, _ = mechanism.attend_with_weights(pairs)
        return self._project_output(layout.merge(attended, query), query), cache

    def _new_entries(self, value, key, positions):
        """What a cache holds of the tokens at `positions`."""
        k = self._layout.split(self._key_dense(key))  # [batch, kv_heads, k_len, key_dim]
        k = self._mechanism.encode_key(k, positions)
        v = self._layout.split(self._value_dense(value))  # [batch, kv_heads, k_len, value_dim]
        k_len = ops.shape(v)[2]
        return {
            "key": ops.reshape(ops.swapaxes(k, -1, -2), (-1, self.key_dim, k_len)),
            "value": ops.reshape(v, (-1, k_len, self.value_dim)),
        }

    def _check_step(self, index):
        mechanism = self._mechanism
        if index is not None and mechanism.one_by_one:
            raise ValueError(
                "A cache of tokens that grows cannot hold alignments: a mechanism that takes "
                "queries one by one serves cross-attention, from a `full_cache`. Received: "
                f"score={type(mechanism.score).__name__}, "
                f"normalizer={type(mechanism.normalizer).__name__}."
            )
        if index is None and (mechanism.position_scheme or mechanism.pattern):
            raise ValueError(
                "Without an index a step knows no position, which `position_scheme` and `pattern` "
                "need. Use them for self-attention."
            )
