"""What a vision transformer looked at, patch by patch, by several methods."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from keras_attention.layers.class_attention_pooling import ClassAttentionPooling
from keras_attention.layers.image_encoder import ImageEncoder
from keras_attention.layers.pooling import AttentionPooling, SequencePooling
from keras_attention.layers.prediction_heads import SequenceHead
from keras_attention.models.distilled_vision_transformer import DistilledVisionTransformer
from keras_attention.models.vision_transformer import VisionTransformer
from keras_attention.visualization.attention_maps import layers_and_heads
from keras_attention.visualization.gradient_rollout import gradient_rollout
from keras_attention.visualization.rollout import attention_rollout

METHODS = ("attention", "rollout", "class_attention", "gradient_rollout")
_BATCH_SIZE = 16  # attention weights of many patches are large
# Poolings that learn which tokens count.
_LEARNED_POOLINGS = (AttentionPooling, ClassAttentionPooling, SequencePooling)


class Explainer:
    """Shows which patches of a picture a model looked at.

    All is computed in float32, and with the weights that the model has at the time of each call.

    Args:
        model: with an `ImageEncoder` and one `SequenceHead`, or a `DistilledVisionTransformer`, of
            which the mean of both heads is explained.

    Raises:
        ValueError: if it has others, or its weights are not in float32.
    """

    def __init__(self, model: VisionTransformer):
        encoder, head = getattr(model, "encoder", None), getattr(model, "head", None)
        is_mean = isinstance(model, DistilledVisionTransformer)
        heads = list(head.values()) if is_mean else [head]
        if not (
            isinstance(encoder, ImageEncoder)
            and all(isinstance(one, SequenceHead) for one in heads)
        ):
            raise ValueError(
                "Only a model with an `ImageEncoder` as `encoder` and one `SequenceHead` as `head` "
                "is explained, or a `DistilledVisionTransformer`. Received: "
                f"encoder={encoder!r}, head={head!r}."
            )
        self._encoder, self._heads = encoder, heads
        images = tf.TensorSpec([None, *encoder.image_shape], tf.float32)
        classes = tf.TensorSpec([None], tf.int64)
        with _in_float32((encoder, *heads)):
            self._look = _graph(self._forward, [images])
            self._look_with_gradients = _graph(self._forward_and_backward, [images, classes])

    @property
    def methods(self) -> tuple[str, ...]:
        """Those of `METHODS` that the model has: of class attention, only if its pooling learns
        which tokens count."""
        learned = isinstance(self._heads[0].pooling, _LEARNED_POOLINGS)
        return tuple(name for name in METHODS if learned or name != "class_attention")

    def maps(
        self, images: np.ndarray, method: str, classes: np.ndarray | None = None
    ) -> np.ndarray:
        """How much of what the model says of each picture comes from each patch.

        - `attention`: what the class token attends to in the last layer, by the mean of its heads.
          Without a class token, what all tokens that are pooled attend to, by their shares.
        - `rollout`: the same through all layers, see `attention_rollout`.
        - `class_attention`: the shares of a pooling that learns them, such as class attention.
        - `gradient_rollout`: what attention brought through all layers that spoke for a class, see
          `gradient_rollout`; not what a patch that is pooled says of itself.

        Args:
            images: float32 `[batch, height, width, channels]`, as the model takes them.
            method: one of `methods`.
            classes: integers `[batch]`, those that `gradient_rollout` explains; by default those
                that the model says.

        Returns:
            Float array `[batch, rows, columns]`, none of it scaled: shares of 1, of which learned
            tokens may have a part, or relevances of any size.

        Raises:
            ValueError: if the model has no such method, or images or classes are of another shape.
        """
        if method not in self.methods:
            raise ValueError(
                f"`method` must be one of {', '.join(self.methods)} for this model. Received: "
                f"method={method!r}."
            )
        images = self._checked(images)
        if classes is not None:
            classes = self._checked_classes(classes, len(images))
        found = []
        for start in range(0, len(images), _BATCH_SIZE):
            part = slice(start, start + _BATCH_SIZE)
            chosen = None if classes is None else classes[part]
            found.append(self._on_grid(self._scores(images[part], method, chosen)))
        return np.concatenate(found)

    def layers_and_heads(self, image: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """What each layer attends to, by the mean of its heads, and each head of the last one.

        Args:
            image: float32 `[height, width, channels]`, as the model takes it.

        Returns:
            Float array `[layers + heads, rows, columns]` and a title for each map, for
            `picture_figure`.

        Raises:
            ValueError: if the image is of another shape.
        """
        images = self._checked(np.asarray(image)[None])
        _, weights, shares = self._look(tf.constant(images))
        scores = np.einsum("i,lhij->lhj", shares[0], weights[0])
        return layers_and_heads(self._on_grid(scores))

    def weights_and_gradients(
        self, images: np.ndarray, classes: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The attention weights, and how much the logit of a class grows with each of them.

        Args:
            images, classes: as for `maps`.

        Returns:
            Two float32 arrays `[batch, num_layers, num_heads, length, length]`.

        Raises:
            ValueError: if images or classes are of another shape.
        """
        images = self._checked(images)
        classes = self._checked_classes(classes, len(images))
        weights, gradients = self._look_with_gradients(tf.constant(images), tf.constant(classes))
        return weights.numpy(), gradients.numpy()

    def _scores(self, images, method, classes) -> np.ndarray:
        """A number for each token, `[batch, length]`."""
        logits, weights, shares = (x.numpy() for x in self._look(tf.constant(images)))
        if method == "class_attention":
            return shares
        if method == "attention":
            flow = weights[:, -1].mean(axis=1)
        elif method == "rollout":
            flow = attention_rollout(weights)
        else:
            classes = logits.argmax(axis=-1) if classes is None else classes
            weights, gradients = self.weights_and_gradients(images, classes)
            # What each token began with speaks for no class: of patches that are pooled, it would
            # hide what attention brought.
            flow = gradient_rollout(weights, gradients) - np.eye(weights.shape[-1])
        return np.einsum("bi,bij->bj", shares, flow)

    def _forward(self, images):
        """Logits, weights `[batch, num_layers, num_heads, length, length]` and shares."""
        logits, weights, shares = self._layer_by_layer(images)
        return logits, tf.stack(weights, axis=1), shares

    def _forward_and_backward(self, images, classes):
        """The same weights, and the gradients of the logits of `classes` in the same shape."""
        with tf.GradientTape() as tape:
            tape.watch(images)  # or else nothing is recorded of a model that is frozen
            logits, weights, _ = self._layer_by_layer(images)
            chosen = tf.gather(logits, classes, axis=1, batch_dims=1)
        gradients = tape.gradient(chosen, weights)
        if any(gradient is None for gradient in gradients):
            raise ValueError(
                "A model is explained if its weights are in float32: its dtype policy must be "
                f"float32 or a mixed one. Received: {self._encoder.dtype_policy.name}."
            )
        return tf.stack(weights, axis=1), tf.stack(gradients, axis=1)

    def _layer_by_layer(self, images):
        """What the model computes, with each layer's weights themselves.

        `ImageEncoder` returns a stack of the weights. What comes after does not depend on that
        copy, so there would be no gradient with respect to it.
        """
        encoder = self._encoder
        x = images if encoder.rescaling is None else encoder.rescaling(images)
        x = encoder.patch_embedding(x)  # [batch, length, d_model]
        all_weights = []
        for layer in encoder.encoder.layers:
            x, weights = layer(x, return_attention_scores=True, training=False)
            all_weights.append(weights)
        if encoder.encoder.final_normalization is not None:
            x = encoder.encoder.final_normalization(x)
        mask = None
        if encoder.num_prefix:  # the patches, as in `VisionTransformer`
            batch, length = tf.shape(x)[0], x.shape[1]
            mask = tf.broadcast_to(tf.range(length) >= encoder.num_prefix, (batch, length))
        logits = [one(x, padding_mask=mask, training=False) for one in self._heads]
        shares = [one.pooling.shares(x, padding_mask=mask) for one in self._heads]
        return _mean(logits), all_weights, _mean(shares)

    def _on_grid(self, scores: np.ndarray) -> np.ndarray:
        """`[..., length]` -> `[..., rows, columns]`, without the learned tokens."""
        patches = scores[..., self._encoder.num_prefix :]
        return patches.reshape(*patches.shape[:-1], *self._encoder.grid)

    def _checked(self, images) -> np.ndarray:
        images, shape = np.asarray(images, "float32"), self._encoder.image_shape
        if images.ndim != 4 or images.shape[1:] != shape or not len(images):
            raise ValueError(
                f"Pictures must be of the shape {shape} that the model takes, and at least one. "
                f"Received: shape {images.shape}."
            )
        return images

    def _checked_classes(self, classes, count: int) -> np.ndarray:
        classes, outputs = np.asarray(classes, "int64"), self._heads[0].num_outputs
        if classes.shape != (count,) or classes.min() < 0 or classes.max() >= outputs:
            raise ValueError(
                f"`classes` must be an integer from 0 to {outputs - 1} for each of {count} "
                f"pictures. Received: classes={classes.tolist()}."
            )
        return classes


def _mean(tensors):
    return sum(tensors) / len(tensors)


def _graph(function, signature) -> Any:
    """A function that is traced here and now, and not again."""
    return tf.function(function, signature, autograph=False).get_concrete_function()


@contextmanager
def _in_float32(layers) -> Iterator[None]:
    """Lets layers of a mixed policy compute in float32 for as long as they are traced.

    In a mixed policy a layer returns a rounded copy of its weights, which nothing depends on.
    """
    all_layers = [one for layer in layers for one in layer._flatten_layers()]
    mixed = [one for one in all_layers if one.dtype_policy.name.startswith("mixed_")]
    policies = [one.dtype_policy for one in mixed]
    try:
        for one in mixed:
            one.dtype_policy = "float32"
        yield
    finally:
        for one, policy in zip(mixed, policies, strict=True):
            one.dtype_policy = policy
