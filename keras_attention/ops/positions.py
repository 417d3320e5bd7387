"""Where a token stands, as numbers that are added to its embedding."""

import math

import numpy as np
from keras import ops


def sinusoidal_positions(positions, d_model, max_wavelength=10000.0, interleaved=True):
    r"""The fixed sines and cosines of the Transformer.

    $$ P_{p, 2i} = \sin(p / \lambda^{2i/d}), \qquad P_{p, 2i+1} = \cos(p / \lambda^{2i/d}) $$

    Args:
        positions: Integer or float tensor of any shape: positions counted from 0.
        d_model: Even number of features.
        max_wavelength: The base `λ` of the geometric series of wavelengths.
        interleaved: True puts sine and cosine in turn, as the paper has them; False puts all sines
            before all cosines, as Tensor2Tensor, fairseq and Marian do.

    Returns:
        Float32 tensor of shape `positions.shape + (d_model,)`; float32 because bfloat16 cannot tell
        neighbouring positions apart beyond 256.

    Raises:
        ValueError: If `d_model` is odd.

    Example:

    >>> keras_attention.ops.sinusoidal_positions(np.arange(5), 8).shape
    (5, 8)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.5.
    """
    if d_model % 2:
        raise ValueError(
            f"`d_model` must be even for sinusoidal positions. Received: d_model={d_model}."
        )
    angle = wave_angles(positions, d_model, max_wavelength)  # [..., d_model / 2]
    sine, cosine = ops.sin(angle), ops.cos(angle)
    if not interleaved:
        return ops.concatenate([sine, cosine], axis=-1)
    pairs = ops.stack([sine, cosine], axis=-1)  # [..., d_model / 2, 2]
    return ops.reshape(pairs, (*ops.shape(angle)[:-1], d_model))


def sinusoidal_positions_2d(rows, columns, d_model, max_wavelength=10000.0, interleaved=True):
    r"""Sinusoidal positions of a grid, for example of the patches of a picture.

    The first half of the features tells the row, the second half the column.

    Args:
        rows: Integer or float tensor of any shape: rows counted from 0.
        columns: Tensor of the same shape.
        d_model: Number of features, a multiple of 4.
        max_wavelength, interleaved: As in `sinusoidal_positions`.

    Returns:
        Float32 tensor of shape `rows.shape + (d_model,)`.

    Raises:
        ValueError: If `d_model` is not a multiple of 4.

    Example:

    >>> rows, columns = np.meshgrid(np.arange(3), np.arange(5), indexing="ij")
    >>> keras_attention.ops.sinusoidal_positions_2d(rows, columns, 8).shape
    (3, 5, 8)
    """
    if d_model % 4:
        raise ValueError(
            "`d_model` must be a multiple of 4 for sinusoidal positions in two dimensions. "
            f"Received: d_model={d_model}."
        )
    halves = [
        sinusoidal_positions(positions, d_model // 2, max_wavelength, interleaved)
        for positions in (rows, columns)
    ]
    return ops.concatenate(halves, axis=-1)


def resample_positions(table, length, axis=0):
    """A table of learned positions for another number of them, by linear interpolation.

    The first position stays the first, the last the last. For the positions of a grid, of a picture
    say, resample rows and then columns: that is bilinear interpolation.

    Args:
        table: Float tensor `[..., old length, ...]`, for example `[old length, d_model]`.
        length: Positive integer, the new number of positions.
        axis: The axis of the positions.

    Returns:
        Tensor of the shape and dtype of `table`, but for `length` along `axis`.

    Raises:
        ValueError: If `length` is not a positive integer.

    Example:

    >>> table = np.array([[0.0], [2.0], [4.0]])
    >>> longer = keras_attention.ops.resample_positions(table, 5)
    >>> keras.ops.convert_to_numpy(longer)[:, 0].tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]

    References:
        [Dosovitskiy et al., 2021](https://arxiv.org/abs/2010.11929), section 3.2
    """
    if isinstance(length, bool) or not isinstance(length, int) or length < 1:
        raise ValueError(f"`length` must be a positive integer. Received: length={length!r}.")
    table = ops.convert_to_tensor(table)
    last = table.shape[axis] - 1
    place = np.linspace(0, last, length)
    before = np.floor(place).astype("int32")
    shape = [1] * len(table.shape)
    shape[axis] = length
    share = ops.convert_to_tensor((place - before).reshape(shape), "float32")
    lower, upper = (
        ops.cast(ops.take(table, rows, axis=axis), "float32")
        for rows in (before, np.minimum(before + 1, last))
    )
    return ops.cast(lower * (1 - share) + upper * share, table.dtype)


def wave_angles(positions, size, max_wavelength):
    """Float32 angles of `size / 2` waves at each position: `positions.shape + (size / 2,)`."""
    half = ops.arange(size // 2, dtype="float32")
    frequency = ops.exp(half * (-2.0 * math.log(max_wavelength) / size))
    return ops.expand_dims(ops.cast(positions, "float32"), -1) * frequency
