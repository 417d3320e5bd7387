"""Adam by TensorFlow's own kernel."""

import keras


@keras.saving.register_keras_serializable(package="keras_attention")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, each weight updated by one kernel instead of a dozen.

    Takes the same arguments and does the same to float32 rounding. The kernel is TensorFlow's; with
    `amsgrad`, for variables that a strategy has copied to several devices, and on other backends
    Keras' own steps are made.

    Args:
        learning_rate: Float or a schedule.
        beta_1, beta_2: How slowly the estimates of the gradient and of its square change.
        epsilon: Added to the root of the latter.
        amsgrad: Whether that root never falls.
        weight_decay: Share of each weight, times the learning rate, that a step takes away.
        clipnorm, clipvalue, global_clipnorm: Greatest norm of each gradient, greatest value, or
            greatest norm of all gradients together; at most one of them.
        use_ema, ema_momentum, ema_overwrite_frequency: Moving average of the weights.
        loss_scale_factor: Factor of the loss, which the gradients are divided by.
        gradient_accumulation_steps: Steps whose mean gradient makes one update.
        name: Name of the optimizer.
        learning_rate_factors: Dictionary from a part of a variable's path, such as `"layer_0/"`, to
            what its learning rate is multiplied by; the first part that a path holds counts. (Decay
            of weights keeps the full rate.)

    Raises:
        ValueError: If more than one way of clipping is given, or another argument is out of range.

    Example:

    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(keras_attention.Adam(1e-3), "mse")

    References:
        - [Kingma and Ba, 2015](https://arxiv.org/abs/1412.6980)
        - [Loshchilov and Hutter, 2019](https://arxiv.org/abs/1711.05101), `weight_decay`
    """

    def __init__(self, *args, learning_rate_factors=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.learning_rate_factors = dict(learning_rate_factors or {})

    def update_step(self, gradient, variable, learning_rate):
        place = self._get_variable_index(variable)
        path = self._trainable_variables[place].path
        factors = (f for part, f in self.learning_rate_factors.items() if part in path)
        learning_rate = learning_rate * next(factors, 1.0)
        kept = variable, self._momentums[place], self._velocities[place]
        handles = None if self.amsgrad else _handles(kept)
        if handles is None:
            super().update_step(gradient, variable, learning_rate)
            return

        import tensorflow as tf

        def scalar(x):
            return tf.cast(x, variable.dtype)

        step = scalar(self.iterations + 1)
        beta_1, beta_2 = scalar(self.beta_1), scalar(self.beta_2)
        tf.raw_ops.ResourceApplyAdam(
            var=handles[0],
            m=handles[1],
            v=handles[2],
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=scalar(learning_rate),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=scalar(self.epsilon),
            grad=tf.cast(tf.convert_to_tensor(gradient), variable.dtype),
        )

    def get_config(self):
        return {**super().get_config(), "learning_rate_factors": self.learning_rate_factors}


def _handles(variables):
    """What TensorFlow's kernel takes, or None if these are no plain TensorFlow variables."""
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    values = [v.value if isinstance(v, keras.Variable) else v for v in variables]
    if any(isinstance(value, tf.distribute.DistributedValues) for value in values):
        return None
    return [value.handle for value in values]
