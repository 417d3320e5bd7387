"""Waveforms louder or softer."""

import keras
from keras import ops

from keras_attention.layers.arguments import ascending_pair


@keras.saving.register_keras_serializable(package="keras_attention")
class RandomGain(keras.layers.Layer):
    r"""Makes each waveform louder or softer in training, by decibels drawn for each.

    $$ y = 10^{g / 20}\, x, \qquad g \sim U(a, b) $$

    Args:
        decibels: Pair `(a, b)`.
        seed: Integer for what is drawn.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`.
        training: Whether to change them.

    Returns:
        Tensor of the same shape.

    Raises:
        ValueError: If `decibels` is no pair in ascending order.

    Example:

    >>> keras_attention.RandomGain((-6.0, 6.0))(np.ones((2, 5)), training=True).shape
    (2, 5)
    """

    def __init__(self, decibels=(-6.0, 6.0), seed=None, **kwargs):
        super().__init__(**kwargs)
        self.decibels = ascending_pair("decibels", decibels)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, waveforms, training=None):
        if not training:
            return waveforms
        shape = (ops.shape(waveforms)[0], 1)
        gain = keras.random.uniform(shape, *self.decibels, seed=self.seed_generator)
        return waveforms * ops.cast(ops.power(10.0, gain / 20.0), waveforms.dtype)

    def compute_output_shape(self, waveforms_shape):
        return waveforms_shape

    def get_config(self):
        return {**super().get_config(), "decibels": self.decibels, "seed": self.seed}
