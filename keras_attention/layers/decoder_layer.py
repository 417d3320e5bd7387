"""One layer of a Transformer decoder."""

import keras
from keras import ops

from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.serialization import serialized
from keras_attention.layers.transformer_layer import TransformerLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class DecoderLayer(TransformerLayer):
    """Causal self-attention, attention to the encoder's output, and a feed-forward network.

    Args:
        d_model: Number of features of input and output.
        num_heads: Number of attention heads; divides `d_model`.
        dff: Size of the feed-forward network's inner layer.
        dropout: Share of each sublayer's output dropped in training.
        cross_attention: The `Mechanism` of the attention to the encoder's output. Defaults to
            scaled dot-product attention.
        **layer_arguments: Further arguments of `EncoderLayer`; `attention` is that of the
            self-attention.

    Call arguments:
        x: Float tensor `[batch, q_len, d_model]`. Each position sees itself and earlier ones.
        encoded: Float tensor `[batch, k_len, d_model]`, the encoder's output.
        attention_mask: Boolean tensor that broadcasts to `[batch, q_len, q_len]`, True = may
            attend; applied together with the causal mask.
        cross_attention_mask: Boolean tensor that broadcasts to `[batch, q_len, k_len]`. For padding
            pass `padding_mask(source_ids)[:, None, :]`.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, q_len, d_model]`; with `return_attention_scores` the pair of it and a
        dictionary of the weights: `self_attention` `[batch, num_heads, q_len, q_len]` and
        `cross_attention` `[batch, num_heads, q_len, k_len]`.

    Raises:
        ValueError: If an argument is out of range, `num_heads` does not divide `d_model`, or a
            mechanism does not fit its place.

    Example:

    >>> layer = keras_attention.DecoderLayer(d_model=16, num_heads=4, dff=64)
    >>> layer(np.ones((2, 5, 16)), np.ones((2, 7, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1.
    """

    def __init__(
        self, d_model, num_heads, dff, dropout=0.1, *, cross_attention=None, **layer_arguments
    ):
        super().__init__(d_model, num_heads, dff, dropout, **layer_arguments)
        self.cross_attention_mechanism = Mechanism() if cross_attention is None else cross_attention
        self._check_mechanisms()
        self._add_attention("cross_attention", self.cross_attention_mechanism)

    def build(self, x_shape, encoded_shape):
        self.self_attention.build(x_shape, x_shape)
        self.self_attention_residual.build(x_shape)
        self.cross_attention.build(x_shape, encoded_shape)
        self.cross_attention_residual.build(x_shape)
        self.feed_forward.build(x_shape)
        self.feed_forward_residual.build(x_shape)

    def call(
        self,
        x,
        encoded,
        attention_mask=None,
        cross_attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        y = self.self_attention_residual.before(x)
        y = self.self_attention(
            y,
            y,
            attention_mask=attention_mask,
            use_causal_mask=True,
            return_attention_scores=return_attention_scores,
            training=training,
        )
        y, self_weights = y if return_attention_scores else (y, None)
        x = self.self_attention_residual.after(x, y, training)
        y = self.cross_attention_residual.before(x)
        y = self.cross_attention(
            y,
            encoded,
            attention_mask=cross_attention_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )
        y, cross_weights = y if return_attention_scores else (y, None)
        x = self.cross_attention_residual.after(x, y, training)
        y = self.feed_forward_residual.before(x)
        y = self.feed_forward(y, training=training)
        x = self.feed_forward_residual.after(x, y, training)
        if return_attention_scores:
            return x, {"self_attention": self_weights, "cross_attention": cross_weights}
        return x

    def make_cache(self, encoded, max_length, beams=1, alignment=False):
        """What `step` needs: room for `max_length` positions, and the encoder's projected output.

        Args:
            encoded: Float tensor `[batch, k_len, d_model]`, the encoder's output.
            max_length: Number of positions that will be decoded, an integer.
            beams: Number of hypotheses per sequence, which `step` decodes side by side.
            alignment: Whether the cache of `cross_attention` shall hold the last weights.

        Returns:
            Dictionary of the caches of `self_attention`, with a slot for each beam and position,
            and `cross_attention`, see `MultiHeadAttention.empty_cache` and `full_cache`.
        """
        slots = max_length * beams
        return {
            "self_attention": self.self_attention.empty_cache(ops.shape(encoded)[0], slots),
            "cross_attention": self.cross_attention.full_cache(encoded, None, beams, alignment),
        }

    def step(self, x, cache, index, attention_mask=None, cross_attention_mask=None, beams=1):
        """Decodes a few new positions, given the cache of the earlier ones.

        Args:
            x: Float tensor `[batch, tokens, d_model]`.
            cache: From `make_cache` or the previous step.
            index: Scalar integer, the slot of the cache where the first new token goes.
            attention_mask: Boolean tensor that broadcasts to `[batch, tokens, slots]`. Defaults to
                the slots up to each token's own.
            cross_attention_mask: Boolean tensor that broadcasts to `[batch, tokens, k_len]`.
            beams: As for `make_cache`.

        Returns:
            `(output, cache)`: `[batch, tokens, d_model]` and the cache with the new tokens in it.
        """
        y = self.self_attention_residual.before(x)
        y, self_cache = self.self_attention.step(
            y, cache["self_attention"], index, attention_mask, beams
        )
        x = self.self_attention_residual.after(x, y)
        y = self.cross_attention_residual.before(x)
        y, cross_cache = self.cross_attention.step(
            y, cache["cross_attention"], attention_mask=cross_attention_mask
        )
        x = self.cross_attention_residual.after(x, y)
        y = self.feed_forward_residual.before(x)
        y = self.feed_forward(y)
        x = self.feed_forward_residual.after(x, y)
        return x, {"self_attention": self_cache, "cross_attention": cross_cache}

    def get_config(self):
        mechanism = serialized(self.cross_attention_mechanism)
        return {**super().get_config(), "cross_attention": mechanism}

    def _check_mechanisms(self):
        cross = self.cross_attention_mechanism
        ordered = cross.position_scheme or cross.pattern
        if ordered is not None:
            raise ValueError(
                "Positions of `x` and `encoded` have no distance, which a position scheme or a "
                f"pattern counts. Received: cross_attention with `{type(ordered).__name__}`. Give "
                "it to `attention` instead."
            )
        if self.attention.one_by_one:
            raise ValueError(
                "A mechanism that takes queries one by one follows another sequence: give it to "
                f"`cross_attention`. Received: attention={self.attention!r}."
            )
