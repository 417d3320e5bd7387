"""What Keras divides the sum of a loss by: the weight of one replica's mean among the others'."""

import keras
from keras import ops

# Losses whose labels are distributions over the last axis: each counts once, not by its classes.
_OF_DISTRIBUTIONS = (
    keras.losses.CategoricalCrossentropy,
    keras.losses.CategoricalFocalCrossentropy,
    keras.losses.KLDivergence,
)


def default_loss_weight(loss, x, y, sample_weight=None):
    """The number of labels, or the sum of weights, that a compiled loss averages over.

    Args:
        loss: What `compile` was given: a `keras.losses.Loss`, a function, a name, nested, or None.
        x, y, sample_weight: One batch; `y` and `sample_weight` may be `None`.

    Returns:
        Scalar tensor. With nested labels or none, the number of examples: then replicas are
        weighed by their examples.
    """
    if y is None or keras.tree.is_nested(y) or keras.tree.is_nested(loss):
        first = next(leaf for leaf in keras.tree.flatten(x) if leaf is not None)
        return ops.shape(first)[0]
    if hasattr(loss, "total_weight"):
        return loss.total_weight(y, sample_weight)
    if isinstance(loss, _OF_DISTRIBUTIONS):
        y = y[..., 0]
    counted = ops.ones_like(y, dtype="float32")
    if getattr(loss, "ignore_class", None) is not None:
        counted = ops.cast(ops.not_equal(y, loss.ignore_class), "float32")
    if getattr(loss, "reduction", None) == "mean_with_sample_weight" and sample_weight is not None:
        counted = counted * ops.reshape(sample_weight, (-1, *[1] * (len(y.shape) - 1)))
    return ops.sum(counted)


def is_summed(loss):
    """Whether a compiled loss adds up over the examples, so that replicas just add up too."""
    return getattr(loss, "reduction", "mean") in ("sum", "none", None)
