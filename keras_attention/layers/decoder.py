"""A stack of decoder layers."""

import keras
from keras import ops

from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.stack import Stack


@keras.saving.register_keras_serializable(package="keras_attention")
class Decoder(Stack):
    """`num_layers` decoder layers in a row, with a last normalisation if they are pre-normalised.

    Args:
        num_layers: Number of layers.
        d_model, num_heads, dff, **layer_arguments: Arguments of every `DecoderLayer`.
        attention, stochastic_depth: As in `Encoder`.

    Call arguments:
        x: Float tensor `[batch, q_len, d_model]`.
        encoded: Float tensor `[batch, k_len, d_model]`, the encoder's output.
        attention_mask: Boolean tensor that broadcasts to `[batch, q_len, q_len]`, True = may
            attend; applied together with the causal mask.
        cross_attention_mask: Boolean tensor that broadcasts to `[batch, q_len, k_len]`.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, q_len, d_model]`; with `return_attention_scores` the pair of it and a
        dictionary of the weights, `self_attention` `[batch, num_layers, num_heads, q_len, q_len]`
        and `cross_attention` `[batch, num_layers, num_heads, q_len, k_len]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> decoder = keras_attention.Decoder(num_layers=2, d_model=16, num_heads=4, dff=64)
    >>> decoder(np.ones((2, 5, 16)), np.ones((2, 7, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1.
    """

    layer_class = DecoderLayer

    def build(self, x_shape, encoded_shape):
        self._build(x_shape, encoded_shape)

    def call(
        self,
        x,
        encoded,
        attention_mask=None,
        cross_attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        all_weights = []
        for layer in self.layers:
            x = layer(
                x,
                encoded,
                attention_mask=attention_mask,
                cross_attention_mask=cross_attention_mask,
                return_attention_scores=return_attention_scores,
                training=training,
            )
            if return_attention_scores:
                x, weights = x
                all_weights.append(weights)
        x = self._normalized(x)
        if not return_attention_scores:
            return x
        return x, {
            name: ops.stack([weights[name] for weights in all_weights], axis=1)
            for name in ("self_attention", "cross_attention")
        }

    def make_cache(self, encoded, max_length, beams=1, alignment=False):
        """The caches of all layers, see `DecoderLayer.make_cache`; `alignment` is for the last."""
        return [
            layer.make_cache(encoded, max_length, beams, alignment and layer is self.layers[-1])
            for layer in self.layers
        ]

    def step(self, x, cache, index, attention_mask=None, cross_attention_mask=None, beams=1):
        """Decodes a few new positions, see `DecoderLayer.step`; `cache` is from `make_cache`."""
        new_cache = []
        for layer, layer_cache in zip(self.layers, cache, strict=True):
            x, layer_cache = layer.step(
                x, layer_cache, index, attention_mask, cross_attention_mask, beams
            )
            new_cache.append(layer_cache)
        x = self._normalized(x)
        return x, new_cache
