"""Shares of something that are dropped: constant, or as a schedule says."""

import keras

from keras_attention.layers.arguments import share


class Rate(keras.layers.Layer):
    """The rate of a dropout, and where its schedule stands.

    A schedule is asked for the number of earlier training calls, which a weight `step` counts in
    each replica, so that it is saved and loaded with the others.

    Args:
        rate: Number in `[0, 1)`, or a `keras.optimizers.schedules.LearningRateSchedule` of such.
        name: Name of the argument that it comes from.
    """

    def __init__(self, rate, name):
        super().__init__(name=name)
        self.is_scheduled = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
        self.rate = rate if self.is_scheduled else share(name, rate)

    def build(self):
        if self.is_scheduled:
            self.step = self.add_weight(
                shape=(), dtype="int", initializer="zeros", trainable=False, name="step"
            )

    def next(self, training):
        """The rate for a call of the layer: 0 at inference, or else a number or scalar tensor."""
        if not training:
            return 0.0
        if not self.is_scheduled:
            return self.rate
        rate = self.rate(self.step.value)
        self.step.assign_add(1)
        return rate
