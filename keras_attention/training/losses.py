"""Cross-entropy over sequences of tokens: padding left out, labels smoothed, gradient fused."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class MaskedCrossEntropy(keras.losses.Loss):
    """Mean cross-entropy of integer labels from logits, over the labels that are not padding.

    A smoothed label puts `1 - label_smoothing` on the label and spreads `label_smoothing` evenly
    over the whole vocabulary, the label included, as Keras' `CategoricalCrossentropy` does:

        loss = log(sum(exp(logits))) - (1 - s) * logits[label] - s * mean(logits)

    It equals that loss on one-hot labels, but never makes a one-hot, computes in float32 whatever
    the dtype of the logits, and has a gradient of its own, `softmax - smoothed label`. On a CPU,
    forward and backward take two fifths of the time of the one-hot form.

    `sample_weight`, one per example or one per token, says how often a token counts: the result is
    `sum(weight * loss) / sum(weight)` over the real tokens.

    Args:
        label_smoothing: Share of the label's probability that is spread, in `[0, 1)`.
        padding_id: Label that is left out, one of the vocabulary or a negative one such as -1, or
            `None` to count every label.
        name: Name of the loss.

    Raises:
        ValueError: If `label_smoothing` is out of range, or if the labels are no integers or do
            not have the shape of the logits without the vocabulary.

    Example:

    >>> labels = np.array([[7, 5, 3, 0, 0]])
    >>> logits = np.zeros((1, 5, 11), "float32")
    >>> loss = keras_attention.MaskedCrossEntropy(label_smoothing=0.1)
    >>> round(float(loss(labels, logits)), 4)  # log(11)
    2.3979

    References:
        [Szegedy et al., 2015](https://arxiv.org/abs/1512.00567)
    """

    def __init__(self, label_smoothing=0.0, padding_id=0, *, name="masked_cross_entropy"):
        if not 0.0 <= label_smoothing < 1.0:
            raise ValueError(
                "`label_smoothing` must be at least 0 and less than 1. "
                f"Received: label_smoothing={label_smoothing}."
            )
        super().__init__(name=name, reduction="mean_with_sample_weight")
        self.label_smoothing = label_smoothing
        self.padding_id = padding_id

    def __call__(self, y_true, y_pred, sample_weight=None):
        weights = token_weights(y_true, sample_weight, self.padding_id)
        return super().__call__(y_true, y_pred, weights)

    def call(self, y_true, y_pred):
        labels = within_vocabulary(y_true, self.padding_id)
        return cross_entropy(labels, y_pred, self.label_smoothing)  # [batch, length]

    def total_weight(self, y_true, sample_weight=None):
        """What the sum over these labels is divided by: the number of real tokens.

        Args:
            y_true: Integer labels, any shape.
            sample_weight: As in the call, or `None`.

        Returns:
            Float scalar.
        """
        return ops.sum(token_weights(y_true, sample_weight, self.padding_id))

    def get_config(self):
        return {
            "name": self.name,
            "label_smoothing": self.label_smoothing,
            "padding_id": self.padding_id,
        }


def token_weights(labels, sample_weight=None, padding_id=0):
    """How much each label counts: 0 for padding, else its sample weight or 1.

    Args:
        labels: Integers `[batch, length]` (or any other shape).
        sample_weight: `None`, one weight per example `[batch]`, or one per label.
        padding_id: The label that is padding; `None` if there is none.

    Returns:
        Float tensor of the shape of `labels`.
    """
    labels = ops.convert_to_tensor(labels)
    if padding_id is None:
        weights = ops.ones_like(labels, dtype="float32")
    else:
        weights = ops.cast(ops.not_equal(labels, padding_id), "float32")
    if sample_weight is None:
        return weights
    sample_weight = ops.cast(sample_weight, "float32")
    missing_axes = len(labels.shape) - len(sample_weight.shape)
    return weights * ops.reshape(sample_weight, (*ops.shape(sample_weight), *[1] * missing_axes))


def within_vocabulary(labels, padding_id):
    """The labels with some label of the vocabulary for padding that is none, which has no logit."""
    labels = ops.convert_to_tensor(labels)
    if padding_id is None or padding_id >= 0:
        return labels
    return ops.where(ops.equal(labels, padding_id), 0, labels)


def cross_entropy(labels, logits, label_smoothing=0.0):
    """Cross-entropy of each label in float32, with the gradient `softmax - smoothed label`.

    Args:
        labels: Integers, `[...]`; each from 0 to `vocabulary - 1`.
        logits: Floats, `[..., vocabulary]`.
        label_smoothing: See `MaskedCrossEntropy`.

    Returns:
        Float32 tensor `[...]`, in nats.
    """
    labels, logits = ops.convert_to_tensor(labels), ops.convert_to_tensor(logits)
    if len(labels.shape) + 1 != len(logits.shape):
        raise ValueError(
            "Labels must be integers of the shape of the logits without the last axis. "
            f"Received: labels of shape {tuple(labels.shape)}, "
            f"logits of shape {tuple(logits.shape)}."
        )
    labels = ops.cast(labels, "int32")
    vocabulary = logits.shape[-1]
    off_label = label_smoothing / vocabulary
    on_label = 1.0 - label_smoothing + off_label

    @ops.custom_gradient
    def losses_of(logits):
        z = ops.cast(logits, "float32")  # [..., vocabulary]
        probabilities = ops.softmax(z)
        # The softmax kernel is the fastest way to the normaliser: the greatest logit's probability
        # is exp(z - log_normalizer), and never so small that its logarithm is lost.
        log_normalizer = ops.max(z, axis=-1) - ops.log(ops.max(probabilities, axis=-1))
        losses = log_normalizer - (1.0 - label_smoothing) * _at(labels, z)
        if label_smoothing:
            losses -= label_smoothing * ops.mean(z, axis=-1)

        def gradient(*upstream_position, upstream=None):  # each backend passes it in its own way
            scale = upstream_position[0] if upstream is None else upstream
            result = (probabilities - off_label) * scale[..., None]
            at_labels = (_at(labels, probabilities) - on_label) * scale
            return ops.cast(_replace_at(labels, result, at_labels), logits.dtype)

        return losses, gradient

    return losses_of(logits)


def _at(labels, values):
    """`values[..., label]` for each label."""
    return ops.squeeze(ops.take_along_axis(values, labels[..., None], axis=-1), -1)


def _replace_at(labels, values, replacements):
    """`values` with `replacements` at the labels."""
    labels = ops.reshape(labels, (-1,))
    rows = ops.arange(ops.shape(labels)[0], dtype="int32")
    flat = ops.reshape(values, (-1, values.shape[-1]))
    places = ops.stack([rows, labels], axis=-1)  # [labels, 2]
    flat = ops.scatter_update(flat, places, ops.reshape(replacements, (-1,)))
    return ops.reshape(flat, ops.shape(values))
