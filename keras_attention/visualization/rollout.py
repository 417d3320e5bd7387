"""How much of each input token arrives at each position after all layers."""

import numpy as np


def attention_rollout(weights, residual=0.5):
    r"""Multiplies the attention of all layers, the residual connections among them.

    $$ R_l = (r\, I + (1 - r)\, \bar A_l)\, R_{l-1}, \qquad R_0 = I $$

    where the mean over the heads of a layer's weights is `A_l`. It follows attention through all
    layers, but knows nothing of values and feed-forward networks: compare it with attributions by
    gradients before you take it for an explanation.

    Args:
        weights: Array `[..., num_layers, num_heads, length, length]`, each row of which sums to 1
            (or to 0, at padding).
        residual: `r`, the share of the residual connection.

    Returns:
        Float array `[..., length, length]`: how much of each token (columns) is in each position
        (rows).

    Raises:
        ValueError: If the weights are no squares or `residual` is not in `[0, 1]`.

    Example:

    >>> weights = np.full((2, 4, 3, 3), 1 / 3)  # two layers of four heads
    >>> keras_attention.attention_rollout(weights)[0].round(3).tolist()
    [0.5, 0.25, 0.25]

    References:
        [Abnar and Zuidema, 2020](https://arxiv.org/abs/2005.00928)
    """
    weights = np.asarray(weights, "float64")
    if weights.ndim < 4 or weights.shape[-1] != weights.shape[-2]:
        raise ValueError(
            "`weights` must have the shape [..., num_layers, num_heads, length, length]. "
            f"Received: shape {weights.shape}."
        )
    if not 0.0 <= residual <= 1.0:
        raise ValueError(f"`residual` must be in [0, 1]. Received: residual={residual}.")
    identity = np.eye(weights.shape[-1])
    layers = residual * identity + (1.0 - residual) * weights.mean(axis=-3)
    rollout = np.broadcast_to(identity, (*layers.shape[:-3], *identity.shape))
    for layer in range(layers.shape[-3]):
        rollout = layers[..., layer, :, :] @ rollout
    return rollout
