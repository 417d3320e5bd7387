"""A layer in which one token looks at all others."""

import keras
from keras import ops

from keras_attention.layers.transformer_layer import TransformerLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class ClassAttentionLayer(TransformerLayer):
    r"""The class token attends to itself and to the others, which stay as they are.

    $$ z = \mathrm{norm}([c, x]), \qquad c \leftarrow c + \mathrm{attention}(z_0, z), \qquad
       c \leftarrow c + \mathrm{FFN}(\mathrm{norm}(c)) $$

    So the layers before need not care for what the class token wants, and this one costs as much as
    one query. The last layers of CaiT; `ClassAttentionPooling` stacks them.

    Args:
        d_model, num_heads, dff, dropout, **layer_arguments: As in `EncoderLayer`; there are no
            distances, so `attention` has no position scheme and no pattern.

    Call arguments:
        token: Float tensor `[batch, 1, d_model]`, the class token.
        x: Float tensor `[batch, length, d_model]`, the others.
        attention_mask: Boolean tensor that broadcasts to `[batch, 1, 1 + length]`, True = may
            attend.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, 1, d_model]`; with `return_attention_scores` the pair of it and the weights
        `[batch, num_heads, 1, 1 + length]`.

    Raises:
        ValueError: If an argument is out of range, `num_heads` does not divide `d_model`, or
            `attention` has a position scheme or a pattern.

    Example:

    >>> layer = keras_attention.ClassAttentionLayer(d_model=16, num_heads=4, dff=64)
    >>> layer(np.ones((2, 1, 16)), np.ones((2, 5, 16))).shape
    (2, 1, 16)

    References:
        [Touvron et al., 2021](https://arxiv.org/abs/2103.17239), section 3
    """

    def __init__(self, d_model, num_heads, dff, dropout=0.1, **layer_arguments):
        super().__init__(d_model, num_heads, dff, dropout, **layer_arguments)
        ordered = self.attention.position_scheme or self.attention.pattern
        if ordered:
            raise ValueError(
                "Class attention knows no distances, so its `attention` can have no position "
                f"scheme and no pattern. Received: {type(ordered).__name__}."
            )

    def build(self, token_shape, x_shape):
        all_shape = (x_shape[0], None, self.d_model)
        self.self_attention.build((*token_shape[:-1], self.d_model), all_shape)
        self.self_attention_residual.build(all_shape)
        self.feed_forward.build(all_shape)
        self.feed_forward_residual.build(all_shape)

    def call(
        self,
        token,
        x,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        y = self.self_attention_residual.before(ops.concatenate([token, x], axis=1))
        y = self.self_attention(
            y[:, :1],
            y,
            attention_mask=attention_mask,
            return_attention_scores=return_attention_scores,
            training=training,
        )
        y, weights = y if return_attention_scores else (y, None)
        token = self.self_attention_residual.after(token, y, training)
        y = self.feed_forward_residual.before(token)
        y = self.feed_forward(y, training=training)
        token = self.feed_forward_residual.after(token, y, training)
        return (token, weights) if return_attention_scores else token

    def compute_output_shape(self, token_shape, x_shape):  # noqa: ARG002 - Keras' names
        return token_shape
