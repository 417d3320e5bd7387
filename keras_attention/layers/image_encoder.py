"""Pictures to one vector for each patch, in the light of the whole picture."""

import keras

from keras_attention.layers.arguments import pair_of_sizes, positive_integer
from keras_attention.layers.encoder import Encoder
from keras_attention.layers.mechanism import in_its_place
from keras_attention.layers.patch_embedding import PatchEmbedding
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS
from keras_attention.ops.grids import resample_grid

_SERIALIZED = ("tokenizer", "position_scheme", "rescaling", *SERIALIZED_ARGUMENTS)


@keras.saving.register_keras_serializable(package="keras_attention")
class ImageEncoder(keras.layers.Layer):
    """Patches and a stack of encoder layers: what vision models share, and what is pre-trained.

    Parts of `attention` that are for a grid, such as `Rotary2D`, `RelativeBias2D` and `GridWindow`,
    are told which it is. `resized` gives the encoder for pictures of another size.

    Args:
        tokenizer: An `ImageTokenizer`, which says `d_model`, too; see `PatchEmbedding`.
        image_shape: `(height, width, channels)` of the pictures.
        num_layers: Number of encoder layers.
        num_heads, dff, dropout, activation: As in `EncoderLayer`; `dropout` also acts on
            embeddings.
        position_scheme: A layer that adds positions to a grid, see `PatchEmbedding`, or a
            `RelativePositions`, which all attention gets instead.
        num_prefix: Number of learned tokens before the patches, see `PatchEmbedding`.
        attention: The `Mechanism` of all attention, or a list of them, which layers take in turn.
        rescaling: A layer that pictures go through first, such as
            `keras.layers.Rescaling(1 / 127.5, -1.0)` for pixels from 0 to 255.
        **layer_arguments: Further arguments of `EncoderLayer`; `stochastic_depth` is that of the
            last layer, see `Encoder`.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, length, d_model]`, `length` the learned tokens and the patches row by row;
        with `return_attention_scores` the pair of it and the weights
        `[batch, num_layers, num_heads, length, length]`.

    Raises:
        ValueError: If an argument is out of range, or pictures are of another size and a part of
            `attention` is for that of `image_shape`.

    Example:

    >>> encoder = keras_attention.ImageEncoder(
    ...     keras_attention.Patches(16, patch_size=4), (8, 12, 3), num_layers=2, num_heads=4, dff=32
    ... )
    >>> encoder(np.ones((2, 8, 12, 3))).shape
    (2, 7, 16)

    References:
        [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929)
    """

    def __init__(
        self,
        tokenizer,
        image_shape,
        num_layers=4,
        num_heads=4,
        dff=512,
        dropout=0.0,
        activation="gelu",
        position_scheme=None,
        num_prefix=1,
        attention=None,
        rescaling=None,
        *,
        name=None,
        trainable=True,
        dtype=None,
        **layer_arguments,
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        policy = self.dtype_policy
        self.image_shape = _checked(image_shape)
        self.rescaling = rescaling
        position_scheme, self.attention = in_its_place(position_scheme, attention)
        self.patch_embedding = PatchEmbedding(
            tokenizer, position_scheme, num_prefix, name="patch_embedding", dtype=policy
        )
        self.embedding_dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.encoder = Encoder(
            num_layers,
            self.d_model,
            num_heads,
            dff,
            dropout=dropout,
            activation=activation,
            attention=self._placed(self.attention),
            name="encoder",
            dtype=policy,
            **layer_arguments,
        )

    @property
    def d_model(self):
        """Number of features of each token."""
        return self.patch_embedding.d_model

    @property
    def num_prefix(self):
        """Number of learned tokens before the patches."""
        return self.patch_embedding.num_prefix

    @property
    def grid(self):
        """`(rows, columns)` of the patches."""
        return self.patch_embedding.tokenizer.grid(self.image_shape[:2])

    def build(self, images_shape=None):  # noqa: ARG002 - `image_shape` says it
        rows, columns = self.grid
        self.patch_embedding.build((None, *self.image_shape))
        self.encoder.build((None, self.num_prefix + rows * columns, self.d_model))

    def call(self, images, return_attention_scores=False, training=None):
        self._check_size(images.shape)
        if self.rescaling is not None:
            images = self.rescaling(images)
        x = self.patch_embedding(images)  # [batch, length, d_model]
        x = self.embedding_dropout(x, training=training)
        return self.encoder(x, return_attention_scores=return_attention_scores, training=training)

    def resized(self, image_size):
        """The encoder for pictures of another size, for fine-tuning.

        Learned positions and biases of a whole grid are resampled, see `resample_grid`; all other
        weights are copied.

        Args:
            image_size: Pair of positive integers, `(height, width)`.

        Returns:
            A new `ImageEncoder` with weights of its own.

        Raises:
            ValueError: If this encoder has no weights yet, or `image_size` is no such pair.
        """
        if not self.built:
            raise ValueError(
                "There are no weights to resize before the encoder is built. Call it or its "
                f"`build` first. Received: built={self.built}, image_size={image_size}."
            )
        image_shape = (*pair_of_sizes("image_size", image_size), self.image_shape[-1])
        encoder = type(self).from_config({**self.get_config(), "image_shape": image_shape})
        encoder.build()
        encoder.built = True
        for new, old in zip(encoder.weights, self.weights, strict=True):
            # Of another shape are the tables of grids alone.
            new.assign(old if new.shape == old.shape else resample_grid(old, new.shape[:2]))
        return encoder

    def compute_output_shape(self, images_shape):
        return self.patch_embedding.compute_output_shape(images_shape)

    def get_config(self):
        config = {**self.encoder.get_config(), **super().get_config()}
        del config["d_model"]
        return {
            **config,
            "tokenizer": serialized(self.patch_embedding.tokenizer),
            "image_shape": self.image_shape,
            "position_scheme": serialized(self.patch_embedding.position_scheme),
            "num_prefix": self.num_prefix,
            "rescaling": serialized(self.rescaling),
            "attention": serialized(self.attention),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, _SERIALIZED))

    def _placed(self, attention):
        """Mechanisms that know the grid."""
        if isinstance(attention, list):
            return [self._placed(mechanism) for mechanism in attention]
        return None if attention is None else attention.on_grid(self.grid, self.num_prefix)

    def _check_size(self, images_shape):
        same = tuple(images_shape[1:3]) == self.image_shape[:2]
        if not same and any(layer.attention.knows_grid for layer in self.encoder.layers):
            raise ValueError(
                "Pictures must have the size of `image_shape`, as a part of `attention` is for its "
                f"grid; `resized` gives a model for another one. Received: images.shape="
                f"{tuple(images_shape)}, image_shape={self.image_shape}."
            )


def _checked(image_shape):
    if not isinstance(image_shape, (list, tuple)) or len(image_shape) != 3:
        raise ValueError(
            "`image_shape` must be `(height, width, channels)`. "
            f"Received: image_shape={image_shape}."
        )
    return tuple(positive_integer("image_shape", size) for size in image_shape)
