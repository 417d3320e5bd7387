"""Attention that never goes back: each query goes on from where the query before has stopped."""

from keras import ops

from keras_attention.ops.recurrence import linear_recurrence


def monotonic_weights(scores, previous, attention_mask=None, hard=False):
    r"""The probability of stopping at each key, going on from where the query before has stopped.

    $$ p_{ij} = \sigma(s_{ij}), \qquad
       q_{ij} = (1 - p_{i,j-1})\, q_{i,j-1} + \alpha_{i-1,j}, \qquad \alpha_{ij} = p_{ij} q_{ij} $$

    where $q_{ij}$ is the probability of coming to key `j`. Exact and stable for any scores. A query
    may come to the end without stopping, so the weights sum to 1 at most, and what is lost is lost
    for all later queries.

    Args:
        scores: Float tensor `[..., q_len, k_len]`.
        previous: Weights of the query before each query, in the shape of `scores`. Before the first
            query, all weight is on key 0.
        attention_mask: Boolean tensor that broadcasts to `scores`; True = may attend. No query
            stops at a forbidden key. `None` permits everything.
        hard: Whether a query stops for certain at the first key with a score above 0; this has no
            gradient.

    Returns:
        Float32 tensor of the shape of `scores`.

    Example:

    >>> scores, previous = np.array([[3.0, -3.0, 3.0]]), np.array([[0.0, 1.0, 0.0]], "float32")
    >>> weights = keras_attention.ops.monotonic_weights(scores, previous, hard=True)
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.0, 0.0, 1.0]]

    References:
        [Raffel et al., 2017](https://arxiv.org/abs/1704.00784), equations 10 and 11
    """
    scores, previous = (ops.cast(x, "float32") for x in (scores, previous))
    stops = ops.cast(scores > 0, "float32") if hard else ops.sigmoid(scores)
    goes_on = 1.0 - stops if hard else ops.sigmoid(-scores)  # keeps what 1 - p would round off
    if attention_mask is not None:
        permitted = ops.cast(attention_mask, "bool")
        stops, goes_on = ops.where(permitted, stops, 0.0), ops.where(permitted, goes_on, 1.0)
    came_from_before = ops.roll(goes_on, 1, axis=-1)
    return stops * linear_recurrence(came_from_before, previous)
