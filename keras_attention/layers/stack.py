"""What the stacks of encoder and decoder have in common."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer, signature_of_init
from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS


class Stack(keras.layers.Layer):
    """`num_layers` layers in a row, with a last normalisation if they are pre-normalised.

    A subclass names the class of its layers and says in `call` what they are given.

    Args:
        num_layers: Number of layers.
        d_model, num_heads, dff, **layer_arguments: Arguments of every layer.
        attention: A `Mechanism` of every layer, or a list of them, which layers take in turn.
        stochastic_depth: Rate of the last layer; from the first on it rises linearly.

    Raises:
        ValueError: If an argument is out of range.
    """

    layer_class = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.__signature__ = signature_of_init(cls)

    def __init__(
        self,
        num_layers,
        d_model,
        num_heads,
        dff,
        *,
        attention=None,
        stochastic_depth=0.0,
        name=None,
        trainable=True,
        dtype=None,
        **layer_arguments,
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        positive_integer("num_layers", num_layers)
        layer_arguments["dtype"] = self.dtype_policy
        mechanisms = attention if isinstance(attention, list) else [attention]
        if not mechanisms:
            raise ValueError(
                "`attention` must be a `Mechanism` or a list of some, which layers take in turn. "
                "Received: attention=[]."
            )
        self.attention = attention
        self.stochastic_depth = stochastic_depth
        self.layers = [
            self.layer_class(
                d_model,
                num_heads,
                dff,
                attention=mechanisms[i % len(mechanisms)],
                stochastic_depth=stochastic_depth * (i + 1) / num_layers,
                name=f"layer_{i}",
                **layer_arguments,
            )
            for i in range(num_layers)
        ]
        self.supports_masking = self.layers[0].supports_masking
        self.final_normalization = None
        if self.layers[0].normalization == "pre":
            self.final_normalization = LayerNormalization(
                epsilon=self.layers[0].epsilon, name="final_normalization", dtype=self.dtype_policy
            )

    def _build(self, x_shape, *more_shapes):
        for layer in self.layers:
            layer.build(x_shape, *more_shapes)
        if self.final_normalization is not None:
            self.final_normalization.build(x_shape)

    def _through_layers(self, x, return_attention_scores, **arguments):
        """The normalised output of the last layer; with the weights of all, if they are wanted."""
        all_weights = []
        for layer in self.layers:
            x = layer(x, return_attention_scores=return_attention_scores, **arguments)
            if return_attention_scores:
                x, weights = x
                all_weights.append(weights)
        x = self._normalized(x)
        return (x, ops.stack(all_weights, axis=1)) if return_attention_scores else x

    def make_stream(self, batch_size, left):
        """What `stream` needs before the first chunk.

        Args:
            batch_size: Number of sequences.
            left: Number of earlier positions that a chunk attends to.

        Returns:
            List of a state for each layer.
        """
        return [layer.make_stream(batch_size, left) for layer in self.layers]

    def stream(self, x, mask, states):
        """Encodes a chunk that has arrived, by all layers; see `EncoderLayer.stream`.

        Args:
            x: Float tensor `[batch, chunk, d_model]`.
            mask: Boolean tensor `[batch, chunk]`, True = real position.
            states: From `make_stream`, or what the chunk before has returned.

        Returns:
            `(output, states)`.
        """
        found = []
        for layer, state in zip(self.layers, states, strict=True):
            x, state = layer.stream(x, mask, state)
            found.append(state)
        return self._normalized(x), found

    def _normalized(self, x):
        return x if self.final_normalization is None else self.final_normalization(x)

    def get_config(self):
        config = {**self.layers[0].get_config(), **super().get_config()}
        if isinstance(self.attention, list):
            config["attention"] = serialized(self.attention)
        config["stochastic_depth"] = self.stochastic_depth
        return {**config, "num_layers": len(self.layers)}

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, SERIALIZED_ARGUMENTS))
