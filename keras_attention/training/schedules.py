"""Learning rates that grow during a warm-up and fall afterwards.

Keras calls a schedule with the number of updates made so far. Update `n = step + 1` is the first
for `step = 0`, so the very first update already learns and the peak is reached by update
`warmup_steps`.
"""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class InverseSquareRoot(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then a fall with the inverse square root of the number of updates.

    With `n = step + 1`:

        learning_rate = peak_learning_rate * min(n / warmup_steps, sqrt(warmup_steps / n))

    The paper's rate is the one with `peak_learning_rate = (d_model * warmup_steps) ** -0.5`.

    Args:
        peak_learning_rate: The highest learning rate, reached at update `warmup_steps`.
        warmup_steps: Number of updates until the peak, at least 1.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> schedule = keras_attention.InverseSquareRoot(peak_learning_rate=1e-3, warmup_steps=100)
    >>> [round(float(schedule(step)), 6) for step in (0, 99, 399)]
    [1e-05, 0.001, 0.0005]

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 5.3
    """

    def __init__(self, peak_learning_rate, warmup_steps):
        _check(peak_learning_rate, warmup_steps, least_warmup=1)
        self.peak_learning_rate = peak_learning_rate
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        n = ops.cast(step, "float32") + 1.0
        return self.peak_learning_rate * ops.minimum(
            n / self.warmup_steps, ops.sqrt(self.warmup_steps / n)
        )

    def get_config(self):
        return {"peak_learning_rate": self.peak_learning_rate, "warmup_steps": self.warmup_steps}


class _WarmupDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then from the peak to the final rate along the curve of a subclass."""

    def __init__(self, peak_learning_rate, warmup_steps, total_steps, final_learning_rate=0.0):
        _check(peak_learning_rate, warmup_steps, least_warmup=0)
        if total_steps <= warmup_steps:
            raise ValueError(
                "`total_steps` must be greater than `warmup_steps`. "
                f"Received: total_steps={total_steps}, warmup_steps={warmup_steps}."
            )
        if not 0 <= final_learning_rate <= peak_learning_rate:
            raise ValueError(
                "`final_learning_rate` must be from 0 to `peak_learning_rate`. Received: "
                f"final_learning_rate={final_learning_rate}, "
                f"peak_learning_rate={peak_learning_rate}."
            )
        self.peak_learning_rate = peak_learning_rate
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.final_learning_rate = final_learning_rate

    def __call__(self, step):
        n = ops.cast(step, "float32") + 1.0
        progress = (n - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        remaining = self._remaining(ops.clip(progress, 0.0, 1.0))  # from 1 to 0
        span = self.peak_learning_rate - self.final_learning_rate
        warmup = self.peak_learning_rate * n / max(self.warmup_steps, 1)
        return ops.where(n < self.warmup_steps, warmup, self.final_learning_rate + span * remaining)

    def get_config(self):
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "final_learning_rate": self.final_learning_rate,
        }


@keras.saving.register_keras_serializable(package="keras_attention")
class WarmupCosine(_WarmupDecay):
    """Linear warm-up, then half a cosine wave down to the final learning rate.

    With `n = step + 1` and `p = (n - warmup_steps) / (total_steps - warmup_steps)`:

        n <= warmup_steps:   peak * n / warmup_steps
        n <= total_steps:    final + (peak - final) * (1 + cos(pi * p)) / 2
        afterwards:          final

    Args:
        peak_learning_rate: The highest learning rate, reached at update `warmup_steps`.
        warmup_steps: Number of updates until the peak; 0 for none.
        total_steps: Number of updates until the final learning rate.
        final_learning_rate: The learning rate from update `total_steps` on.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> schedule = keras_attention.WarmupCosine(1e-3, warmup_steps=10, total_steps=110)
    >>> [round(float(schedule(step)), 6) for step in (0, 9, 59, 109)]
    [0.0001, 0.001, 0.0005, 0.0]

    References:
        [Loshchilov and Hutter, 2016](https://arxiv.org/abs/1608.03983)
    """

    def _remaining(self, progress):
        return 0.5 * (1.0 + ops.cos(math.pi * progress))


@keras.saving.register_keras_serializable(package="keras_attention")
class WarmupLinear(_WarmupDecay):
    """Linear warm-up, then a straight line down to the final learning rate.

    With `n = step + 1` and `p = (n - warmup_steps) / (total_steps - warmup_steps)`:

        n <= warmup_steps:   peak * n / warmup_steps
        n <= total_steps:    final + (peak - final) * (1 - p)
        afterwards:          final

    Args:
        peak_learning_rate: The highest learning rate, reached at update `warmup_steps`.
        warmup_steps: Number of updates until the peak; 0 for none.
        total_steps: Number of updates until the final learning rate.
        final_learning_rate: The learning rate from update `total_steps` on.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> schedule = keras_attention.WarmupLinear(1e-3, warmup_steps=10, total_steps=110)
    >>> [round(float(schedule(step)), 6) for step in (0, 9, 59, 109)]
    [0.0001, 0.001, 0.0005, 0.0]
    """

    def _remaining(self, progress):
        return 1.0 - progress


def _check(peak_learning_rate, warmup_steps, least_warmup):
    if peak_learning_rate <= 0:
        raise ValueError(
            "`peak_learning_rate` must be positive. "
            f"Received: peak_learning_rate={peak_learning_rate}."
        )
    if warmup_steps < least_warmup:
        raise ValueError(
            f"`warmup_steps` must be at least {least_warmup}. "
            f"Received: warmup_steps={warmup_steps}."
        )
