"""A trace of noise, so that digital silence is none."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class Dither(keras.layers.Layer):
    r"""Adds noise of a fixed loudness in training.

    $$ y_t = x_t + a\, \epsilon_t, \qquad \epsilon_t \sim \mathcal N(0, 1) $$

    The logarithm of digital silence is far below that of any room; a model should not learn it.

    Args:
        amplitude: `a`, a number of at least 0: 3e-5 is the least step of 16 bits.
        seed: Integer for what is drawn.

    Call arguments:
        waveforms: Float tensor `[batch, samples]`, usually from -1 to 1.
        padding_mask: Boolean tensor `[batch, samples]`, True = real sample. Defaults to all;
            others stay as they are.
        training: Whether to change anything.

    Returns:
        Tensor of the shape of `waveforms`.

    Raises:
        ValueError: If `amplitude` is negative.

    Example:

    >>> y = keras_attention.Dither(amplitude=0.5, seed=1)(np.zeros((2, 1000)), training=True)
    >>> round(float(np.std(y)), 1)
    0.5
    """

    def __init__(self, amplitude=3e-5, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not amplitude >= 0:
            raise ValueError(f"`amplitude` must be at least 0. Received: amplitude={amplitude}.")
        self.amplitude = amplitude
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, waveforms, padding_mask=None, training=None):
        if not training:
            return waveforms
        noise = keras.random.normal(ops.shape(waveforms), seed=self.seed_generator)
        noise = ops.cast(self.amplitude * noise, waveforms.dtype)
        if padding_mask is not None:
            noise = noise * ops.cast(padding_mask, noise.dtype)
        return waveforms + noise

    def compute_output_shape(self, waveforms_shape, padding_mask_shape=None):  # noqa: ARG002
        return waveforms_shape

    def get_config(self):
        return {**super().get_config(), "amplitude": self.amplitude, "seed": self.seed}
