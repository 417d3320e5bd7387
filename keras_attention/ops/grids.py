"""Tokens of a grid, such as the patches of a picture, that stand in a row after one another."""

import numpy as np
from keras import ops


def grid_places(positions, width, num_prefix=0):
    """Row and column of tokens that read a grid row by row.

    Args:
        positions: Integer tensor of any shape: positions in the sequence, counted from 0.
        width: Number of columns of the grid.
        num_prefix: Number of tokens that stand before the grid; they get row 0 and column 0.

    Returns:
        `(rows, columns)`: int32 tensors of the shape of `positions`.

    Example:

    >>> rows, columns = keras_attention.ops.grid_places(np.arange(7), width=3, num_prefix=1)
    >>> keras.ops.convert_to_numpy(rows).tolist()
    [0, 0, 0, 0, 1, 1, 1]
    >>> keras.ops.convert_to_numpy(columns).tolist()
    [0, 0, 1, 2, 0, 1, 2]
    """
    places = ops.maximum(ops.cast(positions, "int32") - num_prefix, 0)
    return places // width, places % width


def resample_grid(table, grid, interpolation="bicubic"):
    """A table of what was learned for each place of a grid, for a grid of another size.

    Both grids cover the same picture, so their outer edges meet, not the middles of their first
    places as in `resample_positions`. The numbers are those of `keras.ops.image.resize`, but by two
    matrix products, which every compiler takes.

    Args:
        table: Float tensor `[rows, columns, ...]`.
        grid: Pair of positive integers, the new `(rows, columns)`.
        interpolation: `"bicubic"` or `"bilinear"`.

    Returns:
        Tensor `[*grid, ...]` of the dtype of `table`; `table` itself if it has that size.

    Raises:
        ValueError: If `interpolation` is neither.

    Example:

    >>> keras_attention.ops.resample_grid(np.ones((7, 7, 16), "float32"), (11, 5)).shape
    (11, 5, 16)

    References:
        - [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), section 3.2
        - [Keys, 1981](https://doi.org/10.1109/TASSP.1981.1163711), the cubic kernel
    """
    if interpolation not in _KERNELS:
        raise ValueError(
            f"`interpolation` must be one of {', '.join(map(repr, _KERNELS))}. "
            f"Received: interpolation={interpolation!r}."
        )
    table = ops.convert_to_tensor(table)
    if tuple(table.shape[:2]) == tuple(grid):
        return table
    rows, columns = (
        _shares(old, new, _KERNELS[interpolation])
        for old, new in zip(table.shape[:2], grid, strict=True)
    )
    resampled = ops.tensordot(rows, ops.cast(table, "float32"), axes=1)
    resampled = ops.tensordot(columns, resampled, axes=[[1], [1]])  # [columns, rows, ...]
    return ops.cast(ops.swapaxes(resampled, 0, 1), table.dtype)


def _shares(old, new, kernel):
    """How much each of `old` places counts for each of `new` ones, `[new, old]`."""
    places = (np.arange(new) + 0.5) * old / new - 0.5
    shares = kernel(np.abs(places[:, None] - np.arange(old)))
    # Beyond an edge there is nothing, and the others count for it.
    return (shares / shares.sum(axis=1, keepdims=True)).astype("float32")


def _cubic(x):
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _linear(x):
    return np.maximum(1.0 - x, 0.0)


_KERNELS = {"bicubic": _cubic, "bilinear": _linear}
