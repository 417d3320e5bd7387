"""Attention to one key: chosen by its score, or drawn at random.

A choice has no gradient. The straight-through estimator borrows that of the softmax; REINFORCE
multiplies `log_probability` of what was drawn with a reward.
"""

import keras
from keras import ops

from keras_attention.ops.normalizers import only_permitted, permitted, softmax_weights


def hard_weights(scores, attention_mask=None):
    r"""The best key gets everything; the gradient is the softmax's (straight-through).

    Args:
        scores, attention_mask: As in `softmax_weights`.

    Returns:
        Float32 tensor of the shape of `scores` of zeros and ones. Of equal scores the first wins.

    Example:

    >>> weights = keras_attention.ops.hard_weights(np.array([[1.0, 3.0, 2.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.0, 1.0, 0.0]]

    References:
        [Bengio et al., 2013](https://arxiv.org/abs/1308.3432), straight-through
    """
    best = _one_hot_of_best(permitted(scores, attention_mask))
    weights = _straight_through(best, softmax_weights(scores, attention_mask))
    return only_permitted(weights, attention_mask)


def gumbel_softmax_weights(
    scores, attention_mask=None, temperature=1.0, straight_through=False, seed=None
):
    r"""A softmax of noisy scores: a differentiable draw from the keys.

    $$ w = \mathrm{softmax}((s + g) / T), \qquad g_j \sim \mathrm{Gumbel}(0, 1) $$

    The lower the temperature, the nearer to a draw of one key, each with the probability that the
    softmax of its score gives, and the larger the variance of the gradient.

    Args:
        scores, attention_mask: As in `softmax_weights`.
        temperature: Positive number `T`.
        straight_through: True returns the draw itself, one key with weight 1, and the gradient of
            `w`.
        seed: Integer or `keras.random.SeedGenerator`.

    Returns:
        Float32 tensor of the shape of `scores`; each row sums to 1, or is 0 if fully masked.

    Raises:
        ValueError: If `temperature` is not positive.

    Example:

    >>> weights = keras_attention.ops.gumbel_softmax_weights(np.zeros((2, 3)), temperature=0.5)
    >>> weights.shape
    (2, 3)

    References:
        - [Jang et al., 2017](https://arxiv.org/abs/1611.01144)
        - [Maddison et al., 2017](https://arxiv.org/abs/1611.00712)
    """
    if not temperature > 0:
        raise ValueError(f"`temperature` must be positive. Received: temperature={temperature}.")
    scores = ops.cast(scores, "float32")
    noisy = (scores + gumbel_noise(ops.shape(scores), seed)) / temperature
    weights = hard_weights if straight_through else softmax_weights
    return weights(noisy, attention_mask)


def gumbel_noise(shape, seed=None):
    """Gumbel(0, 1): the best of noisy scores is a draw from their softmax."""
    # Not 0, whose logarithm is infinite; nor 1, which `uniform` never returns.
    uniform = keras.random.uniform(shape, 1e-20, 1.0, dtype="float32", seed=seed)
    return -ops.log(-ops.log(uniform))


def log_probability(scores, weights, attention_mask=None):
    r"""The log-probability of a choice of keys, for REINFORCE.

    $$ \log p = \textstyle\sum_j w_j \log \mathrm{softmax}(s)_j $$

    Args:
        scores: Float tensor `[..., q_len, k_len]`, the logits of the choice.
        weights: Tensor of the shape of `scores`, 1 for the key that was chosen and 0 for the
            others; it gets no gradient.
        attention_mask: As in `softmax_weights`.

    Returns:
        Float32 tensor `[..., q_len]`; 0 for a query that may attend to nothing.

    Example:

    >>> scores, choice = np.zeros((1, 4)), np.array([[0.0, 1.0, 0.0, 0.0]])
    >>> chance = keras.ops.exp(keras_attention.ops.log_probability(scores, choice))
    >>> keras.ops.convert_to_numpy(chance).round(6).tolist()
    [0.25]

    References:
        [Xu et al., 2015](https://arxiv.org/abs/1502.03044), section 4.1
    """
    logits = ops.log_softmax(permitted(scores, attention_mask), axis=-1)
    chosen = ops.stop_gradient(ops.cast(weights, "float32"))
    return ops.sum(only_permitted(chosen * logits, attention_mask), axis=-1)


def _one_hot_of_best(scores):
    return ops.one_hot(ops.argmax(scores, axis=-1), ops.shape(scores)[-1], dtype="float32")


def _straight_through(value, gradient):
    """`value`, with the gradient of `gradient`."""
    return ops.stop_gradient(value) + (gradient - ops.stop_gradient(gradient))
