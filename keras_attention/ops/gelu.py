"""GELU with a gradient of its own."""

import keras
from keras import ops


def gelu(x):
    r"""The Gaussian error linear unit, exact.

    $$ y = x\, \Phi(x) = \frac{x}{2} \left(1 + \mathrm{erf} \frac{x}{\sqrt 2}\right) $$

    On TensorFlow its gradient is the closed form, which takes half the time of the derivative of
    its parts. Dense layers take it for Keras' `"gelu"`.

    Args:
        x: Float tensor.

    Returns:
        Tensor of the shape and dtype of `x`.

    Example:

    >>> from keras_attention.ops.gelu import gelu
    >>> y = keras.ops.convert_to_numpy(gelu(np.array([-1.0, 0.0, 1.0])))
    >>> [round(float(each), 3) for each in y]
    [-0.159, 0.0, 0.841]

    References:
        [Hendrycks and Gimpel, 2016](https://arxiv.org/abs/1606.08415)
    """
    x = ops.convert_to_tensor(x)
    if keras.backend.backend() != "tensorflow":
        return ops.gelu(x, approximate=False)
    from keras_attention.ops.backend import tensorflow_gelu

    return tensorflow_gelu.gelu(x)
