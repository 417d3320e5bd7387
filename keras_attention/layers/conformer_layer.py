"""One layer of a Conformer."""

import keras

from keras_attention.layers.convolution_module import ConvolutionModule
from keras_attention.layers.feed_forward import FeedForward
from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.layers.streaming import attended_stream, joined, no_stream
from keras_attention.layers.transformer_layer import TransformerLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class ConformerLayer(TransformerLayer):
    r"""Self-attention, then a convolution, between two halves of a feed-forward network.

    $$ x \leftarrow x + \tfrac12 \mathrm{FFN}_1(x), \quad
       x \leftarrow x + \mathrm{MHA}(x), \quad
       x \leftarrow x + \mathrm{Conv}(x), \quad
       x \leftarrow \mathrm{norm}(x + \tfrac12 \mathrm{FFN}_2(x)) $$

    each with the normalisation and the dropout of a `Residual`. Attention finds what is far apart,
    the convolution what is near. With `Mechanism(position_scheme=TransformerXLPositions())` it is
    the paper's.

    Args:
        d_model, num_heads, dff, dropout, **layer_arguments: As for `EncoderLayer`.
        activation: Of the feed-forward networks.
        kernel_size, use_causal_padding: As for `ConvolutionModule`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        attention_mask: Boolean tensor that broadcasts to `[batch, length, length]`, True = may
            attend.
        padding_mask: Boolean tensor `[batch, length]`, True = real position, for the convolution.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> layer = keras_attention.ConformerLayer(d_model=16, num_heads=4, dff=64, kernel_size=3)
    >>> layer(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Gulati et al., 2020](https://arxiv.org/abs/2005.08100)
    """

    def __init__(
        self,
        d_model,
        num_heads,
        dff,
        *,
        activation="silu",
        kernel_size=15,
        use_causal_padding=False,
        **layer_arguments,
    ):
        super().__init__(d_model, num_heads, dff, activation=activation, **layer_arguments)
        self._add(
            "first_feed_forward",
            FeedForward,
            dff=dff,
            activation=activation,
            dropout=self.feed_forward.dropout,
        )
        self._add(
            "convolution",
            ConvolutionModule,
            kernel_size=kernel_size,
            use_causal_padding=use_causal_padding,
            epsilon=self.epsilon,
        )
        self.output_normalization = LayerNormalization(
            epsilon=self.epsilon, name="output_normalization", dtype=self.dtype_policy
        )

    def build(self, x_shape):
        x_shape = (*x_shape[:-1], self.d_model)
        self.self_attention.build(x_shape, x_shape)
        for name in ("first_feed_forward", "convolution", "feed_forward"):
            getattr(self, name).build(x_shape)
        for name in ("first_feed_forward", "self_attention", "convolution", "feed_forward"):
            getattr(self, f"{name}_residual").build(x_shape)
        self.output_normalization.build(x_shape)

    def call(
        self,
        x,
        attention_mask=None,
        padding_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        y = self.first_feed_forward_residual.before(x)
        y = 0.5 * self.first_feed_forward(y, training=training)
        x = self.first_feed_forward_residual.after(x, y, training)
        y = self.self_attention_residual.before(x)
        y = self.self_attention(
            y,
            y,
            attention_mask=attention_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )
        y, weights = y if return_attention_scores else (y, None)
        x = self.self_attention_residual.after(x, y, training)
        y = self.convolution_residual.before(x)
        y = self.convolution(y, padding_mask=padding_mask)
        x = self.convolution_residual.after(x, y, training)
        y = self.feed_forward_residual.before(x)
        y = 0.5 * self.feed_forward(y, training=training)
        x = self.output_normalization(self.feed_forward_residual.after(x, y, training))
        return (x, weights) if return_attention_scores else x

    def make_stream(self, batch_size, left):
        """What `stream` needs before the first chunk; see `EncoderLayer.make_stream`."""
        rooms = {"attention": left, "convolution": self.convolution.kernel_size - 1}
        return {
            name: no_stream(batch_size, room, self.d_model, self.compute_dtype)
            for name, room in rooms.items()
        }

    def stream(self, x, mask, state):
        """Encodes a chunk that has arrived; see `EncoderLayer.stream`. Its convolution must be
        causal."""
        y = self.first_feed_forward(self.first_feed_forward_residual.before(x))
        x = self.first_feed_forward_residual.after(x, 0.5 * y)
        x, attention = attended_stream(self, x, mask, state["attention"])
        y = self.convolution_residual.before(x)
        seen, real, convolution = joined(state["convolution"], y, mask)
        y = self.convolution(seen, padding_mask=real)[:, -x.shape[1] :]
        x = self.convolution_residual.after(x, y)
        y = self.feed_forward(self.feed_forward_residual.before(x))
        x = self.output_normalization(self.feed_forward_residual.after(x, 0.5 * y))
        return x, {"attention": attention, "convolution": convolution}

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.convolution.kernel_size,
            "use_causal_padding": self.convolution.use_causal_padding,
        }
