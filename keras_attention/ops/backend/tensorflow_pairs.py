"""Terms of pairs of a query and a key, of which the loop over blocks takes one block at a time."""

import tensorflow as tf

from keras_attention.ops.backend.chunk_plan import Plan, product
from keras_attention.ops.backend.tensorflow_lists import TensorList
from keras_attention.ops.backend.tensorflow_shapes import sizes


def broadcastable(x, pairs):
    """`x` with axes that are 1, and known to be, or have the full size."""
    goal = [1 if size == 1 else full for size, full in zip(x.shape, pairs, strict=True)]
    return tf.broadcast_to(x, goal)  # copies nothing where only the size was unknown


class PairTerm:
    """A mask or a bias `[..., heads, q_len, k_len]`, each axis of full size or of size 1."""

    def __init__(self, x, pairs, group, plan: Plan):
        *leading, self.q_len, self.k_len = self.shape = sizes(x)
        self.plan = plan
        self.entries = product(leading)
        self.table = tf.reshape(x, (self.entries * self.q_len, self.k_len))
        # Which entry belongs to each query head.
        numbers = tf.reshape(tf.range(self.entries), leading)
        self.entry_of_head = tf.reshape(tf.broadcast_to(numbers, pairs[:-2]), (-1,))
        together = _is_one(self.entries) or (plan.within_batch and _is_one(leading[-1]))
        self.heads = (1, 1) if together else (plan.heads, group)
        self.heads_of_place = plan.heads * group
        self.rows, self.chunks = (1, 1) if _is_one(self.q_len) else (plan.rows, plan.chunks)

    def of_block(self, block):
        """`[heads, group, rows, columns]`, or 1 where it broadcasts."""
        count, columns = product(self.heads), block.columns
        entries = tf.slice(self.entry_of_head, [block.place * self.heads_of_place], [count])
        # Queries beyond the last one only fill their chunk: any row does for them.
        queries = tf.minimum(block.row + tf.range(self.rows), self.q_len - 1)
        index = tf.reshape(entries[:, None] * self.q_len + queries, (-1,))
        x = tf.gather(self.table, index)
        if not _is_one(self.k_len):
            x = tf.pad(x, [[0, 0], [self.plan.before, self.plan.after]])
            x = tf.slice(x, [0, block.column + self.plan.before], [count * self.rows, columns])
        return tf.reshape(x, (*self.heads, self.rows, 1 if _is_one(self.k_len) else columns))

    def no_gradient(self):
        """The gradient before `add`."""
        return self._gradients().handle

    def add(self, handle, block, to_scores):
        """The gradient with that of a block, `[heads, group, rows, columns]`."""
        gradients = self._gradients(handle)
        axes = [0, 1] if self.heads == (1, 1) else []
        axes += [2] if _is_one(self.q_len) else []
        axes += [3] if _is_one(self.k_len) else []
        piece = tf.reduce_sum(to_scores, axes, keepdims=True) if axes else to_scores
        piece = tf.reshape(piece, (product(self.heads), self.rows, sizes(piece)[-1]))
        if not _is_one(self.k_len):
            before, after = self.plan.before, self.plan.after
            piece = _placed(piece, block.column + before, self.k_len + before + after)
            piece = piece[..., before : before + self.k_len]
        entry = self.entry_of_head[block.place * self.heads_of_place] // product(self.heads)
        index = entry * self.chunks + (0 if _is_one(self.q_len) else block.chunk)
        return gradients.write(index, gradients.read(index) + piece)

    def finished(self, handle):
        """The whole gradient, of the shape and dtype of the term."""
        count = product(self.heads)
        x = self._gradients(handle).stack()
        x = tf.reshape(x, (self.entries // count, self.chunks, count, self.rows, self.k_len))
        x = tf.transpose(x, (0, 2, 1, 3, 4))
        x = tf.reshape(x, (self.entries, self.chunks * self.rows, self.k_len))
        return tf.cast(tf.reshape(x[:, : self.q_len], self.shape), self.table.dtype)

    def _gradients(self, handle=None):
        shape = product(self.heads), self.rows, self.k_len
        size = self.entries // product(self.heads) * self.chunks
        return TensorList(tf.float32, size, shape, handle)


class RelativeTerm:
    """A bias for each key position minus query position, `[heads or 1, q_len + k_len - 1]`."""

    def __init__(self, x, pairs, group, plan: Plan):
        self.plan, self.dtype = plan, x.dtype
        self.rows_in_all = plan.chunks * plan.rows
        self.padding = [plan.before + self.rows_in_all - pairs[-2], plan.after]
        self.length = pairs[-2] + pairs[-1] - 1
        self.table = tf.pad(tf.cast(x, tf.float32), [[0, 0], self.padding])
        self.entries = x.shape[0]
        together = self.entries == 1
        self.heads = (1, 1) if together else (plan.heads, group)
        self.heads_of_place = plan.heads * group

    def _entries(self, block):
        count = product(self.heads)
        return (block.place * self.heads_of_place + tf.range(count)) % self.entries

    def _start(self, block):
        return block.column + self.plan.before + self.rows_in_all - block.row - self.plan.rows

    def of_block(self, block):
        """`[heads, group, rows, columns]`."""
        rows, columns, count = self.plan.rows, block.columns, product(self.heads)
        strips = tf.gather(self.table, self._entries(block))
        strips = tf.slice(strips, [0, self._start(block)], [count, rows + columns - 1])
        # Read with a period of one more than a row is long, each row begins one place earlier.
        tiled = tf.tile(tf.pad(strips, [[0, 0], [0, 1]]), [1, rows])
        x = tf.slice(tiled, [0, rows - 1], [count, rows * (rows + columns - 1)])
        x = tf.reshape(x, (count, rows, rows + columns - 1))[:, :, :columns]
        return tf.reshape(x, (*self.heads, rows, columns))

    def no_gradient(self):
        return tf.zeros_like(self.table)

    def add(self, gradient, block, to_scores):
        """The gradient with that of a block, whose diagonals are summed."""
        rows, columns = self.plan.rows, block.columns
        if self.heads == (1, 1):
            to_scores = tf.reduce_sum(to_scores, (0, 1), keepdims=True)
        count = product(self.heads)
        x = tf.reshape(to_scores, (count, rows, columns))
        x = tf.reshape(tf.pad(x, [[0, 0], [0, 0], [0, rows - 1]]), (count, -1))
        x = tf.reshape(tf.pad(x, [[0, 0], [rows - 1, 1]]), (count, rows, rows + columns))
        strips = tf.reduce_sum(x, 1)[:, :-1]
        strips = _placed(strips, self._start(block), sizes(self.table)[1])
        return gradient + tf.math.unsorted_segment_sum(strips, self._entries(block), self.entries)

    def finished(self, gradient):
        x = tf.slice(gradient, [0, self.padding[0]], [self.entries, self.length])
        return tf.cast(x, self.dtype)


def _placed(x, start, length):
    """`x` from `start` on in a last axis of `length` zeros; XLA knows no padding that varies."""
    more = length - sizes(x)[-1]
    return tf.roll(tf.pad(x, [*[[0, 0]] * (x.shape.rank - 1), [0, more]]), start, axis=-1)


def _is_one(size):
    return isinstance(size, int) and size == 1
