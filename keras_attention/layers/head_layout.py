"""The two layouts of multi-head attention and the way between them.

Projections work on `[batch, *dims, heads, size]`, where `dims` are all axes of the layer's input
between batch and features. Attention works on `[batch, *free, heads, length, size]`, where `length`
is the attended axes of `dims` flattened into one and `free` are the others, which act as batch.
"""

from keras import ops


class HeadLayout:
    """Moves tensors between the layouts of projection and attention.

    Args:
        num_dims: Number of axes of the layer's input between batch and features.
        attention_axes: The attended axes, counted as in the layer's input; `None` = all of `dims`.
    """

    def __init__(self, num_dims, attention_axes=None):
        rank = num_dims + 2  # of the layer's input
        if attention_axes is None:
            attention_axes = range(1, rank - 1)
        self.attention_axes = tuple(axis % rank for axis in attention_axes)
        if not all(1 <= axis <= num_dims for axis in self.attention_axes):
            raise ValueError(
                "`attention_axes` must name axes between batch and features, i.e. from 1 to "
                f"{num_dims} for inputs of rank {rank}. Received: "
                f"attention_axes={tuple(attention_axes)}."
            )
        free = tuple(axis for axis in range(1, rank - 1) if axis not in self.attention_axes)
        self.free_axes = free
        self.permutation = (0, *free, rank - 1, *self.attention_axes, rank)

    def split(self, x):
        """`[batch, *dims, heads, size]` -> `[batch, *free, heads, length, size]`."""
        x = ops.transpose(x, self.permutation)
        if len(self.attention_axes) == 1:
            return x
        shape = ops.shape(x)
        leading = len(self.free_axes) + 2
        length = _product(shape[leading:-1])
        return ops.reshape(x, (*shape[:leading], length, shape[-1]))

    def split_shape(self, shape, heads, size):
        """The shape of what `split` returns, for a layer's input of `shape`."""
        free = (shape[axis] for axis in self.free_axes)
        return (shape[0], *free, heads, self.known_length(shape), size)

    def known_length(self, shape):
        """Number of positions in a layer's input of `shape`, or None."""
        lengths = [shape[axis] for axis in self.attention_axes]
        return None if None in lengths else _product(lengths)

    def merge(self, x, like):
        """`[batch, *free, heads, length, size]` -> `[batch, *dims, heads, size]` with the `dims` of
        the layer's input `like`."""
        if len(self.attention_axes) > 1:
            x = ops.reshape(x, (*ops.shape(x)[:-2], *self.lengths(like), ops.shape(x)[-1]))
        inverse = sorted(range(len(self.permutation)), key=self.permutation.__getitem__)
        return ops.transpose(x, inverse)

    def lengths(self, x):
        """Sizes of the attended axes of a layer's input."""
        shape = ops.shape(x)
        return tuple(shape[axis] for axis in self.attention_axes)

    def length(self, x):
        """Number of positions that a layer's input attends over."""
        return _product(self.lengths(x))

    def tokens(self, x, like):
        """Something of each token of a layer's input, `[batch, *dims]` or its leading axes, as
        `[batch, *free, length]`."""
        dims = ops.shape(like)[:-1]
        x = ops.convert_to_tensor(x)
        for _ in range(len(dims) - len(x.shape)):
            x = ops.expand_dims(x, -1)
        if len(self.attention_axes) == 1:
            return ops.transpose(x, (0, *self.free_axes, *self.attention_axes))
        x = ops.transpose(ops.broadcast_to(x, dims), (0, *self.free_axes, *self.attention_axes))
        return ops.reshape(x, (*ops.shape(x)[: len(self.free_axes) + 1], self.length(like)))

    def token_mask(self, mask, like):
        """The same for a mask, for all heads: `[batch, *free, 1, length]`."""
        return ops.expand_dims(self.tokens(ops.cast(mask, "bool"), like), -2)

    def pair_term(self, term, query, key):
        """A mask or bias of pairs, `[..., *query axes, *key axes]` with missing leading axes, as
        `[..., heads, q_len, k_len]`."""
        axes = len(self.attention_axes)
        for _ in range(2 + len(self.free_axes) + 2 * axes - len(term.shape)):
            term = ops.expand_dims(term, -2 * axes - 1)
        if axes == 1:
            return term
        leading = ops.shape(term)[: -2 * axes]
        pairs = (*self.lengths(query), *self.lengths(key))
        term = ops.broadcast_to(term, (*leading, *pairs))
        return ops.reshape(term, (*leading, self.length(query), self.length(key)))

    def unflatten_pairs(self, weights, query, key):
        """`[..., heads, q_len, k_len]` -> `[..., heads, *query axes, *key axes]`."""
        if len(self.attention_axes) == 1:
            return weights
        leading = ops.shape(weights)[:-2]
        return ops.reshape(weights, (*leading, *self.lengths(query), *self.lengths(key)))

    def scores_shape(self, query_shape, key_shape, num_heads):
        """Shape of the weights that `unflatten_pairs` returns."""
        free = (query_shape[axis] for axis in self.free_axes)
        pairs = (shape[axis] for shape in (query_shape, key_shape) for axis in self.attention_axes)
        return (query_shape[0], *free, num_heads, *pairs)


def _product(sizes):
    result = sizes[0]
    for size in sizes[1:]:
        result = result * size
    return result
