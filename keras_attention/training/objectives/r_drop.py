"""Two dropouts of one example shall say the same."""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from keras_attention.training.objectives.objective import Objective


@dataclass(frozen=True)
class RDrop(Objective):
    r"""Penalises how much the predictions of two forward passes with different dropout differ.

    $$ L = \tfrac12 (L_1 + L_2) + \tfrac{\alpha}{2} \big( D(P_1 \| P_2) + D(P_2 \| P_1) \big) $$

    Args:
        weight: `α`.
        distribution: What the predictions are: `"softmax"`, logits of one of several classes;
            `"sigmoid"`, logits of labels that apply or not; `"normal"`, numbers, whose divergence
            is their squared difference.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> objective = keras_attention.RDrop(weight=4.0)

    References:
        [Liang et al., 2021](https://arxiv.org/abs/2106.14448)
    """

    weight: float = 1.0
    distribution: Literal["softmax", "sigmoid", "normal"] = "softmax"

    def __post_init__(self):
        if not self.weight > 0:
            raise ValueError(f"`weight` must be positive. Received: weight={self.weight}.")
        if self.distribution not in _DIVERGENCES:
            raise ValueError(
                f"`distribution` must be one of {', '.join(map(repr, _DIVERGENCES))}. "
                f"Received: distribution={self.distribution!r}."
            )

    def __call__(self, model, x, loss_of):
        first = model(x, training=True)
        loss = loss_of(first)
        second = model(x, training=True)
        loss = (loss + loss_of(second)) / 2
        divergences = keras.tree.map_structure(_DIVERGENCES[self.distribution], first, second)
        return first, loss + self.weight / 2 * sum(keras.tree.flatten(divergences))


def _softmax_divergence(first, second):
    p, q = ops.log_softmax(ops.cast(first, "float32")), ops.log_softmax(ops.cast(second, "float32"))
    return ops.mean(ops.sum((ops.exp(p) - ops.exp(q)) * (p - q), axis=-1))


def _sigmoid_divergence(first, second):
    first, second = ops.cast(first, "float32"), ops.cast(second, "float32")
    difference = ops.sigmoid(first) - ops.sigmoid(second)
    # The log-odds are the logits, so both divergences together need nothing else.
    return ops.mean(ops.sum(difference * (first - second), axis=-1))


def _normal_divergence(first, second):
    return ops.mean(ops.square(ops.cast(first, "float32") - ops.cast(second, "float32")))


_DIVERGENCES = {
    "softmax": _softmax_divergence,
    "sigmoid": _sigmoid_divergence,
    "normal": _normal_divergence,
}
