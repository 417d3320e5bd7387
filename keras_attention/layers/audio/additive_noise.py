"""Waveforms with noise."""

import keras
from keras import ops

from keras_attention.layers.arguments import ascending_pair

_LEAST_POWER = 1e-12


@keras.saving.register_keras_serializable(package="keras_attention")
class AdditiveNoise(keras.layers.Layer):
    r"""Adds white noise in training, so many decibels weaker than the waveform, drawn for each.

    $$ y = x + n, \qquad \overline{n^2} = 10^{-s / 10}\, \overline{x^2}, \qquad s \sim U(a, b) $$

    Args:
        signal_to_noise: Pair `(a, b)`, in decibels.
        rate: Share of the waveforms that get any.
        seed: Integer for what is drawn.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`.
        padding_mask: Boolean tensor `[batch, samples]`, True = real sample. Padding gets no noise.
            Defaults to all.
        training: Whether to add any.

    Returns:
        Tensor of the shape of `waveforms`.

    Raises:
        ValueError: If `signal_to_noise` is no pair in ascending order, or `rate` not from 0 to 1.

    Example:

    >>> keras_attention.AdditiveNoise((10.0, 30.0))(np.ones((2, 5)), training=True).shape
    (2, 5)
    """

    def __init__(self, signal_to_noise=(10.0, 40.0), rate=1.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.signal_to_noise = ascending_pair("signal_to_noise", signal_to_noise)
        if not 0 <= rate <= 1:
            raise ValueError(f"`rate` must be from 0 to 1. Received: rate={rate}.")
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, waveforms, padding_mask=None, training=None):
        if not training:
            return waveforms
        x, batch = ops.cast(waveforms, "float32"), ops.shape(waveforms)[0]
        ones = ops.ones_like(x)
        real = ones if padding_mask is None else ops.cast(padding_mask, "float32")
        count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
        power = ops.sum(ops.square(x) * real, axis=1, keepdims=True) / count
        ratio = keras.random.uniform((batch, 1), *self.signal_to_noise, seed=self.seed_generator)
        deviation = ops.sqrt(ops.maximum(power, _LEAST_POWER) * ops.power(10.0, -ratio / 10.0))
        chosen = keras.random.uniform((batch, 1), seed=self.seed_generator) < self.rate
        noise = keras.random.normal(ops.shape(x), seed=self.seed_generator)
        noise = noise * deviation * real * ops.cast(chosen, "float32")
        return waveforms + ops.cast(noise, waveforms.dtype)

    def compute_output_shape(self, waveforms_shape, padding_mask_shape=None):  # noqa: ARG002
        return waveforms_shape

    def get_config(self):
        return {
            **super().get_config(),
            "signal_to_noise": self.signal_to_noise,
            "rate": self.rate,
            "seed": self.seed,
        }
