"""Exact attention in O(n) memory where the backend can run a step again for its gradient."""

import math

import numpy as np
from keras import ops

from keras_attention.ops.backend.checkpointing import compiled, map_steps, uniform
from keras_attention.ops.backend.chunk_plan import make_plan
from keras_attention.ops.masks import combine_masks
from keras_attention.ops.normalizers import softmax_weights


def attend(query, key, value, mask, bias, relative_bias, seed, rules):
    """Attended values `[..., heads, q_len, value_dim]`, see `ops.chunked_attention`."""
    return compiled(_attend)(query, key, value, mask, bias, relative_bias, seed, rules=rules)


def _attend(query, key, value, mask, bias, relative_bias, seed, rules):
    *leading, heads, q_len, key_dim = query.shape
    kv_heads, k_len, value_dim = *key.shape[-3:-1], value.shape[-1]
    group, matrices = heads // kv_heads, math.prod(leading) * kv_heads
    plan = make_plan(math.prod(leading), kv_heads, group, q_len, k_len, rules, True)
    more = plan.chunks * plan.rows - q_len
    query = ops.reshape(query, (matrices, group, q_len, key_dim))
    query = ops.pad(query, [[0, 0], [0, 0], [0, more], [0, 0]])
    key = ops.reshape(key, (matrices, k_len, key_dim))
    value = ops.reshape(value, (matrices, k_len, value_dim))
    pairs = (*leading, heads, q_len, k_len)
    terms = [None if x is None else _PairTerm(x, pairs, group) for x in (mask, bias)]

    def at_head(head, query, key, value):
        def step(chunk, columns):
            row = chunk * plan.rows
            first = 0 if plan.window is None else ops.clip(row - plan.before, 0, k_len - columns)
            queries = row + ops.arange(plan.rows, dtype="int32")
            keys = first + ops.arange(columns, dtype="int32")
            inputs = ops.slice(query, (0, row, 0), (group, plan.rows, key_dim))
            inputs = inputs * ops.cast(rules.scale, inputs.dtype)
            seen, values = (ops.slice(x, (first, 0), (columns, x.shape[-1])) for x in (key, value))
            scores = ops.cast(ops.matmul(inputs, ops.transpose(seen)), "float32")
            allowed, added = (x and x.of_block(head, queries, keys) for x in terms)
            ahead = keys[None, :] - queries[:, None]
            if added is not None:
                scores += ops.cast(added, "float32")
            if relative_bias is not None:
                bias_heads = (head * group + ops.arange(group)) % relative_bias.shape[0]
                places = ops.clip(ahead + q_len - 1, 0, q_len + k_len - 2)
                rows = ops.take(relative_bias, bias_heads, axis=0)
                scores += ops.cast(ops.take(rows, places, axis=1), "float32")
            if rules.causal:
                allowed = combine_masks(allowed, ahead <= 0)
            if plan.window is not None:
                allowed = combine_masks(allowed, ops.abs(ahead) < plan.window)
            weights = softmax_weights(scores, allowed)
            if rules.dropout:
                random = uniform(weights.shape, seed, head * plan.chunks + chunk)
                weights *= ops.cast(random >= rules.dropout, "float32") / (1 - rules.dropout)
            return ops.matmul(ops.cast(weights, values.dtype), values)

        spans = []
        for span in plan.spans:
            columns = min(span.columns, k_len)
            chunks = ops.arange(span.first, span.last, dtype="int32")
            spans.append(map_steps(lambda chunk, n=columns: step(chunk, n), [chunks]))
        chunks = ops.transpose(ops.concatenate(spans), (1, 0, 2, 3))
        return ops.reshape(chunks, (group, plan.chunks * plan.rows, value_dim))[:, :q_len]

    numbers = ops.arange(matrices, dtype="int32")
    attended = map_steps(at_head, [numbers, query, key, value], checkpoint=False)
    return ops.reshape(attended, (*leading, heads, q_len, value_dim))


class _PairTerm:
    """A mask or bias `[..., heads, q_len, k_len]`, each axis of full size or of size 1."""

    def __init__(self, x, pairs, group):
        *leading, self.q_len, self.k_len = x.shape
        self.table = ops.reshape(x, (-1, self.q_len, self.k_len))
        # Which entry of the table belongs to each query head.
        numbers = np.arange(math.prod(leading)).reshape(leading)
        numbers = np.broadcast_to(numbers, pairs[:-2]).reshape(-1, group)
        self.entries = ops.convert_to_tensor(numbers, "int32")

    def of_block(self, head, queries, keys):
        """`[group, rows, columns]`, rows and columns 1 where it broadcasts."""
        entries = ops.take(self.entries, head, axis=0)[:, None]
        # Queries beyond the last one only fill their chunk: any row does for them.
        rows = ops.minimum(queries, self.q_len - 1) if self.q_len > 1 else queries[:1] * 0
        flat = ops.reshape(self.table, (-1, self.k_len))
        x = ops.take(flat, entries * self.q_len + rows, axis=0)
        return x if self.k_len == 1 else ops.take(x, keys, axis=-1)
