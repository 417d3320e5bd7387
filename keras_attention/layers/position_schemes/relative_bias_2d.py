"""Relative positions in a grid as a learned bias."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.on_grid import OnGrid
from keras_attention.layers.position_schemes.relative_positions import RelativePositions
from keras_attention.layers.scores.score import num_heads
from keras_attention.ops.position_bias import distances_between


@keras.saving.register_keras_serializable(package="keras_attention")
class RelativeBias2D(OnGrid, RelativePositions):
    r"""Adds to the scores a learned number for each head and each offset of rows and columns.

    $$ B_{h, i, j} = T_{r_j - r_i,\; c_j - c_i,\; h} $$

    The table starts at zero, and each layer learns its own. With a `window` it has the offsets
    within one, as in `GridWindow`, whatever the grid; else all of the grid. Three more numbers for
    each head are for pairs with a token before the grid: as query, as key, as both.

    Args:
        window: Positive integer: offsets from here on share the last number, on each side. Defaults
            to the rows and columns of the grid.
        grid: Pair of integers, `(rows, columns)` of the tokens. A model of pictures fills it in.
        num_prefix: Number of tokens before the grid, such as a class token.

    Raises:
        ValueError: If an argument is out of range, or nobody says which grid it is.

    Example:

    >>> scheme = keras_attention.RelativeBias2D(grid=(2, 3), num_prefix=1)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=scheme)
    >>> layer(np.ones((2, 7, 32)), np.ones((2, 7, 32))).shape
    (2, 7, 32)

    References:
        - [Liu et al., 2021](https://arxiv.org/abs/2103.14030), equation 4
        - [Bao et al., 2021](https://arxiv.org/abs/2106.08254), with a class token
    """

    def __init__(self, window=None, grid=None, num_prefix=0, **kwargs):
        super().__init__(**kwargs)
        self.window = None if window is None else positive_integer("window", window)
        self._set_grid(grid, num_prefix)

    def build(self, query_shape, key_shape, value_shape=None):  # noqa: ARG002 - as all schemes
        self._check_grid()
        (heads,) = num_heads(query_shape) or (1,)
        self.reach = self.grid if self.window is None else (self.window, self.window)
        rows, columns = (2 * reach - 1 for reach in self.reach)
        self.embeddings = self._table("embeddings", (rows, columns, heads))
        if self.num_prefix:
            self.prefix_embeddings = self._table("prefix_embeddings", (3, heads))

    def score_term(self, query, scale, query_positions, key_positions):  # noqa: ARG002
        places = map(self._places, (query_positions, key_positions))
        offsets = [distances_between(*of_both) for of_both in zip(*places, strict=True)]
        row, column = (
            ops.clip(offset, 1 - reach, reach - 1) + (reach - 1)
            for offset, reach in zip(offsets, self.reach, strict=True)
        )
        rows, columns, heads = self.embeddings.shape
        table, number = ops.reshape(self.embeddings, (-1, heads)), row * columns + column
        if self.num_prefix:
            query, key = self._with_prefix(query_positions, key_positions)
            kind = ops.cast(query, "int32") + 2 * ops.cast(key, "int32")
            number = ops.where(kind > 0, rows * columns - 1 + kind, number)
            table = ops.concatenate([table, self.prefix_embeddings], axis=0)
        bias = ops.take(table, number, axis=0)  # [..., q_len, k_len, heads]
        return ops.moveaxis(ops.cast(bias, "float32"), -1, -3)

    def _table(self, name, shape):
        return self.add_weight(shape=shape, initializer="zeros", name=name, autocast=False)

    def get_config(self):
        return {**super().get_config(), "window": self.window, **self._grid_config()}
