"""Layer normalisation on TensorFlow, as few passes over memory as its operations allow."""

import tensorflow as tf


def normalize(x, gamma, beta, epsilon):
    """See `ops.layer_normalization`."""

    @tf.custom_gradient
    def normalized(x, gamma, beta):
        centered = tf.cast(x, gamma.dtype)
        centered -= tf.reduce_mean(centered, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), -1, keepdims=True)
        inverse = tf.math.rsqrt(variance + epsilon)
        unit = centered * inverse

        def gradient(upstream):
            upstream = tf.cast(upstream, gamma.dtype)
            rows = tf.range(upstream.shape.rank - 1)
            to_gamma = tf.reduce_sum(upstream * unit, rows)
            to_beta = tf.reduce_sum(upstream, rows)
            to_unit = upstream * gamma
            mean = tf.reduce_mean(to_unit, -1, keepdims=True)
            along = tf.reduce_mean(to_unit * unit, -1, keepdims=True)
            to_x = (to_unit - mean - unit * along) * inverse
            return tf.cast(to_x, x.dtype), to_gamma, to_beta

        return tf.cast(unit * gamma + beta, x.dtype), gradient

    return normalized(x, gamma, beta)
