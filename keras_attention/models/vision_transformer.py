"""An encoder of pictures with one or several heads, each of which says something of a picture."""

import keras
from keras import ops

from keras_attention.layers.arguments import one_of
from keras_attention.layers.image_encoder import ImageEncoder
from keras_attention.layers.image_tokenizers.patches import Patches
from keras_attention.layers.pooling import FirstTokenPooling
from keras_attention.layers.prediction_heads import SequenceHead
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.training.model import Model

# The sizes of the papers, and of `vision_transformer(…)`: name -> arguments. The `Lite` ones are
# for small pictures.
VARIANTS = {
    "Ti": dict(d_model=192, num_layers=12, num_heads=3, dff=768),
    "S": dict(d_model=384, num_layers=12, num_heads=6, dff=1536),
    "B": dict(d_model=768, num_layers=12, num_heads=12, dff=3072),
    "Lite-6": dict(d_model=256, num_layers=6, num_heads=4, dff=512),
    "Lite-7": dict(d_model=256, num_layers=7, num_heads=4, dff=512),
}


@keras.saving.register_keras_serializable(package="keras_attention")
class VisionTransformer(Model):
    """Says something of pictures: classes, labels, numbers.

    What it is depends on its parts. A class token as `FirstTokenPooling` reads it is ViT,
    `ClassAttentionPooling` CaiT, `GridWindow` in turn with and without a shift a Swin of one stage.
    `vision_transformer` makes the usual sizes; `DistilledVisionTransformer` is DeiT.

    Poolings of more than one token see the patches alone, not the learned tokens before them.

    Args:
        encoder: An `ImageEncoder`.
        head: A `SequenceHead`, or a dictionary of them by name.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, num_outputs]`, or a dictionary of them by the heads' names.

    Example:

    >>> encoder = keras_attention.ImageEncoder(
    ...     keras_attention.Patches(16, patch_size=4), (8, 12, 3), num_layers=2, num_heads=4, dff=32
    ... )
    >>> head = keras_attention.SequenceHead(5, keras_attention.FirstTokenPooling())
    >>> model = keras_attention.VisionTransformer(encoder, head)
    >>> model(np.ones((2, 8, 12, 3))).shape
    (2, 5)

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929)
        - [Touvron et al., 2021](https://arxiv.org/abs/2103.17239), CaiT
        - [Liu et al., 2021](https://arxiv.org/abs/2103.14030), Swin
    """

    def __init__(self, encoder, head, *, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.encoder = encoder
        self.head = head
        self.build()  # at once, so that weights can be loaded before the first call

    def build(self, images_shape=None):  # noqa: ARG002 - the encoder knows it
        if not self.encoder.built:
            self.encoder.build()
            self.encoder.built = True
        for head in keras.tree.flatten(self.head):
            if not head.built:  # as one from a file is
                head.build((None, None, self.encoder.d_model))
        self.built = True

    def call(self, images, training=None):
        x = self.encoder(images, training=training)  # [batch, length, d_model]
        mask = self._patches(x)
        if isinstance(self.head, dict):
            return {
                name: head(x, padding_mask=mask, training=training)
                for name, head in self.head.items()
            }
        return self.head(x, padding_mask=mask, training=training)

    def attention_scores(self, inputs):
        """What each token attends to, by layer and head.

        Args:
            inputs: As `images` in the call.

        Returns:
            Weights `[batch, num_layers, num_heads, length, length]`, of the learned tokens and then
            the patches row by row.
        """
        return self.encoder(inputs, return_attention_scores=True)[1]

    def pooling_shares(self, inputs, head=None):
        """How much of what a head pools comes from each token.

        Args:
            inputs: As `images` in the call.
            head: The name of the head, if there are several.

        Returns:
            Float tensor `[batch, length]`.
        """
        x = self.encoder(inputs)
        chosen = self.head[head] if isinstance(self.head, dict) else self.head
        return chosen.pooling.shares(x, padding_mask=self._patches(x))

    def resized(self, image_size):
        """The model for pictures of another size, see `ImageEncoder.resized`.

        Args:
            image_size: Pair of positive integers, `(height, width)`.

        Returns:
            A `VisionTransformer` with weights of its own.

        Raises:
            ValueError: If `image_size` is no such pair.
        """
        heads = keras.tree.map_structure(
            lambda head: head.from_config(head.get_config()), self.head
        )
        model = VisionTransformer(self.encoder.resized(image_size), heads, dtype=self.dtype_policy)
        for new, old in zip(*map(keras.tree.flatten, (heads, self.head)), strict=True):
            new.set_weights(old.get_weights())
        return model

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": serialized(self.encoder),
            "head": keras.saving.serialize_keras_object(self.head),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("encoder", "head")))

    def _patches(self, x):
        """Which tokens are patches, `[batch, length]`, or None if all are."""
        if not self.encoder.num_prefix:
            return None
        batch, length = ops.shape(x)[:2]
        return ops.broadcast_to(ops.arange(length) >= self.encoder.num_prefix, (batch, length))


def vision_transformer(variant, num_outputs, image_shape=(224, 224, 3), dtype=None, **arguments):
    """A `VisionTransformer` of a usual size.

    Args:
        variant: Size and patch, such as `"Ti/16"`, `"S/16"`, `"B/32"`; for small pictures
            `"Lite-6/4"`, `"Lite-7/4"`, or any size with a small patch, such as `"Ti/4"`.
        num_outputs: Number of outputs, see `SequenceHead`.
        image_shape: `(height, width, channels)` of the pictures.
        dtype: Of all layers, or a policy.
        **arguments: Of `ImageEncoder`, in addition to those of the variant or in their place.

    Returns:
        A `VisionTransformer` with a class token.

    Raises:
        ValueError: If there is no such variant.

    Example:

    >>> model = keras_attention.vision_transformer("Ti/4", 10, (8, 12, 3), num_layers=2)
    >>> model(np.ones((2, 8, 12, 3))).shape
    (2, 10)

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), table 1
        - [Touvron et al., 2021](https://arxiv.org/abs/2012.12877), table 1
        - [Hassani et al., 2021](https://arxiv.org/abs/2104.05704), for small pictures
    """
    size, _, patch_size = variant.partition("/")
    one_of("variant", size, VARIANTS)
    if not patch_size.isdigit():
        raise ValueError(
            "`variant` must be a size and the length of a patch, such as 'Ti/16'. "
            f"Received: variant={variant!r}."
        )
    sizes = dict(VARIANTS[size])
    tokenizer = Patches(sizes.pop("d_model"), int(patch_size), dtype=dtype)
    encoder = ImageEncoder(
        tokenizer, image_shape, name="encoder", dtype=dtype, **{**sizes, **arguments}
    )
    head = SequenceHead(num_outputs, FirstTokenPooling(dtype=dtype), name="head", dtype=dtype)
    return VisionTransformer(encoder, head, dtype=dtype)
