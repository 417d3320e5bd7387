"""Pictures to tokens: patches, their positions, and learned tokens before them."""

import keras
from keras import ops

from keras_attention.layers.arguments import natural_number
from keras_attention.layers.image_tokenizers.image_tokenizer import ImageTokenizer
from keras_attention.layers.position_embedding_2d import LearnedPositionEmbedding2D
from keras_attention.layers.serialization import deserialized, serialized


@keras.saving.register_keras_serializable(package="keras_attention")
class PatchEmbedding(keras.layers.Layer):
    """What a vision transformer makes of a picture before its first layer.

    A tokenizer makes a grid of tokens, a position scheme adds to each what its place is, and the
    grid is read row by row. Learned tokens stand before it: the first is the class token, the
    second perhaps a distillation token, others are registers, where the layers can keep what
    belongs to no place. They have no position.

    Args:
        tokenizer: An `ImageTokenizer`: `Patches`, side by side or overlapping,
            `ConvolutionalTokenizer` or `ShiftedPatches`.
        position_scheme: A layer that adds positions to a grid `[batch, rows, columns, d_model]`, of
            which `LearnedPositionEmbedding2D()` is the default. `NoPositionEmbedding()` where
            attention knows the places, by `Rotary2D` or `RelativeBias2D`.
        num_prefix: Number of learned tokens before the grid.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`, scaled as you like, for example
            from -1 to 1. It may be of another size than the layer was built for if the position
            scheme takes that, as learned positions do by resampling their table.

    Returns:
        Tensor `[batch, num_prefix + rows * columns, d_model]`.

    Raises:
        ValueError: If an argument is out of range, or the tokenizer takes no picture of that size.

    Example:

    >>> patches = keras_attention.Patches(d_model=16, patch_size=4)
    >>> embedding = keras_attention.PatchEmbedding(patches, num_prefix=1)
    >>> embedding(np.ones((2, 8, 12, 3))).shape, embedding(np.ones((2, 16, 16, 3))).shape
    ((2, 7, 16), (2, 17, 16))

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), section 3.1
        - [Darcet et al., 2023](https://arxiv.org/abs/2309.16588), registers
    """

    def __init__(self, tokenizer, position_scheme=None, num_prefix=1, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(tokenizer, ImageTokenizer):
            raise ValueError(
                "`tokenizer` must be a value of a subclass of `ImageTokenizer`. "
                f"Received: tokenizer={tokenizer!r}."
            )
        self.tokenizer = tokenizer
        if position_scheme is None:
            position_scheme = LearnedPositionEmbedding2D(dtype=self.dtype_policy)
        if not position_scheme.built:
            position_scheme.name = "position_scheme"  # as in `TokenEmbedding`
        self.position_scheme = position_scheme
        self.num_prefix = natural_number("num_prefix", num_prefix)

    @property
    def d_model(self):
        """Number of features of each token."""
        return self.tokenizer.d_model

    def build(self, images_shape):
        for part, shape in (
            (self.tokenizer, images_shape),
            (self.position_scheme, self.tokenizer.compute_output_shape(images_shape)),
        ):
            if not part.built:  # two embeddings may share it
                part.build(shape)
        if self.num_prefix:
            self.prefix = self.add_weight(
                shape=(1, self.num_prefix, self.d_model),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                name="prefix",
            )

    def call(self, images):
        x = self.position_scheme(self.tokenizer(images))  # [batch, rows, columns, d_model]
        rows, columns = x.shape[1:3]
        x = ops.reshape(x, (-1, rows * columns, self.d_model))
        if not self.num_prefix:
            return x
        shape = (ops.shape(x)[0], self.num_prefix, self.d_model)
        prefix = ops.broadcast_to(ops.cast(self.prefix, x.dtype), shape)
        return ops.concatenate([prefix, x], axis=1)

    def compute_output_shape(self, images_shape):
        batch, rows, columns, d_model = self.tokenizer.compute_output_shape(images_shape)
        return batch, self.num_prefix + rows * columns, d_model

    def get_config(self):
        return {
            **super().get_config(),
            "tokenizer": serialized(self.tokenizer),
            "position_scheme": serialized(self.position_scheme),
            "num_prefix": self.num_prefix,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("tokenizer", "position_scheme")))
