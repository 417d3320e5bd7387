"""The gradients of keys and values, summed over the chunks of queries.

A chunk adds `left^T right`, of `left` `[heads, n, dim]` and `right` `[heads, n, columns]`, for the
keys that it sees. So the sums are transposed, `[heads, dim, columns]`: TensorFlow computes that
product faster by a fifth than `right^T left`. They are float32 whatever the dtype.
"""

import tensorflow as tf

from keras_attention.ops.backend.chunk_plan import Plan
from keras_attention.ops.backend.tensorflow_lists import TensorList
from keras_attention.ops.backend.tensorflow_shapes import matmul, sizes


class WholeKeys:
    """All chunks see the keys from the first on: one sum."""

    def __init__(self, plan: Plan, k_len, dim, dtype):
        self.plan, self.k_len, self.dim, self.dtype = plan, k_len, dim, dtype

    def nothing(self):
        return (tf.zeros((self.plan.heads, self.dim, self.plan.spans[0].columns)),)

    def grown(self, state, columns):
        """The sum for keys up to `columns`, of which there were fewer before."""
        (total,) = state
        return (tf.pad(total, [[0, 0], [0, 0], [0, columns - sizes(total)[-1]]]),)

    def add(self, state, chunk, left, right):  # noqa: ARG002 - see WindowedKeys
        (total,) = state
        return (total + tf.cast(matmul(left, right, transpose_a=True), tf.float32),)

    def finished(self, state):
        """`[heads, k_len, dim]`"""
        (total,) = self.grown(state, self.k_len)
        return tf.cast(tf.transpose(total, (0, 2, 1)), self.dtype)


class WindowedKeys:
    """Chunks see windows that move on by `rows`: what a window leaves behind is complete."""

    def __init__(self, plan: Plan, k_len, dim, dtype):
        self.plan, self.k_len, self.dim, self.dtype = plan, k_len, dim, dtype

    def nothing(self):
        window = tf.zeros((self.plan.heads, self.dim, self.plan.columns))
        return self._complete().handle, window

    def grown(self, state, columns):  # noqa: ARG002 - see WholeKeys
        return state

    def add(self, state, chunk, left, right):
        handle, window = state
        window += tf.cast(matmul(left, right, transpose_a=True), tf.float32)
        rows = self.plan.rows
        complete = tf.cast(window[:, :, :rows], self.dtype)
        window = tf.pad(window[:, :, rows:], [[0, 0], [0, 0], [0, rows]])
        return self._complete(handle).write(chunk, complete), window

    def finished(self, state):
        """`[heads, k_len, dim]`"""
        handle, window = state
        plan = self.plan
        complete = tf.transpose(self._complete(handle).stack(), (1, 0, 3, 2))
        complete = tf.reshape(complete, (plan.heads, plan.chunks * plan.rows, self.dim))
        rest = tf.cast(tf.transpose(window, (0, 2, 1)), self.dtype)
        # Keys behind the last window get zeros.
        more = tf.maximum(plan.before + self.k_len - plan.chunks * plan.rows - plan.columns, 0)
        every = tf.concat([complete, tf.pad(rest, [[0, 0], [0, more], [0, 0]])], 1)
        return tf.slice(every, [0, plan.before, 0], [plan.heads, self.k_len, self.dim])

    def _complete(self, handle=None):
        shape = self.plan.heads, self.dim, self.plan.rows
        return TensorList(self.dtype, self.plan.chunks, shape, handle)
