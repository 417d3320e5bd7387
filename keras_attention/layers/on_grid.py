"""What the parts of a mechanism have in common that know a grid."""

from keras import ops

from keras_attention.layers.arguments import natural_number, pair_of_sizes
from keras_attention.ops.grids import grid_places


class OnGrid:
    """Knows the places of tokens that read a grid row by row, perhaps after some others.

    A class to inherit beside `RelativePositions` or `Pattern`; its constructor calls `_set_grid`.
    `grid` is None until somebody says which it is: a model of pictures does, by `on_grid`.
    """

    def on_grid(self, grid, num_prefix=0):
        """The same part for a grid.

        Args:
            grid: Pair of positive integers, `(rows, columns)`.
            num_prefix: Number of tokens that stand before the grid.

        Returns:
            A new part, without weights yet.

        Raises:
            ValueError: If the part is for another grid.
        """
        known = (self.grid, self.num_prefix)
        if self.grid is not None and known != (tuple(grid), num_prefix):
            raise ValueError(
                f"The `grid` of `{type(self).__name__}` must be that of the tokens: leave it away "
                f"in a model, which knows it. Received: grid={self.grid}, num_prefix="
                f"{self.num_prefix} for tokens of grid={tuple(grid)}, num_prefix={num_prefix}."
            )
        config = {**self.get_config(), "grid": tuple(grid), "num_prefix": num_prefix}
        return type(self).from_config(config)

    def _set_grid(self, grid, num_prefix):
        self.grid = None if grid is None else pair_of_sizes("grid", grid)
        self.num_prefix = natural_number("num_prefix", num_prefix)

    def _grid_config(self):
        return {"grid": self.grid, "num_prefix": self.num_prefix}

    def _check_grid(self):
        if self.grid is None:
            raise ValueError(
                f"`{type(self).__name__}` must know the grid of the tokens. A model of pictures "
                "tells it; elsewhere give grid=(rows, columns). Received: grid=None."
            )

    def _places(self, positions):
        """Rows and columns of tokens at integer `positions`."""
        return grid_places(positions, self.grid[1], self.num_prefix)

    def _with_prefix(self, query_positions, key_positions):
        """Which pairs have a query, and which a key, that stands before the grid: booleans
        `[..., q_len, 1]` and `[..., 1, k_len]`."""
        query, key = (
            ops.less(positions, self.num_prefix) for positions in (query_positions, key_positions)
        )
        return query[..., :, None], key[..., None, :]
