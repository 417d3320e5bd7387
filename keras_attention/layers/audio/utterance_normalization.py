"""Features of each utterance with mean 0 and variance 1."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class UtteranceNormalization(keras.layers.Layer):
    r"""Takes from each feature its mean over the utterance and divides by its deviation.

    $$ y_{tk} = \frac{x_{tk} - \mu_k}{\sigma_k + \epsilon} $$

    It takes away what a microphone and a room do to a whole recording. Padding becomes 0. For the
    statistics of a whole data set there is `keras.layers.Normalization`.

    Args:
        scale: Whether to divide by the deviation.
        epsilon: Added to the deviation.

    Call arguments:
        features: Float tensor `[batch, frames, features]`.
        padding_mask: Boolean tensor `[batch, frames]`, True = real frame. Defaults to all.

    Returns:
        Tensor of the shape of `features`, computed in float32.

    Example:

    >>> y = keras_attention.UtteranceNormalization()(np.array([[[1.0], [3.0]]]))
    >>> keras.ops.convert_to_numpy(y).round(2).tolist()
    [[[-1.0], [1.0]]]
    """

    def __init__(self, scale=True, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.epsilon = epsilon

    def call(self, features, padding_mask=None):
        x = ops.cast(features, "float32")
        ones = ops.ones_like(x[..., :1])
        real = ones if padding_mask is None else ops.cast(padding_mask[..., None], "float32")
        count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
        centered = (x - ops.sum(x * real, axis=1, keepdims=True) / count) * real
        if self.scale:
            variance = ops.sum(ops.square(centered), axis=1, keepdims=True) / count
            centered = centered / (ops.sqrt(variance) + self.epsilon)
        return ops.cast(centered, self.compute_dtype)

    def compute_output_shape(self, features_shape, padding_mask_shape=None):  # noqa: ARG002
        return features_shape

    def get_config(self):
        return {**super().get_config(), "scale": self.scale, "epsilon": self.epsilon}
