"""Layer normalisation with a gradient of its own."""

import keras
from keras import ops


def layer_normalization(x, gamma, beta, epsilon=1e-5):
    r"""Normalises the last axis, then scales and shifts it.

    $$ y = \gamma\, \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta $$

    On TensorFlow its gradient is the closed form, of half as many operations as the derivative of
    its parts.

    Args:
        x: Float tensor `[..., features]`.
        gamma, beta: Float tensors `[features]`.
        epsilon: Added to the variance.

    Returns:
        Tensor of the shape and dtype of `x`, computed at least in float32.

    Example:

    >>> from keras_attention.ops.layer_normalization import layer_normalization
    >>> y = layer_normalization(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), epsilon=0.0)
    >>> keras.ops.convert_to_numpy(y).tolist()
    [[-1.0, 1.0]]

    References:
        [Ba et al., 2016](https://arxiv.org/abs/1607.06450)
    """
    x = ops.convert_to_tensor(x)
    if keras.backend.backend() != "tensorflow":
        return ops.cast(ops.layer_normalization(x, gamma, beta, -1, epsilon), x.dtype)
    from keras_attention.ops.backend.tensorflow_layer_normalization import normalize

    dtype = keras.backend.result_type(x.dtype, "float32")
    gamma, beta = (ops.cast(parameter, dtype) for parameter in (gamma, beta))
    return normalize(x, gamma, beta, epsilon)
