"""Recordings to one vector for each few hundredths of a second, in the light of the utterance."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.conformer_encoder import ConformerEncoder
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.ops.masks import chunk_mask, combine_masks, length_mask


@keras.saving.register_keras_serializable(package="keras_attention")
class SpeechEncoder(keras.layers.Layer):
    """A front end, fewer frames, and a stack of Conformer or Transformer layers.

    With `chunk_length` a frame attends to its own chunk and to `left_chunks` before it, so that a
    stream is encoded while it arrives. The convolutions of a Conformer must be causal then.

    Args:
        encoder: A `ConformerEncoder`, or an `Encoder` whose mechanism knows positions.
        subsampling: A layer from features to fewer frames of `d_model` features, such as
            `ConvolutionalSubsampling`.
        front_end: A `FrontEnd`; None if `audio` has features already.
        dropout: Share of the subsampled features dropped in training.
        chunk_length: Frames of a chunk, after subsampling. By default all see all.
        left_chunks: Number of earlier chunks that a frame may attend to; None: all.

    Call arguments:
        inputs: Dictionary of tensors: `audio`, floats `[batch, samples]` or `[batch, frames,
            features]`; `lengths`, integers `[batch]`, how many samples or frames are real.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout and augmentation.

    Returns:
        `(x, mask)`: floats `[batch, length, d_model]` and booleans `[batch, length]`, True = real;
        with `return_attention_scores` also the weights `[batch, num_layers, num_heads, length,
        length]`.

    Raises:
        ValueError: If an argument is out of range, or a stream would need to see what comes after
            its chunk.

    Example:

    >>> encoder = keras_attention.SpeechEncoder(
    ...     keras_attention.ConformerEncoder(num_layers=2, d_model=16, num_heads=4, dff=32),
    ...     keras_attention.ConvolutionalSubsampling(16),
    ...     keras_attention.FrontEnd([keras_attention.LogMelSpectrogram(40, 8_000)]),
    ... )
    >>> x, mask = encoder({"audio": np.zeros((2, 8_000)), "lengths": np.array([8_000, 4_000])})
    >>> x.shape, keras.ops.convert_to_numpy(mask).sum(axis=1).tolist()
    ((2, 23, 16), [23, 11])

    References:
        - [Gulati et al., 2020](https://arxiv.org/abs/2005.08100)
        - [Zhang et al., 2020](https://arxiv.org/abs/2012.05481), chunks
    """

    def __init__(
        self,
        encoder,
        subsampling,
        front_end=None,
        dropout=0.1,
        chunk_length=None,
        left_chunks=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.encoder = encoder
        self.subsampling = subsampling
        self.front_end = front_end
        self.dropout = dropout
        self.frame_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.chunk_length = chunk_length
        self.left_chunks = left_chunks
        self._has_convolutions = isinstance(encoder, ConformerEncoder)
        if chunk_length is not None:
            positive_integer("chunk_length", chunk_length)
            if self._has_convolutions and not encoder.layers[0].convolution.use_causal_padding:
                raise ValueError(
                    "With `chunk_length` the convolutions must not look ahead: make the encoder "
                    "with `use_causal_padding=True`. Received: use_causal_padding=False, "
                    f"chunk_length={chunk_length}."
                )
        elif left_chunks is not None:
            raise ValueError(
                "`left_chunks` counts chunks of `chunk_length`. Received: "
                f"left_chunks={left_chunks}, chunk_length=None."
            )

    @property
    def d_model(self):
        """Number of features of each frame."""
        return self.encoder.layers[0].d_model

    def build(self, inputs_shape):
        shape = inputs_shape["audio"]
        if self.front_end is not None:
            if not self.front_end.built:
                self.front_end.build(shape)
                self.front_end.built = True
            shape, _ = self.front_end.compute_output_shape(shape)
        self.subsampling.build(shape)
        self.encoder.build((*shape[:2], self.d_model))

    def call(self, inputs, return_attention_scores=False, training=None):
        x, lengths = inputs["audio"], ops.cast(inputs["lengths"], "int32")
        if self.front_end is not None:
            x, lengths = self.front_end(x, lengths, training=training)
        x = self.subsampling(x)  # [batch, length, d_model]
        length = ops.shape(x)[1]
        lengths = self.subsampling.num_frames(lengths)
        mask = length_mask(lengths, length)  # [batch, length]
        x = self.frame_dropout(x, training=training)
        attention_mask = mask[:, None, :]
        if self.chunk_length is not None:
            chunks = chunk_mask(length, length, self.chunk_length, self.left_chunks)
            attention_mask = combine_masks(attention_mask, chunks)
        found = self.encoder(
            x,
            attention_mask=attention_mask,
            return_attention_scores=return_attention_scores,
            training=training,
            **({"padding_mask": mask} if self._has_convolutions else {}),
        )
        return (found[0], mask, found[1]) if return_attention_scores else (found, mask)

    def num_frames(self, lengths):
        """How many frames are left of so many samples, an integer or a tensor of integers."""
        if self.front_end is not None:
            lengths = self.front_end.num_frames(lengths)
        return self.subsampling.num_frames(lengths)

    def compute_output_shape(self, inputs_shape):
        shape = inputs_shape["audio"]
        if self.front_end is not None:
            shape, _ = self.front_end.compute_output_shape(shape)
        shape = self.subsampling.compute_output_shape(shape)
        return shape, shape[:2]

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": serialized(self.encoder),
            "subsampling": serialized(self.subsampling),
            "front_end": serialized(self.front_end),
            "dropout": self.dropout,
            "chunk_length": self.chunk_length,
            "left_chunks": self.left_chunks,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("encoder", "subsampling", "front_end")))
