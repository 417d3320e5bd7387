"""Where a token stands, as numbers that are added to its embedding."""

import math

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


def wave_angles(positions, size, max_wavelength):
    """Float32 angles of `size / 2` waves at each position: `positions.shape + (size / 2,)`."""
    half = ops.arange(size // 2, dtype="float32")
    frequency = ops.exp(half * (-2.0 * math.log(max_wavelength) / size))
    return ops.expand_dims(ops.cast(positions, "float32"), -1) * frequency
