"""Waveforms with more of their high frequencies."""

import keras
from keras import ops

from keras_attention.layers.arguments import share


@keras.saving.register_keras_serializable(package="keras_attention")
class PreEmphasis(keras.layers.Layer):
    r"""Takes from each sample a share of the one before.

    $$ y_t = x_t - \alpha\, x_{t-1}, \qquad y_0 = (1 - \alpha)\, x_0 $$

    Speech has less power at high frequencies, which tell consonants apart.

    Args:
        coefficient: `α`.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If `coefficient` is not in `[0, 1)`.

    Example:

    >>> y = keras_attention.PreEmphasis(0.5)(np.array([[2.0, 3.0]]))
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[1.0, 2.0]]
    """

    def __init__(self, coefficient=0.97, **kwargs):
        super().__init__(**kwargs)
        self.coefficient = share("coefficient", coefficient)

    def call(self, waveforms):
        before = ops.concatenate([waveforms[:, :1], waveforms[:, :-1]], axis=1)
        return waveforms - self.coefficient * before

    def compute_output_shape(self, waveforms_shape):
        return waveforms_shape

    def get_config(self):
        return {**super().get_config(), "coefficient": self.coefficient}
