"""Scaled dot-product attention on TensorFlow, with a gradient of its own.

What costs are the passes over all weights, not the products, so there are as few as possible, and
bfloat16 stays bfloat16: its softmax kernel computes in float32 and rounds once, as a cast would.
"""

import tensorflow as tf

from keras_attention.ops.backend.tensorflow_shapes import matmul, sizes

# As in `ops.normalizers`: no score survives it.
_FORBIDDEN = -1e30


def attend(query, key, value, mask, scale):
    """Attended values `[..., heads, q_len, value_dim]`, see `ops.attended_values`."""

    @tf.custom_gradient
    def attended(query, key, value):
        heads, factor = _Heads(query, key), tf.cast(scale, query.dtype)
        query = heads.by_key(query * factor)
        scores = heads.by_query(matmul(query, key, transpose_b=True))
        weights = heads.by_key(_softmax(scores, mask))
        has_key = None if mask is None else tf.reduce_any(mask, -1, keepdims=True)
        output = times(heads.by_query(matmul(weights, value)), has_key)

        def gradient(upstream):
            upstream = times(upstream, has_key)
            to_value = matmul(weights, heads.by_key(upstream), transpose_a=True)
            to_scores = weights * less_mean(
                heads.by_key(upstream), value, heads.by_key(mean_upstream(output, upstream))
            )
            to_query = heads.by_query(matmul(to_scores, key)) * factor
            return to_query, matmul(to_scores, query, transpose_a=True), to_value

        return output, gradient

    return attended(query, key, value)


class _Heads:
    """A key/value head serves a group of query heads, which to it are more rows."""

    def __init__(self, query, key):
        *_, self.heads, self.q_len, _ = sizes(query)
        *self.leading, self.kv_heads, _, _ = sizes(key)

    def by_key(self, x):
        """`[..., heads, q_len, n]` -> `[..., kv_heads, group * q_len, n]`."""
        rows = self.heads // self.kv_heads * self.q_len
        return tf.reshape(x, (*self.leading, self.kv_heads, rows, sizes(x)[-1]))

    def by_query(self, x):
        return tf.reshape(x, (*self.leading, self.heads, self.q_len, sizes(x)[-1]))


def _softmax(scores, mask):
    """Weights of the dtype of the scores; rows of which the mask permits nothing mean nothing."""
    dtype = scores.dtype
    if dtype == tf.float16:  # too narrow for what forbids
        scores = tf.cast(scores, tf.float32)
    if mask is not None:
        scores += tf.cast(forbidding(mask), scores.dtype)
    return tf.cast(tf.nn.softmax(scores), dtype)


def mean_upstream(output, upstream):
    """What arrives at the weights of a query, averaged by them, float32 `[..., rows, 1]`: the
    product of the output and what arrives there, so no pass over the weights is needed."""
    products = tf.cast(output, tf.float32) * tf.cast(upstream, tf.float32)
    return tf.reduce_sum(products, -1, keepdims=True)


def less_mean(upstream, value, mean):
    """What arrives at the weights, less its mean, which the gradient of the softmax subtracts.

    In half precision the product itself subtracts it, before it rounds: the mean is two more
    features of `upstream`, which together have all of its digits.
    """
    if value.dtype.size > 2:
        return matmul(upstream, value, transpose_b=True) - tf.cast(mean, value.dtype)
    high = tf.cast(mean, value.dtype)
    low = tf.cast(mean - tf.cast(high, tf.float32), value.dtype)
    ones = tf.ones((*sizes(value)[:-1], 2), value.dtype)
    upstream, value = tf.concat([upstream, -high, -low], -1), tf.concat([value, ones], -1)
    return matmul(upstream, value, transpose_b=True)


def forbidding(allowed):
    """What is added to scores, float32: 0 where `allowed`."""
    return (1.0 - tf.cast(allowed, tf.float32)) * _FORBIDDEN


def times(x, factor):
    """The product in the dtype of `x`; a factor of `None` is 1."""
    return x if factor is None else x * tf.cast(factor, x.dtype)
