"""GELU on TensorFlow, its error function computed once for value and gradient."""

import math

import tensorflow as tf


@tf.custom_gradient
def gelu(x):
    """See `ops.gelu`. The order of its operations is one that TensorFlow joins with a product."""
    one_plus_erf = 1 + tf.math.erf(x * tf.cast(math.sqrt(0.5), x.dtype))

    def gradient(upstream):
        density = tf.exp(-0.5 * tf.square(x)) * tf.cast(1 / math.sqrt(2 * math.pi), x.dtype)
        return upstream * (0.5 * one_plus_erf + x * density)

    return 0.5 * x * one_plus_erf, gradient
