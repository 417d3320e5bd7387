"""A waveform at another sampling rate."""

import math

import numpy as np
from keras import ops

_ZERO_CROSSINGS = 24  # of the sine cardinal, on each side
_ROLL_OFF = 0.95  # of the lower of both half rates: what is above is damped
_LARGEST_FILTER = 2**18  # from_rate * to_rate, without common divisors
_BLOCK = 8192  # new samples that are made at once
_BETA = 9.0  # of Kaiser's window: what is above half the rate is 90 decibels weaker


def resample(waveforms, from_rate, to_rate):
    r"""Waveforms as if they had been sampled at another rate, without aliasing.

    $$ y_j = \sum_i x_i\, c\, \mathrm{sinc}(c\,(t_j - i))\, w(t_j - i), \qquad t_j = j\,
       f_\mathrm{from} / f_\mathrm{to} $$

    where `c` is 0.95, and as much lower as the new rate is, and `w` Kaiser's window over 24 zero
    crossings on each side. Beyond its ends a waveform is silent.

    Args:
        waveforms: Float tensor `[batch, samples]`.
        from_rate: Integer or integer scalar tensor, the rate that they have, in hertz.
        to_rate: Integer or integer scalar tensor, the rate that they get. The product of both rates
            must be below 2³¹ if one of them is a tensor.

    Returns:
        Float tensor `[batch, ceil(samples * to_rate / from_rate)]`.

    Raises:
        ValueError: If a rate is an integer that is not positive.

    Example:

    >>> from keras_attention.ops.resampling import resample
    >>> resample(np.ones((2, 441), "float32"), 44_100, 16_000).shape
    (2, 160)

    References:
        [Smith and Gossett, 1984](https://doi.org/10.1109/ICASSP.1984.1172555)
    """
    waveforms = ops.convert_to_tensor(waveforms)
    known = isinstance(from_rate, int) and isinstance(to_rate, int)
    if not known:
        # Nobody knows yet whether there is anything to do.
        return ops.cond(
            ops.equal(from_rate, to_rate),
            lambda: waveforms,
            lambda: _interpolated(waveforms, from_rate, to_rate),
        )
    if min(from_rate, to_rate) <= 0:
        raise ValueError(
            f"Sampling rates must be positive. Received: from_rate={from_rate}, to_rate={to_rate}."
        )
    if from_rate == to_rate:
        return waveforms
    common = math.gcd(from_rate, to_rate)
    from_rate, to_rate = from_rate // common, to_rate // common
    if from_rate * to_rate <= _LARGEST_FILTER:
        return _filtered(waveforms, from_rate, to_rate)
    return _interpolated(waveforms, from_rate, to_rate)


def resampled_length(num_samples, from_rate, to_rate):
    """How many samples `resample` returns for so many.

    Args:
        num_samples: Integer, or integer tensor of any shape.
        from_rate, to_rate: As for `resample`.

    Returns:
        As `num_samples`.

    Example:

    >>> from keras_attention.ops.resampling import resampled_length
    >>> resampled_length(442, 44_100, 16_000)
    161
    """
    whole, rest = num_samples // from_rate, num_samples % from_rate
    return whole * to_rate + -(-rest * to_rate // from_rate)


def _filtered(waveforms, from_rate, to_rate):
    """By a convolution with one filter for each place between two old samples.

    New samples come in groups of `to_rate`, each of which lies like the one before, `from_rate` old
    samples later.
    """
    cutoff = _ROLL_OFF * min(to_rate / from_rate, 1.0)
    half = math.ceil(_ZERO_CROSSINGS / cutoff)
    places = np.arange(to_rate) * from_rate / to_rate + half  # in the padded waveform
    distances = places - np.arange(from_rate + 2 * half)[:, None]  # [old samples, to_rate]
    window = np.i0(_BETA * np.sqrt(np.maximum(1 - (distances / half) ** 2, 0))) / np.i0(_BETA)
    inside = np.abs(distances) < half
    filters = cutoff * np.sinc(cutoff * distances) * window * inside
    samples = ops.shape(waveforms)[1]
    groups = -(-samples // from_rate)
    silent = ops.pad(waveforms, [[0, 0], [half, half + from_rate - 1]])
    kernel = ops.cast(filters[:, None, :], waveforms.dtype)
    found = ops.conv(silent[..., None], kernel, strides=from_rate, padding="valid")
    found = ops.reshape(found[:, :groups], (-1, groups * to_rate))
    return found[:, : resampled_length(samples, from_rate, to_rate)]


def _interpolated(waveforms, from_rate, to_rate):
    """One new sample after the other, for any pair of rates, in blocks, which bounds the memory."""
    batch, samples = ops.shape(waveforms)
    length = resampled_length(samples, from_rate, to_rate)
    ratio = ops.cast(to_rate, "float32") / ops.cast(from_rate, "float32")
    cutoff = _ROLL_OFF * ops.minimum(ratio, 1.0)
    half = ops.cast(ops.ceil(_ZERO_CROSSINGS / cutoff), "int32")
    offsets = ops.arange(-half + 1, half + 1, dtype="int32")  # [taps]
    silent = ops.pad(waveforms, [[0, 0], [half, half]])

    def block(number):
        j = ops.minimum(number * _BLOCK + ops.arange(_BLOCK, dtype="int32"), length - 1)
        # In integers, as float32 would not know the places of a minute's last samples.
        rest = (j % to_rate) * from_rate
        places = (j // to_rate) * from_rate + rest // to_rate
        fraction = ops.cast(rest % to_rate, "float32") / ops.cast(to_rate, "float32")
        distances = fraction[:, None] - ops.cast(offsets, "float32")  # [new samples, taps]
        window = _kaiser(distances / ops.cast(half, "float32"))
        weights = ops.cast(cutoff * _sinc(cutoff * distances) * window, waveforms.dtype)
        taken = ops.take(silent, places[:, None] + offsets + half, axis=1)  # [batch, new, taps]
        return ops.einsum("bjt,jt->bj", taken, weights)

    blocks = ops.map(block, ops.arange(-(-length // _BLOCK), dtype="int32"))
    found = ops.reshape(ops.swapaxes(blocks, 0, 1), (batch, -1))
    return found[:, :length]


def _sinc(x):
    at_zero = ops.abs(x) < 1e-6
    angle = np.pi * ops.where(at_zero, 1.0, x)
    return ops.where(at_zero, 1.0, ops.sin(angle) / angle)


def _kaiser(x):
    """Kaiser's window, 1 in the middle and 0 beyond -1 and 1."""
    inside = ops.maximum(1.0 - ops.square(x), 0.0)
    height = _bessel(_BETA * ops.sqrt(inside)) / float(np.i0(_BETA))
    return ops.where(ops.abs(x) < 1.0, height, 0.0)


def _bessel(x):
    """The modified Bessel function of order 0, by its power series, for `x` up to `_BETA`."""
    quarter, term, total = ops.square(x) / 4.0, ops.ones_like(x), ops.ones_like(x)
    for k in range(1, 24):
        term = term * quarter / float(k * k)
        total = total + term
    return total
