"""The worst small change of the embeddings shall not change what is said."""

from dataclasses import dataclass

import keras
from keras import ops

from keras_attention.ops.masks import padding_mask
from keras_attention.training.objectives.objective import Objective

_TINY = 1e-12  # a norm is never less


@dataclass(frozen=True)
class FGM(Objective):
    r"""Adds the loss after one step of length `ε` against each example: the fast gradient method.

    $$ g = \nabla_x L(x), \qquad L_\mathrm{FGM} = L(x) + L(x + \varepsilon\, g / \|g\|_2) $$

    For models whose inputs are a dictionary with `token_ids` and that add its `perturbation` to
    their embeddings, as `TextClassifier` does. On TensorFlow only.

    Args:
        epsilon: `ε`, the length of the step of each example; an embedding's values are about 1.

    Raises:
        ValueError: If `epsilon` is not positive.

    Example:

    >>> objective = keras_attention.FGM(epsilon=1.0)

    References:
        [Miyato et al., 2017](https://arxiv.org/abs/1605.07725)
    """

    epsilon: float = 1.0

    def __post_init__(self):
        _check_positive("epsilon", self.epsilon)

    def __call__(self, model, x, loss_of):
        _need_tensorflow()
        predictions, loss, gradient = _with_gradient(model, x, loss_of, model.no_perturbation(x))
        step = self.epsilon * gradient / _norm(gradient)
        perturbed = model({**x, "perturbation": step}, training=True)
        return predictions, loss + loss_of(perturbed)


@dataclass(frozen=True)
class FreeLB(Objective):
    r"""The mean loss along several steps against each example, from a random start.

    $$ \delta_{t+1} = \Pi_{\|\delta\| \le \varepsilon}\big(\delta_t + \alpha\, g_t / \|g_t\|_2\big),
       \qquad L_\mathrm{FreeLB} = \frac1K \sum_{t=0}^{K-1} L(x + \delta_t) $$

    What the gradient of each step costs serves the weights as well. For models as `FGM` says. On
    TensorFlow only.

    Args:
        steps: `K`.
        step_size: `α`.
        epsilon: Greatest length of the change of an example; 0 sets no limit.
        start: Length of the random first change.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> objective = keras_attention.FreeLB(steps=3, step_size=0.1, epsilon=0.3)

    References:
        [Zhu et al., 2020](https://arxiv.org/abs/1909.11764)
    """

    steps: int = 3
    step_size: float = 0.1
    epsilon: float = 0.0
    start: float = 0.05

    def __post_init__(self):
        _check_positive("steps", self.steps)
        _check_positive("step_size", self.step_size)
        for name in ("epsilon", "start"):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"`{name}` must not be negative. Received: {name}={getattr(self, name)}."
                )

    def __call__(self, model, x, loss_of):
        _need_tensorflow()
        change = _random_change(x, model.no_perturbation(x), self.start)
        losses, first = [], None
        for step in range(self.steps):
            predictions, loss, gradient = _with_gradient(model, x, loss_of, change)
            losses.append(loss)
            first = predictions if first is None else first
            if step < self.steps - 1:
                change = change + self.step_size * gradient / _norm(gradient)
                if self.epsilon:
                    change = change * ops.minimum(1.0, self.epsilon / _norm(change))
        return first, sum(losses) / self.steps


def _with_gradient(model, x, loss_of, perturbation):
    """Predictions, loss, and the loss's gradient to the perturbation, itself a constant."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(perturbation)
        predictions = model({**x, "perturbation": perturbation}, training=True)
        loss = loss_of(predictions)
    return predictions, loss, tf.stop_gradient(tape.gradient(loss, perturbation))


def _random_change(x, like, length):
    """Uniform noise of about that length for each example, none at its padding."""
    import tensorflow as tf

    noise = tf.random.uniform(tf.shape(like), -1.0, 1.0)
    noise = tf.where(padding_mask(x["token_ids"])[..., None], noise, 0.0)
    return length * noise / _norm(noise)


def _need_tensorflow():
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            "Adversarial training runs on TensorFlow only. "
            f"Received: the backend {keras.backend.backend()}."
        )


def _norm(x):
    """The length of each example's matrix, `[batch, 1, 1]`."""
    return ops.maximum(ops.sqrt(ops.sum(ops.square(x), axis=(1, 2), keepdims=True)), _TINY)


def _check_positive(name, value):
    if not value > 0:
        raise ValueError(f"`{name}` must be positive. Received: {name}={value}.")
