"""Schedules of rates that are no learning rates."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class VShaped(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that falls to 0 along a straight line, then rises along another.

    Made for `MultiHeadAttention(head_dropout=…)`: early in training the dropout keeps a few heads
    from taking over, at the end it is against overfitting.

    Args:
        first_rate: The rate of step 0.
        turning_step: The step of rate 0, positive.
        last_rate: The rate of step `total_steps` and after.
        total_steps: Greater than `turning_step`.

    Raises:
        ValueError: If the steps are out of order.

    Example:

    >>> schedule = keras_attention.VShaped(0.5, turning_step=10, last_rate=0.25, total_steps=30)
    >>> [float(schedule(step)) for step in (0, 5, 10, 20, 40)]
    [0.5, 0.25, 0.0, 0.125, 0.25]

    References:
        [Zhou et al., 2020](https://arxiv.org/abs/2004.13342)
    """

    def __init__(self, first_rate, turning_step, last_rate, total_steps):
        if not 0 < turning_step < total_steps:
            raise ValueError(
                "`turning_step` must be above 0 and below `total_steps`. "
                f"Received: turning_step={turning_step}, total_steps={total_steps}."
            )
        self.first_rate, self.turning_step = first_rate, turning_step
        self.last_rate, self.total_steps = last_rate, total_steps

    def __call__(self, step):
        step = ops.cast(step, "float32")
        fall = 1.0 - step / self.turning_step
        rise = (step - self.turning_step) / (self.total_steps - self.turning_step)
        return self.first_rate * ops.maximum(fall, 0.0) + self.last_rate * ops.clip(rise, 0.0, 1.0)

    def get_config(self):
        return {
            "first_rate": self.first_rate,
            "turning_step": self.turning_step,
            "last_rate": self.last_rate,
            "total_steps": self.total_steps,
        }
