"""A stack of encoder layers."""

import keras

from keras_attention.layers.encoder_layer import EncoderLayer
from keras_attention.layers.stack import Stack


@keras.saving.register_keras_serializable(package="keras_attention")
class Encoder(Stack):
    """`num_layers` encoder layers in a row, with a last normalisation if they are pre-normalised.

    Args:
        num_layers: Number of layers.
        d_model, num_heads, dff, **layer_arguments: Arguments of every `EncoderLayer`.
        attention: A `Mechanism` of every layer, or a list of them, which layers take in turn.
        stochastic_depth: Rate of the last layer, see `StochasticDepth`; from the first layer on it
            rises linearly.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        attention_mask: Boolean tensor that broadcasts to `[batch, length, length]`, True = may
            attend.
        return_attention_scores: Whether to return the attention weights as well.
        use_causal_mask: Whether each position only attends to itself and those before it.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_layers, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> encoder = keras_attention.Encoder(num_layers=2, d_model=16, num_heads=4, dff=64)
    >>> encoder(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.1.
    """

    layer_class = EncoderLayer

    def build(self, x_shape):
        self._build(x_shape)

    def call(
        self,
        x,
        attention_mask=None,
        return_attention_scores=False,
        use_causal_mask=False,
        training=None,
    ):
        return self._through_layers(
            x,
            return_attention_scores,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
            training=training,
        )

    def make_cache(self, batch_size, max_length, beams=1):
        """The caches of all layers, see `EncoderLayer.make_cache`."""
        return [layer.make_cache(batch_size, max_length, beams) for layer in self.layers]

    def step(self, x, cache, index, attention_mask=None, beams=1):
        """Decodes a few new positions, see `EncoderLayer.step`; `cache` is from `make_cache`."""
        new_cache = []
        for layer, layer_cache in zip(self.layers, cache, strict=True):
            x, layer_cache = layer.step(x, layer_cache, index, attention_mask, beams)
            new_cache.append(layer_cache)
        return self._normalized(x), new_cache
