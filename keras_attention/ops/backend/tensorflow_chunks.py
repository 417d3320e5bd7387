"""Exact attention in O(n) memory on TensorFlow: a loop over blocks of a few heads and queries.

It is a graph of TensorFlow's own kernels. Its softmax of whole rows is fast on a CPU, faster than
an exponential by itself, so a block has some queries and all the keys that they may see. The
gradient computes the weights of each block anew; nothing is kept for it but the output.
"""

import functools
from typing import NamedTuple

import tensorflow as tf

from keras_attention.ops.backend.chunk_plan import make_plan, product
from keras_attention.ops.backend.tensorflow_attention import (
    forbidding,
    less_mean,
    mean_upstream,
    times,
)
from keras_attention.ops.backend.tensorflow_key_gradients import WholeKeys, WindowedKeys
from keras_attention.ops.backend.tensorflow_lists import TensorList
from keras_attention.ops.backend.tensorflow_pairs import PairTerm, RelativeTerm, broadcastable
from keras_attention.ops.backend.tensorflow_shapes import matmul, sizes

# Blocks that are computed side by side: while one waits for memory, the other multiplies.
_PARALLEL = 2


def attend(query, key, value, mask, bias, relative_bias, seed, rules):
    """Attended values `[..., heads, q_len, value_dim]`, see `ops.chunked_attention`."""
    arguments = query, key, value, mask, bias, relative_bias, seed
    if tf.executing_eagerly():
        # A function for each layout, for what a function has seen vary it takes as unknown.
        layout = (query.shape.rank, *((x.shape[-3], x.shape[-1]) for x in (query, key, value)))
        return _compiled(rules, layout)(*arguments)
    return _attend(*arguments, rules)


@functools.cache
def _compiled(rules, layout):  # noqa: ARG001 - it is part of the cache's key
    return tf.function(functools.partial(_attend, rules=rules), reduce_retracing=True)


def _attend(query, key, value, mask, bias, relative_bias, seed, rules):
    pairs = (*sizes(query)[:-1], sizes(key)[-2])
    mask, bias = (None if x is None else broadcastable(x, pairs) for x in (mask, bias))
    if relative_bias is not None and relative_bias.shape[0] is None:
        relative_bias = tf.broadcast_to(relative_bias, (pairs[-3], pairs[-2] + pairs[-1] - 1))
    optional = {"bias": bias, "relative_bias": relative_bias}
    tensors = {"query": query, "key": key, "value": value}
    tensors |= {name: x for name, x in optional.items() if x is not None}

    @tf.custom_gradient
    def attended(*values):
        attention = _Attention(
            **dict(zip(tensors, values, strict=True)), mask=mask, seed=seed, rules=rules
        )
        output = attention.forward()
        return output, functools.partial(attention.backward, output)

    return attended(*tensors.values())


class _Block(NamedTuple):
    """What one step works on: a chunk of the queries of a place, and the keys that they see."""

    place: tf.Tensor
    chunk: tf.Tensor
    row: tf.Tensor
    """First query."""
    column: tf.Tensor
    """First key, negative where a window begins before it."""
    columns: int | tf.Tensor
    query: tf.Tensor
    """Scaled, `[heads, group * rows, key_dim]`."""
    key: tf.Tensor
    """`[heads, columns, key_dim]`."""
    value: tf.Tensor
    """`[heads, columns, value_dim]`."""


class _Attention:
    """One call. A place has `heads` key/value heads with `group` query heads each."""

    def __init__(self, query, key, value, bias=None, relative_bias=None, *, mask, seed, rules):
        *leading, query_heads, self.q_len, self.key_dim = sizes(query)
        kv_heads, self.k_len = key.shape[-3], sizes(key)[-2]
        self.value_dim, self.group = value.shape[-1], query_heads // kv_heads
        self.seed, self.rules, self.inputs = seed, rules, (query, key, value)
        self.plan = plan = make_plan(
            product(leading), kv_heads, self.group, self.q_len, self.k_len, rules, bias is not None
        )
        self.query = tf.reshape(
            query, (plan.places, plan.heads, self.group, self.q_len, self.key_dim)
        )
        self.key = tf.reshape(key, (plan.places, plan.heads, self.k_len, self.key_dim))
        self.value = tf.reshape(value, (plan.places, plan.heads, self.k_len, self.value_dim))
        pairs = (*leading, query_heads, self.q_len, self.k_len)
        self.output_shape = (*pairs[:-1], self.value_dim)
        terms = {"group": self.group, "pairs": pairs, "plan": plan}
        self.mask = None if mask is None else PairTerm(mask, **terms)
        self.biases = [] if bias is None else [PairTerm(bias, **terms)]
        if relative_bias is not None:
            self.biases.append(RelativeTerm(relative_bias, **terms))
        # Whether scores and weights must be float32 between the products; float16 is too narrow.
        self.wide = bool(self.biases or rules.dropout or query.dtype == tf.float16)
        if plan.window is not None:
            ahead = tf.range(plan.columns) - plan.before - tf.range(plan.rows)[:, None]
            latest = 0 if rules.causal else plan.before
            self.band = forbidding((ahead >= -plan.before) & (ahead <= latest))

    def forward(self):
        plan = self.plan

        def at_place(place):
            query, key, value = self._queries(self.query[place]), *self._keys(place)
            outputs = self._chunk_list(value.dtype, self.value_dim)

            def body(chunk, span, handle):
                block = self._block(place, chunk, span, query, key, value)
                weights, has_key = self._weights(block)
                weights = times(weights, self._dropout(block))
                weights = tf.cast(self._flat(weights), value.dtype)
                attended = times(self._by_query(matmul(weights, block.value)), has_key)
                return (outputs.with_handle(handle).write(chunk, attended),)

            state = (outputs.handle,)
            for span in plan.spans:
                state = _loop(span.first, span.last, body, state, span)
            return (self._rows_of(outputs.with_handle(*state)),)

        shape = plan.heads, self.group, self.q_len, self.value_dim
        ((output,), _) = self._over_places(at_place, [(self.value.dtype, shape)], ())
        return tf.reshape(output, self.output_shape)

    def backward(self, output, upstream):
        plan = self.plan
        shape = (*sizes(self.query)[:-1], self.value_dim)
        output, upstream = tf.reshape(output, shape), tf.reshape(upstream, shape)
        kind = WholeKeys if plan.window is None else WindowedKeys
        keys = kind(plan, self.k_len, self.key_dim, self.key.dtype)
        values = kind(plan, self.k_len, self.value_dim, self.value.dtype)

        def at_place(place, *to_biases):
            query, key, value = self._queries(self.query[place]), *self._keys(place)
            to_output = self._queries(upstream[place])
            means = self._queries(mean_upstream(output[place], upstream[place]))
            to_queries = self._chunk_list(query.dtype, self.key_dim)

            def body(chunk, span, handle, to_key, to_value, *to_biases):
                block = self._block(place, chunk, span, query, key, value)
                weights, has_key = self._weights(block)
                factor, mean = self._dropout(block), self._chunk(means, block)
                dropped = tf.cast(self._flat(times(weights, factor)), value.dtype)
                to_attended = self._flat(times(self._chunk(to_output, block), has_key))
                if self.wide:
                    to_weights = matmul(to_attended, block.value, transpose_b=True)
                    to_weights = tf.cast(self._by_query(to_weights), tf.float32)
                    to_scores = weights * (times(to_weights, factor) - mean)
                else:
                    excess = less_mean(to_attended, block.value, self._flat(mean))
                    to_scores = weights * self._by_query(excess)
                to_biases = [
                    term.add(to_bias, block, to_scores)
                    for term, to_bias in zip(self.biases, to_biases, strict=True)
                ]
                to_scores = tf.cast(self._flat(to_scores), query.dtype)
                to_query = self._scaled(self._by_query(matmul(to_scores, block.key)))
                return (
                    to_queries.with_handle(handle).write(chunk, to_query),
                    keys.add(to_key, chunk, block.query, to_scores),
                    values.add(to_value, chunk, to_attended, dropped),
                    *to_biases,
                )

            state = to_queries.handle, keys.nothing(), values.nothing(), *to_biases
            for span in plan.spans:
                handle, to_key, to_value, *to_biases = state
                to_key = keys.grown(to_key, span.columns)
                to_value = values.grown(to_value, span.columns)
                state = handle, to_key, to_value, *to_biases
                state = _loop(span.first, span.last, body, state, span)
            handle, to_key, to_value, *to_biases = state
            to_query = self._rows_of(to_queries.with_handle(handle))
            return to_query, keys.finished(to_key), values.finished(to_value), *to_biases

        slabs = [(x.dtype, sizes(x)[1:]) for x in (self.query, self.key, self.value)]
        to_biases = [term.no_gradient() for term in self.biases]
        gradients, to_biases = self._over_places(at_place, slabs, to_biases)
        gradients = [
            tf.reshape(gradient, sizes(x))
            for gradient, x in zip(gradients, self.inputs, strict=True)
        ]
        finished = [term.finished(x) for term, x in zip(self.biases, to_biases, strict=True)]
        return *gradients, *finished

    def _over_places(self, at_place, slabs, carried):
        """`at_place(place, *carried) -> *slabs, *carried` for each place; stacks the slabs."""
        places, count = self.plan.places, len(slabs)
        if isinstance(places, int) and places == 1:
            results = at_place(0, *carried)
            return results[:count], results[count:]
        lists = [TensorList(dtype, places, shape) for dtype, shape in slabs]

        def body(place, *state):
            results = at_place(place, *state[count:])
            written = [
                x.with_handle(handle).write(place, slab)
                for x, handle, slab in zip(lists, state[:count], results[:count], strict=True)
            ]
            return *written, *results[count:]

        # One place after the other: their sums of key gradients are the larger part of a block.
        state = _loop(0, places, body, (*(x.handle for x in lists), *carried), parallel=1)
        stacked = []
        for one, handle in zip(lists, state[:count], strict=True):
            with tf.control_dependencies(stacked):  # so that no two exist twice at a time
                stacked.append(one.with_handle(handle).stack())
        return stacked, state[count:]

    def _weights(self, block):
        """`[heads, group, rows, columns]`, of the dtype of the products unless float32 is needed;
        and who sees a key, `None` if all do."""
        scores = self._by_query(matmul(block.query, block.key, transpose_b=True))
        if self.wide:
            scores = tf.cast(scores, tf.float32)
        for term in self.biases:
            scores += tf.cast(term.of_block(block), tf.float32)
        penalty, has_key = self._penalty(block)
        if penalty is not None:
            scores += tf.cast(penalty, scores.dtype)
        return tf.nn.softmax(scores), has_key

    def _penalty(self, block):
        plan, rows = self.plan, block.row + tf.range(self.plan.rows)[:, None]
        penalty = has_key = None
        if plan.window is not None:
            columns = block.column + tf.range(block.columns)
            penalty = self.band + forbidding((columns >= 0) & (columns < self.k_len))
            has_key = rows - plan.before < self.k_len
        elif self.rules.causal:
            penalty = forbidding(tf.range(block.columns) <= rows)
        if self.mask is not None:
            forbidden = forbidding(self.mask.of_block(block))
            penalty = forbidden if penalty is None else forbidden + penalty
            has_key = tf.reduce_any(penalty > -1.0, -1, keepdims=True)
        return penalty, has_key

    def _dropout(self, block):
        """What the weights are multiplied by, the same whenever a block is computed."""
        rate = self.rules.dropout
        if not rate:
            return None
        shape = self.plan.heads, self.group, self.plan.rows, block.columns
        seed = self.seed + tf.stack([0, block.place * self.plan.chunks + block.chunk])
        random = tf.random.stateless_uniform(shape, seed, alg="philox")
        return tf.cast(random >= rate, tf.float32) / (1.0 - rate)

    def _block(self, place, chunk, span, query, key, value):
        plan = self.plan
        row = chunk * plan.rows
        start = 0 if plan.window is None else row
        key, value = (
            tf.slice(x, [0, start, 0], [plan.heads, span.columns, x.shape[-1]])
            for x in (key, value)
        )
        block = _Block(place, chunk, row, start - plan.before, span.columns, query, key, value)
        return block._replace(query=self._flat(self._scaled(self._chunk(query, block))))

    def _scaled(self, x):
        return x * tf.cast(self.rules.scale, x.dtype)

    def _chunk(self, x, block):
        """`[heads, group, rows, dim]` of `[heads, group, chunks * rows, dim]`."""
        size = self.plan.heads, self.group, self.plan.rows, x.shape[-1]
        return tf.slice(x, [0, 0, block.row, 0], size)

    def _queries(self, x):
        """`[heads, group, q_len, dim]`, filled up to whole chunks."""
        more = self.plan.chunks * self.plan.rows - self.q_len
        return tf.pad(x, [[0, 0], [0, 0], [0, more], [0, 0]])

    def _keys(self, place):
        """Keys and values `[heads, k_len, dim]`, filled up to whole windows."""
        padding = [[0, 0], [self.plan.before, self.plan.after], [0, 0]]
        return tf.pad(self.key[place], padding), tf.pad(self.value[place], padding)

    def _flat(self, x):
        """`[heads, group, rows, n]` -> `[heads, group * rows, n]`: a group is more rows."""
        return tf.reshape(x, (self.plan.heads, self.group * self.plan.rows, sizes(x)[-1]))

    def _by_query(self, x):
        return tf.reshape(x, (self.plan.heads, self.group, self.plan.rows, sizes(x)[-1]))

    def _chunk_list(self, dtype, dim):
        shape = self.plan.heads, self.group, self.plan.rows, dim
        return TensorList(dtype, self.plan.chunks, shape)

    def _rows_of(self, chunks):
        """The chunks of a list as `[heads, group, q_len, dim]`."""
        x = tf.transpose(chunks.stack(), (1, 2, 0, 3, 4))
        heads, group, number, rows, dim = sizes(x)
        return tf.reshape(x, (heads, group, number * rows, dim))[:, :, : self.q_len]


def _loop(first, last, body, state, *more, parallel=_PARALLEL):
    """`state = body(i, *more, *state)` for each `i` from `first` to before `last`."""
    _, *state = tf.while_loop(
        lambda i, *_: i < last,
        lambda i, *state: (i + 1, *body(i, *more, *state)),
        (tf.convert_to_tensor(first, tf.int32), *state),
        parallel_iterations=parallel,
    )
    return tuple(state)
