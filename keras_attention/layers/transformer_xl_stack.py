"""A stack of layers of Transformer-XL."""

import keras

from keras_attention.layers.stack import Stack
from keras_attention.layers.transformer_xl_layer import TransformerXLLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class TransformerXLStack(Stack):
    """`num_layers` layers with a memory each, with a last normalisation if they are pre-normalised.

    Args:
        num_layers: Number of layers.
        d_model, num_heads, dff, **layer_arguments: Arguments of every `TransformerXLLayer`;
            `memory_length` must be among them.
        attention, stochastic_depth: As in `Encoder`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`, a segment of any length.
        memory: What the call for the segment before returned. Defaults to an empty one.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all real.
        training: Whether to apply dropout.

    Returns:
        `(output, memory)`: a tensor `[batch, length, d_model]`, and the list of the layers'
        memories, see `TransformerXLLayer`.

    Raises:
        ValueError: If an argument is out of range, or there is not a memory for each layer.

    Example:

    >>> sizes = dict(d_model=16, num_heads=4, dff=64, memory_length=7)
    >>> stack = keras_attention.TransformerXLStack(num_layers=2, **sizes)
    >>> output, memory = stack(np.ones((2, 5, 16)))
    >>> output, memory = stack(np.ones((2, 5, 16)), memory)
    >>> output.shape, len(memory)
    ((2, 5, 16), 2)

    References:
        [Dai et al., 2019](https://arxiv.org/abs/1901.02860), section 3.2
    """

    layer_class = TransformerXLLayer

    def build(self, x_shape):
        self._build(x_shape)

    def call(self, x, memory=None, padding_mask=None, training=None):
        memory = [None] * len(self.layers) if memory is None else memory
        if len(memory) != len(self.layers):
            raise ValueError(
                "`memory` must be a list with the memory of each layer. Received: len(memory)="
                f"{len(memory)}, num_layers={len(self.layers)}."
            )
        new_memory = []
        for layer, own_memory in zip(self.layers, memory, strict=True):
            x, own_memory = layer(x, own_memory, padding_mask=padding_mask, training=training)
            new_memory.append(own_memory)
        return self._normalized(x), new_memory

    def empty_memory(self, batch_size):
        """The memory before the first segment, as `call` takes it."""
        return [layer.empty_memory(batch_size) for layer in self.layers]
