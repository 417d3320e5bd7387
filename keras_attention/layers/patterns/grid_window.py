"""Windows of a grid."""

import keras
import numpy as np
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.on_grid import OnGrid
from keras_attention.layers.patterns.blocked_pattern import BlockedPattern, Blocks


@keras.saving.register_keras_serializable(package="keras_attention")
class GridWindow(OnGrid, BlockedPattern):
    """Tokens of a grid see those of their square window: Swin's, shifted or not.

    Layers whose windows are shifted by half a window, in turn with layers whose are not, see across
    all edges. Time and memory grow with `rows * columns * window ** 2`. Windows at the edge of a
    grid are smaller; what they hold on opposite sides is computed together, as Swin's cyclic shift
    does, and does not see each other. Tokens before the grid see all and are seen by all.

    Args:
        window: Positive integer, the length of a window's sides.
        shift: Integer from 0 to below `window`: by how many rows and columns windows are moved.
        grid: Pair of integers, `(rows, columns)` of the tokens. A model of pictures fills it in.
        num_prefix: Number of tokens before the grid, such as a class token.

    Raises:
        ValueError: If an argument is out of range, nobody says which grid it is, or the sequence
            has another length.

    Example:

    >>> pattern = keras_attention.GridWindow(2, shift=1, grid=(4, 6))
    >>> layer = keras_attention.MultiHeadAttention(4, 8, pattern=pattern)
    >>> layer(np.ones((2, 24, 32)), np.ones((2, 24, 32))).shape
    (2, 24, 32)

    References:
        [Liu et al., 2021](https://arxiv.org/abs/2103.14030), section 3.2
    """

    def __init__(self, window, shift=0, grid=None, num_prefix=0):
        self.window = positive_integer("window", window)
        if isinstance(shift, bool) or not isinstance(shift, int) or not 0 <= shift < window:
            raise ValueError(
                "`shift` must be an integer from 0 to below `window`. Received: "
                f"shift={shift}, window={window}."
            )
        self.shift = shift
        self._set_grid(grid, num_prefix)

    @property
    def length(self):
        """Number of tokens of the sequence."""
        return self.num_prefix + self.grid[0] * self.grid[1]

    def check_lengths(self, q_len, k_len):
        self._check_grid()
        for length in (q_len, k_len):
            if length not in (None, self.length):
                raise ValueError(
                    "The sequence must be `num_prefix` tokens and those of `grid`, "
                    f"{self.length} for grid={self.grid}, num_prefix={self.num_prefix}. "
                    f"Received: {length} tokens."
                )

    def mask(self, query_positions, key_positions):
        query, key = (
            [(place + self.window - self.shift) // self.window for place in self._places(positions)]
            for positions in (query_positions, key_positions)
        )
        row, column = (
            ops.equal(of_query[..., :, None], of_key[..., None, :])
            for of_query, of_key in zip(query, key, strict=True)
        )
        from_prefix, to_prefix = self._with_prefix(query_positions, key_positions)
        return (row & column) | from_prefix | to_prefix

    def blocks(self, pairs):
        lengths = pairs.query.shape[-2], pairs.key.shape[-2]
        at_start = isinstance(pairs.start, int) and pairs.start == 0
        if lengths != (self.length, self.length) or not at_start:
            return None
        windows, prefix = self._windows(), np.arange(self.num_prefix)
        keys = np.hstack([np.tile(prefix, (len(windows), 1)), windows])
        groups = [_blocks(windows, keys)]
        if self.num_prefix:
            groups.insert(0, _blocks(prefix[None], np.arange(self.length)[None]))
        order = np.concatenate([prefix, windows.ravel()])
        places = np.empty(self.length, "int32")
        places[order[order >= 0]] = np.flatnonzero(order >= 0)
        return groups, ops.convert_to_tensor(places)

    def _windows(self):
        """The tokens of each window, `[windows, window ** 2]`; -1 fills up the last ones."""
        rows, columns = (-(-length // self.window) * self.window for length in self.grid)
        tokens = np.full((rows, columns), -1)
        tokens[: self.grid[0], : self.grid[1]] = np.arange(self.num_prefix, self.length).reshape(
            self.grid
        )
        tokens = np.roll(tokens, (-self.shift, -self.shift), axis=(0, 1))
        windows = tokens.reshape(rows // self.window, self.window, -1, self.window)
        return windows.swapaxes(1, 2).reshape(-1, self.window**2)

    def get_config(self):
        return {"window": self.window, "shift": self.shift, **self._grid_config()}


def _blocks(queries, keys):
    return Blocks(*(ops.convert_to_tensor(x.astype("int32")) for x in (queries, keys)))
