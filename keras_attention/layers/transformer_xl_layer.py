"""One layer of Transformer-XL: attention to the segment and to a memory of the one before."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.position_schemes.transformer_xl_positions import TransformerXLPositions
from keras_attention.layers.transformer_layer import TransformerLayer


@keras.saving.register_keras_serializable(package="keras_attention")
class TransformerXLLayer(TransformerLayer):
    r"""Causal self-attention that also sees a memory of earlier segments, then a feed-forward net.

    A long sequence is given segment by segment. The memory is what the layer was given before, the
    last `memory_length` tokens, and gets no gradient:

    $$ \tilde{h} = [\mathrm{SG}(m), h], \qquad
       \mathrm{output} = \mathrm{layer}(q = h,\ k = v = \tilde{h}), \qquad
       m' = \mathrm{SG}(\tilde{h}_{-M:}) $$

    It is an argument and a result, never a state of the layer. A token sees all of its memory, so
    `n` layers see up to `n * memory_length` tokens behind their segment.

    Args:
        d_model: Number of features of input and output.
        num_heads: Number of attention heads; divides `d_model`.
        dff: Size of the feed-forward network's inner layer.
        memory_length: Number `M` of tokens in the memory.
        dropout: Share of each sublayer's output dropped in training.
        attention: A `Mechanism`. Defaults to one with `TransformerXLPositions`; any relative
            positions will do.
        **layer_arguments: Further arguments of `EncoderLayer`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`, a segment of any length.
        memory: What the call for the segment before returned. Defaults to an empty one. A sequence
            that begins anew in row `i` forgets: set `memory["mask"][i]` to False.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all real:
            a mask that Keras attached to `x` is not taken, and it warns of that.
        training: Whether to apply dropout.

    Returns:
        `(output, memory)`: a tensor `[batch, length, d_model]`, and a dictionary of `states`, a
        float tensor `[batch, memory_length, d_model]`, and `mask`, a boolean tensor
        `[batch, memory_length]`, True = holds a real token.

    Raises:
        ValueError: If an argument is out of range, `num_heads` does not divide `d_model`, or the
            memory has another length.

    Example:

    >>> layer = keras_attention.TransformerXLLayer(16, num_heads=4, dff=64, memory_length=7)
    >>> memory = layer.empty_memory(batch_size=2)
    >>> for segment in np.ones((3, 2, 5, 16)):
    ...     output, memory = layer(segment, memory)
    >>> output.shape, memory["states"].shape
    ((2, 5, 16), (2, 7, 16))

    References:
        [Dai et al., 2019](https://arxiv.org/abs/1901.02860), section 3.2
    """

    def __init__(
        self,
        d_model,
        num_heads,
        dff,
        memory_length,
        dropout=0.1,
        *,
        attention=None,
        **layer_arguments,
    ):
        if attention is None:
            attention = Mechanism(position_scheme=TransformerXLPositions())
        super().__init__(d_model, num_heads, dff, dropout, attention=attention, **layer_arguments)
        # Masks of Keras would get lost where memory and segment are joined.
        self.supports_masking = False
        self.memory_length = positive_integer("memory_length", memory_length)

    def build(self, x_shape):
        x_shape = (x_shape[0], None, self.d_model)  # segments may be of any length
        self.self_attention.build(x_shape, x_shape)
        self.self_attention_residual.build(x_shape)
        self.feed_forward.build(x_shape)
        self.feed_forward_residual.build(x_shape)

    def call(self, x, memory=None, padding_mask=None, training=None):
        length = self.memory_length
        memory = self.empty_memory(ops.shape(x)[0]) if memory is None else memory
        self._check(memory)
        if padding_mask is None:
            padding_mask = ops.ones(ops.shape(x)[:2], "bool")
        states = ops.stop_gradient(ops.cast(memory["states"], x.dtype))
        states = ops.concatenate([states, x], axis=1)  # [batch, memory_length + length, d_model]
        mask = ops.concatenate([memory["mask"], ops.cast(padding_mask, "bool")], axis=1)
        y = self.self_attention_residual.before(states)
        y = self.self_attention(
            y[:, length:],
            y,
            attention_mask=mask[:, None, :],
            use_causal_mask=True,
            start=length,
            training=training,
        )
        x = self.self_attention_residual.after(x, y, training)
        y = self.feed_forward_residual.before(x)
        y = self.feed_forward(y, training=training)
        x = self.feed_forward_residual.after(x, y, training)
        memory = {"states": ops.stop_gradient(states[:, -length:]), "mask": mask[:, -length:]}
        return x, memory

    def empty_memory(self, batch_size):
        """The memory before the first segment.

        Args:
            batch_size: Number of sequences, an integer or a scalar tensor.

        Returns:
            Dictionary as `call` returns it, its mask False everywhere.
        """
        shape = (batch_size, self.memory_length)
        return {
            "states": ops.zeros((*shape, self.d_model), self.compute_dtype),
            "mask": ops.zeros(shape, "bool"),
        }

    def get_config(self):
        return {**super().get_config(), "memory_length": self.memory_length}

    def _check(self, memory):
        length = memory["states"].shape[1]
        if length is not None and length != self.memory_length:
            raise ValueError(
                "`memory` must hold `memory_length` tokens, as `empty_memory` makes it and each "
                f"call returns it. Received: memory['states'].shape={memory['states'].shape}, "
                f"memory_length={self.memory_length}."
            )
