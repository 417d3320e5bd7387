"""A vision transformer that learns from a teacher through a token of its own."""

import keras

from keras_attention.models.vision_transformer import VisionTransformer

LABEL, DISTILLED = "label", "distilled"


@keras.saving.register_keras_serializable(package="keras_attention")
class DistilledVisionTransformer(VisionTransformer):
    r"""Two learned tokens with a head each: one learns the labels, one what a teacher says (DeiT).

    $$ y = (z_\mathrm{label} + z_\mathrm{distilled}) / 2 $$

    Assign `HardDistillation(teacher)` or `SoftDistillation(teacher)` to `objective` before `fit`:
    the first head then learns from the labels, the second from the teacher. Compile and fit it as a
    model of one head.

    Args:
        encoder: An `ImageEncoder` with `num_prefix` of at least 2.
        head: Dictionary of two `SequenceHead`s with the same number of outputs, `"label"` with
            `FirstTokenPooling()` and `"distilled"` with `TokenPooling(1)`.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, num_outputs]`, the mean of both heads' logits.

    Raises:
        ValueError: If `head` is no such dictionary, or the encoder has fewer learned tokens.

    Example:

    >>> encoder = keras_attention.ImageEncoder(
    ...     keras_attention.Patches(16, patch_size=4),
    ...     (8, 12, 3),
    ...     num_layers=2,
    ...     num_heads=4,
    ...     dff=32,
    ...     num_prefix=2,
    ... )
    >>> heads = {
    ...     "label": keras_attention.SequenceHead(5, keras_attention.FirstTokenPooling()),
    ...     "distilled": keras_attention.SequenceHead(5, keras_attention.TokenPooling(1)),
    ... }
    >>> model = keras_attention.DistilledVisionTransformer(encoder, heads)
    >>> model(np.ones((2, 8, 12, 3))).shape
    (2, 5)

    References:
        [Touvron et al., 2021](https://arxiv.org/abs/2012.12877), section 4
    """

    def __init__(self, encoder, head, *, name=None, trainable=True, dtype=None):
        _check(encoder, head)
        super().__init__(encoder, head, name=name, trainable=trainable, dtype=dtype)

    def call(self, images, training=None):
        answers = self.each_head(images, training=training)
        return (answers[LABEL] + answers[DISTILLED]) / 2

    def each_head(self, images, training=None):
        """What each head says.

        Args:
            images, training: As in the call.

        Returns:
            Dictionary of tensors `[batch, num_outputs]`, `"label"` and `"distilled"`.
        """
        return super().call(images, training=training)

    def resized(self, image_size):
        plain = super().resized(image_size)
        return DistilledVisionTransformer(plain.encoder, plain.head, dtype=self.dtype_policy)


def _check(encoder, head):
    if encoder.num_prefix < 2:
        raise ValueError(
            "The encoder must have at least two learned tokens, for the labels and for the "
            f"teacher. Received: num_prefix={encoder.num_prefix}."
        )
    names = set(head) if isinstance(head, dict) else None
    if names != {LABEL, DISTILLED} or head[LABEL].num_outputs != head[DISTILLED].num_outputs:
        raise ValueError(
            f"`head` must be a dictionary of two heads, {LABEL!r} and {DISTILLED!r}, with the same "
            f"number of outputs. Received: head={head!r}."
        )
