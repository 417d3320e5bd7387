"""One layer of a Transformer encoder; under a causal mask, of a decoder without an encoder."""

import keras

from keras_attention.layers.streaming import attended_stream, no_stream
from keras_attention.layers.transformer_layer import TransformerLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class EncoderLayer(TransformerLayer):
    """Self-attention and a feed-forward network, each with a residual connection.

    Args:
        d_model: Number of features of input and output.
        num_heads: Number of attention heads; divides `d_model`.
        dff: Size of the feed-forward network's inner layer.
        dropout: Share of each sublayer's output dropped in training.
        attention_dropout: Share of the attention weights dropped in training, or its schedule, see
            `MultiHeadAttention`.
        activation_dropout: Share of the feed-forward network's inner activations dropped.
        activation: Activation of the feed-forward network.
        normalization: `"pre"` or `"post"`, see `Residual`.
        num_key_value_heads: Number of key/value heads, see `MultiHeadAttention`.
        attention: A `Mechanism`. Defaults to scaled dot-product attention.
        epsilon: Added to the variance in the normalisations.
        head_dropout: Share of the heads that each example does without in training, or its
            schedule, see `MultiHeadAttention`.
        adapter_size: Size of an `Adapter` behind each sublayer, for fine-tuning; `None` for none.
        layer_scale: What a `LayerScale` behind each sublayer starts at; `None` for none.
        stochastic_depth: Share of the examples that do without each sublayer in training, see
            `StochasticDepth`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        attention_mask: Boolean tensor that broadcasts to `[batch, length, length]`, True = may
            attend. For padding pass `padding_mask(token_ids)[:, None, :]`.
        return_attention_scores: Whether to return the attention weights as well.
        use_causal_mask: Whether each position only attends to itself and those before it, as in a
            language model.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range or `num_heads` does not divide `d_model`.

    Example:

    >>> layer = keras_attention.EncoderLayer(d_model=16, num_heads=4, dff=64)
    >>> layer(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1.
    """

    def build(self, x_shape):
        x_shape = (*x_shape[:-1], self.d_model)
        self.self_attention.build(x_shape, x_shape)
        self.self_attention_residual.build(x_shape)
        self.feed_forward.build(x_shape)
        self.feed_forward_residual.build(x_shape)

    def call(
        self,
        x,
        attention_mask=None,
        return_attention_scores=False,
        use_causal_mask=False,
        training=None,
    ):
        y = self.self_attention_residual.before(x)
        y = self.self_attention(
            y,
            y,
            attention_mask=attention_mask,
            return_attention_scores=return_attention_scores,
            use_causal_mask=use_causal_mask,
            training=training,
        )
        y, weights = y if return_attention_scores else (y, None)
        x = self.self_attention_residual.after(x, y, training)
        y = self.feed_forward_residual.before(x)
        y = self.feed_forward(y, training=training)
        x = self.feed_forward_residual.after(x, y, training)
        return (x, weights) if return_attention_scores else x

    def make_stream(self, batch_size, left):
        """What `stream` needs before the first chunk: room for `left` earlier positions."""
        return {"attention": no_stream(batch_size, left, self.d_model, self.compute_dtype)}

    def stream(self, x, mask, state):
        """Encodes a chunk that has arrived, in the light of the positions before it.

        Positions must be relative: each chunk counts its own from the first that there is room for.

        Args:
            x: Float tensor `[batch, chunk, d_model]`.
            mask: Boolean tensor `[batch, chunk]`, True = real position.
            state: From `make_stream`, or what the chunk before has returned.

        Returns:
            `(output, state)`: `[batch, chunk, d_model]` and the state for the next chunk.
        """
        x, attention = attended_stream(self, x, mask, state["attention"])
        y = self.feed_forward(self.feed_forward_residual.before(x))
        return self.feed_forward_residual.after(x, y), {"attention": attention}

    def make_cache(self, batch_size, max_length, beams=1):
        """What `step` needs: room for `max_length` positions.

        Args:
            batch_size: Number of sequences, an integer or a scalar tensor.
            max_length: Number of positions that will be decoded, an integer.
            beams: Number of hypotheses per sequence, which `step` decodes side by side.

        Returns:
            The cache of `self_attention`, with a slot for each beam and position.
        """
        return self.self_attention.empty_cache(batch_size, max_length * beams)

    def step(self, x, cache, index, attention_mask=None, beams=1):
        """Decodes a few new positions of a causal layer, given the cache of the earlier ones.

        Args:
            x: Float tensor `[batch, tokens, d_model]`.
            cache: From `make_cache` or the previous step.
            index: Scalar integer, the slot of the cache where the first new token goes.
            attention_mask: Boolean tensor that broadcasts to `[batch, tokens, slots]`. Defaults to
                the slots up to each token's own.
            beams: As for `make_cache`.

        Returns:
            `(output, cache)`: `[batch, tokens, d_model]` and the cache with the new tokens in it.
        """
        y = self.self_attention_residual.before(x)
        y, cache = self.self_attention.step(y, cache, index, attention_mask, beams)
        x = self.self_attention_residual.after(x, y)
        y = self.feed_forward_residual.before(x)
        y = self.feed_forward(y)
        return self.feed_forward_residual.after(x, y), cache
