"""A learned factor of each feature of a sublayer's output."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_number


@keras.saving.register_keras_serializable(package="keras_attention")
class LayerScale(keras.layers.Layer):
    r"""Multiplies each feature by a learned factor, small at first.

    $$ y = \gamma \odot x, \qquad \gamma = \epsilon \text{ at first} $$

    Behind each sublayer, before it is added to its input: a deep stack then begins near the
    identity, and trains. `EncoderLayer(layer_scale=…)` has it.

    Args:
        initial: `ε`; the paper takes 0.1 up to 18 layers, 1e-5 up to 24, 1e-6 beyond.

    Call arguments:
        x: Float tensor `[..., d_model]`.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `initial` is not positive.

    Example:

    >>> float(keras_attention.LayerScale(0.5)(np.ones((2, 5, 16)))[0, 0, 0])
    0.5

    References:
        [Touvron et al., 2021](https://arxiv.org/abs/2103.17239), section 2
    """

    def __init__(self, initial=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.initial = positive_number("initial", initial)

    def build(self, x_shape):
        self.gamma = self.add_weight(
            shape=(x_shape[-1],),
            initializer=keras.initializers.Constant(self.initial),
            name="gamma",
        )

    def call(self, x):
        return x * ops.cast(self.gamma, x.dtype)

    def compute_output_shape(self, x_shape):
        return x_shape

    def get_config(self):
        return {**super().get_config(), "initial": self.initial}
