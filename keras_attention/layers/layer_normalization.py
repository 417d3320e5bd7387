"""Keras' layer normalisation, faster to train."""

import keras

from keras_attention.ops.layer_normalization import layer_normalization


@keras.saving.register_keras_serializable(package="keras_attention")
class LayerNormalization(keras.layers.LayerNormalization):
    """Keras' `LayerNormalization` of the last axis, see `ops.layer_normalization`.

    Args:
        epsilon: Added to the variance.
        **kwargs: As for `keras.layers.LayerNormalization`, without `axis`, `center` and `scale`.

    Call arguments:
        inputs: Float tensor `[..., features]`.

    Returns:
        Tensor of the shape of `inputs`.

    Example:

    >>> from keras_attention.layers.layer_normalization import LayerNormalization
    >>> LayerNormalization()(np.ones((2, 5, 16))).shape
    (2, 5, 16)
    """

    def __init__(self, epsilon=1e-5, **kwargs):
        super().__init__(epsilon=epsilon, **kwargs)

    def call(self, inputs):
        return layer_normalization(inputs, self.gamma, self.beta, self.epsilon)

    def get_config(self):
        config = super().get_config()
        return {
            name: value
            for name, value in config.items()
            if name not in ("axis", "center", "scale", "rms_scaling")
        }
