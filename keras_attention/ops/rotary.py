"""Rotary positions: queries and keys are turned by an angle that grows with their position."""

from keras import ops

from keras_attention.ops.positions import wave_angles


def rotary(x, positions, max_wavelength=10000.0, interleaved=False):
    r"""Turns pairs of features, so that a dot product knows only the distance of its two tokens.

    $$ \begin{pmatrix} a \\ b \end{pmatrix} \mapsto
       \begin{pmatrix} a \cos p\theta_i - b \sin p\theta_i \\
                       b \cos p\theta_i + a \sin p\theta_i \end{pmatrix}, \qquad
       \theta_i = \lambda^{-2i / \mathrm{size}} $$

    Args:
        x: Float tensor `[..., length, size]`, queries or keys; `size` is even.
        positions: Integer or float tensor that broadcasts to `[..., length]`.
        max_wavelength: The base `λ` of the geometric series of wavelengths.
        interleaved: True pairs each feature with its neighbour, as the paper and GPT-J do; False
            pairs it with the one `size / 2` further on, as GPT-NeoX and Llama do.

    Returns:
        Tensor of the shape and dtype of `x`. The angles are float32.

    Raises:
        ValueError: If `size` is odd.

    Example:

    >>> query = np.ones((1, 2, 5, 8), "float32")
    >>> keras_attention.ops.rotary(query, np.arange(5)).shape
    (1, 2, 5, 8)

    References:
        [Su et al., 2021](https://arxiv.org/abs/2104.09864)
    """
    x = ops.convert_to_tensor(x)
    size = x.shape[-1]
    if size % 2:
        raise ValueError(
            "Rotary positions turn pairs of features, so their number must be even. Received: "
            f"x.shape={tuple(x.shape)}."
        )
    angle = wave_angles(positions, size, max_wavelength)  # [..., length, size / 2]
    cosine, sine = ops.cos(angle), ops.sin(angle)
    shape = ops.shape(x)
    if interleaved:
        pairs = ops.reshape(ops.cast(x, "float32"), (*shape[:-1], size // 2, 2))
        first, second = pairs[..., 0], pairs[..., 1]
    else:
        first, second = ops.split(ops.cast(x, "float32"), 2, axis=-1)
    turned = first * cosine - second * sine, second * cosine + first * sine
    if interleaved:
        turned = ops.reshape(ops.stack(turned, axis=-1), shape)
    else:
        turned = ops.concatenate(turned, axis=-1)
    return ops.cast(turned, x.dtype)
