"""Positive features of queries and keys, whose dot product takes the place of an exponential.

They are given as logarithms, because exponentials of queries and keys leave the range of floats.
"""

import math

import numpy as np
from keras import ops


def log_elu_features(x):
    r"""The logarithm of the features of linear attention.

    $$ \phi(x) = \mathrm{elu}(x) + 1 $$

    Args:
        x: Float tensor `[..., key_dim]`.

    Returns:
        Float32 tensor of the same shape.

    Example:

    >>> features = keras_attention.ops.log_elu_features(np.array([-2.0, 0.0]))
    >>> keras.ops.convert_to_numpy(features).tolist()
    [-2.0, 0.0]

    References:
        [Katharopoulos et al., 2020](https://arxiv.org/abs/2006.16236), equation 7
    """
    x = ops.cast(x, "float32")
    return ops.minimum(x, 0.0) + ops.log1p(ops.maximum(x, 0.0))


def log_softmax_features(x, projection):
    r"""The logarithm of positive random features for the exponential of a dot product (FAVOR+).

    $$ \phi(x) = \exp(W x' - |x'|^2 / 2) / \sqrt{m}, \qquad x' = x / d^{1/4} $$

    so that the mean of `phi(q) · phi(k)` over random `W` is `exp(q · k / sqrt(d))`.

    Args:
        x: Float tensor `[..., key_dim]`.
        projection: Float tensor `W` `[num_features, key_dim]`, from `orthogonal_projection`.

    Returns:
        Float32 tensor `[..., num_features]`.

    Example:

    >>> projection = keras_attention.ops.orthogonal_projection(11, 5, seed=0)
    >>> keras_attention.ops.log_softmax_features(np.ones((2, 3, 5)), projection).shape
    (2, 3, 11)

    References:
        [Choromanski et al., 2020](https://arxiv.org/abs/2009.14794), lemma 1
    """
    features, size = projection.shape
    x = ops.cast(x, "float32") * size**-0.25
    projected = ops.matmul(x, ops.transpose(ops.cast(projection, "float32")))
    norms = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return projected - norms / 2 - math.log(features) / 2


def orthogonal_projection(num_features, size, seed):
    """Normal random rows, of which each `size` are orthogonal to each other.

    Args:
        num_features: Number of rows.
        size: Length of the rows.
        seed: Integer; the same gives the same rows on every backend.

    Returns:
        Float32 array `[num_features, size]`.

    Example:

    >>> keras_attention.ops.orthogonal_projection(11, 5, seed=0).shape
    (11, 5)

    References:
        [Choromanski et al., 2020](https://arxiv.org/abs/2009.14794), section 2.4
    """
    draw = np.random.default_rng(seed)
    squares = draw.normal(size=(-(-num_features // size), size, size))
    directions, triangles = np.linalg.qr(squares)
    # Signs that make all directions equally likely: the decomposition prefers one side.
    signs = np.sign(np.diagonal(triangles, axis1=-2, axis2=-1))
    directions = (directions * signs[:, None, :]).reshape(-1, size)[:num_features]
    lengths = np.linalg.norm(draw.normal(size=(num_features, size)), axis=1, keepdims=True)
    return (directions * lengths).astype("float32")
