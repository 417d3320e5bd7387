"""What of each input token reached an answer through the attention of all layers."""

import numpy as np


def gradient_rollout(weights, gradients):
    r"""Adds up, layer by layer, the attention that spoke for an answer.

    $$ R_l = R_{l-1} + \bar A_l R_{l-1}, \qquad
       \bar A_l = \mathrm{mean}_\mathrm{heads}\, (\nabla A_l \odot A_l)^+, \qquad R_0 = I $$

    where a layer's weights are `A_l`, and the gradient of the answer's logit with respect to them
    is `∇A_l`. Unlike `attention_rollout` it tells classes apart: attention that speaks against the
    answer, or does nothing for it, is left out.

    Args:
        weights: Array `[..., num_layers, num_heads, length, length]`.
        gradients: Array of the same shape, how much the logit grows with each weight.

    Returns:
        Float array `[..., length, length]`: how much of each token (columns) speaks for the answer
        in each position (rows). Each token begins with 1 in its own place, so what other tokens
        brought to a class token stands in its row, outside the diagonal.

    Raises:
        ValueError: If the weights are no squares, or the gradients have another shape.

    Example:

    >>> from keras_attention import visualization
    >>> weights = np.full((1, 1, 2, 2), 0.5)  # one layer of one head
    >>> gradients = np.array([[[[1.0, 3.0], [-1.0, 0.0]]]])
    >>> visualization.gradient_rollout(weights, gradients).tolist()
    [[1.5, 1.5], [0.0, 1.0]]

    References:
        [Chefer et al., 2021](https://arxiv.org/abs/2103.15679), section 3.1
    """
    weights, gradients = np.asarray(weights, "float64"), np.asarray(gradients, "float64")
    if weights.ndim < 4 or weights.shape[-1] != weights.shape[-2]:
        raise ValueError(
            "`weights` must have the shape [..., num_layers, num_heads, length, length]. "
            f"Received: shape {weights.shape}."
        )
    if gradients.shape != weights.shape:
        raise ValueError(
            "`gradients` must have the shape of `weights`, a gradient for each. Received: "
            f"gradients of shape {gradients.shape}, weights of shape {weights.shape}."
        )
    layers = np.maximum(gradients * weights, 0.0).mean(axis=-3)
    identity = np.eye(weights.shape[-1])
    relevance = np.broadcast_to(identity, (*layers.shape[:-3], *identity.shape))
    for layer in range(layers.shape[-3]):
        relevance = relevance + layers[..., layer, :, :] @ relevance
    return relevance
