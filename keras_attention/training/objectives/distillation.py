"""A student shall say what its teacher says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import ops

from keras_attention.training.objectives.objective import Objective


@dataclass(frozen=True)
class HardDistillation(Objective):
    r"""Adds the cross-entropy of the class that the teacher finds most likely.

    $$ L = (1 - \alpha)\, L(x, y) + \alpha\, H(\operatorname{argmax} z_\mathrm{teacher},
       \mathrm{softmax}(z_\mathrm{student})) $$

    A teacher is any model, or function, that makes logits of classes of the same inputs; it is
    called as `teacher(x, training=False)` and does not learn. Where it wants inputs of another
    scale, put it behind a `Rescaling` layer in a `keras.Sequential`.

    A student that defines `each_head(x, training)`, as `DistilledVisionTransformer` does, learns
    the labels by what that returns as `"label"`, and from the teacher by `"distilled"`.

    Args:
        teacher: The teacher.
        weight: `α`.

    Raises:
        ValueError: If `weight` is not above 0 and at most 1.

    Example:

    >>> teacher = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5)])
    >>> objective = keras_attention.HardDistillation(teacher)

    References:
        [Touvron et al., 2021](https://arxiv.org/abs/2012.12877), equation 3
    """

    teacher: Callable
    weight: float = 0.5

    def __post_init__(self):
        _check_weight(self.weight)

    def __call__(self, model: Any, x: Any, loss_of: Callable) -> tuple[Any, Any]:
        predictions, labelled, student, teacher = _answers(self.teacher, model, x)
        said = ops.argmax(teacher, axis=-1)
        log_probabilities = ops.log_softmax(student)
        chosen = ops.take_along_axis(log_probabilities, said[..., None], axis=-1)
        return predictions, _mixed(loss_of(labelled), -ops.mean(chosen), self.weight)


@dataclass(frozen=True)
class SoftDistillation(Objective):
    r"""Adds how far the student's distribution is from the teacher's, both softened.

    $$ L = (1 - \alpha)\, L(x, y) + \alpha\, \tau^2\, D\big(\mathrm{softmax}(z_\mathrm{teacher} /
       \tau) \,\|\, \mathrm{softmax}(z_\mathrm{student} / \tau)\big) $$

    What else a picture resembles is in the small probabilities, which a high temperature makes
    count.

    Args:
        teacher: The teacher, as for `HardDistillation`.
        weight: `α`.
        temperature: `τ`.

    Raises:
        ValueError: If `weight` is not above 0 and at most 1, or `temperature` is not positive.

    Example:

    >>> teacher = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(5)])
    >>> objective = keras_attention.SoftDistillation(teacher, weight=0.5, temperature=2.0)

    References:
        - [Hinton et al., 2015](https://arxiv.org/abs/1503.02531)
        - [Touvron et al., 2021](https://arxiv.org/abs/2012.12877), equation 2
    """

    teacher: Callable
    weight: float = 0.1
    temperature: float = 3.0

    def __post_init__(self):
        _check_weight(self.weight)
        if not self.temperature > 0:
            raise ValueError(
                f"`temperature` must be positive. Received: temperature={self.temperature}."
            )

    def __call__(self, model: Any, x: Any, loss_of: Callable) -> tuple[Any, Any]:
        predictions, labelled, student, teacher = _answers(self.teacher, model, x)
        q, p = (ops.log_softmax(z / self.temperature) for z in (student, teacher))
        divergence = ops.mean(ops.sum(ops.exp(p) * (p - q), axis=-1)) * self.temperature**2
        return predictions, _mixed(loss_of(labelled), divergence, self.weight)


def _answers(teacher, model, x):
    """The student's answer, what of it learns the labels and from the teacher, and the teacher's;
    the last two in float32."""
    said = ops.stop_gradient(teacher(x, training=False))
    if hasattr(model, "each_head"):
        heads = model.each_head(x, training=True)
        labelled, student = heads["label"], heads["distilled"]
        answer = (labelled + student) / 2
    else:
        answer = labelled = student = model(x, training=True)
        if isinstance(student, dict):
            raise ValueError(
                "A student must have one output, or define `each_head`, as "
                f"`DistilledVisionTransformer` does. Received: outputs {sorted(student)}."
            )
    return answer, labelled, ops.cast(student, "float32"), ops.cast(said, "float32")


def _mixed(loss, lesson, weight):
    return (1 - weight) * loss + weight * lesson


def _check_weight(weight):
    if not 0 < weight <= 1:
        raise ValueError(f"`weight` must be above 0 and at most 1. Received: weight={weight}.")
