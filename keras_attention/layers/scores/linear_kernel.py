"""Scores whose softmax takes linear time."""

from keras import ops

from keras_attention.layers.scores.dot_product import check_same_size
from keras_attention.layers.scores.score import Score
from keras_attention.ops.linear_attention import linear_attention, log_kernel


class LinearKernel(Score):
    r"""The logarithm of a dot product of positive features, so that a softmax leaves the product.

    $$ s(q, k) = \log \phi(q) \cdot \phi(k), \qquad
       \mathrm{softmax}(s)_j = \frac{\phi(q) \cdot \phi(k_j)}{\sum_i \phi(q) \cdot \phi(k_i)} $$

    A subclass defines `log_features`, the logarithm of `phi`. Time and memory then grow with the
    length of the sequence, and not with its square, where the product of features can be summed
    over keys first: with `Softmax()`, no position scheme, pattern or bias, no dropout of weights,
    and masks that are the same for all queries, such as those of padding; `use_causal_mask` is
    welcome. Otherwise, and where weights are asked for, the score is computed for each pair, and
    the result is the same.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If query and key have different numbers of features.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class Exponential(keras_attention.LinearKernel):
    ...     def log_features(self, x):
    ...         return keras.ops.cast(x, "float32")
    >>> layer = keras_attention.MultiHeadAttention(4, 8, score=Exponential())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)
    """

    def build(self, query_shape, key_shape):
        check_same_size(query_shape, key_shape)

    def log_features(self, x):
        """The logarithm of the features of queries or keys `[..., length, size]`, float32
        `[..., length, features]`."""
        raise NotImplementedError(f"{type(self).__name__} must define `log_features`.")

    def prepare(self, key):
        return self.log_features(key)

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return log_kernel(self.log_features(query), prepared)

    def can_attend(self, pairs):
        """Whether all queries of `pairs` see the same keys, or all behind them, and nothing is
        added to scores."""
        if pairs.bias is not None or pairs.query_segments is not None:
            return False
        mask = pairs.attention_mask
        if mask is None:
            return True
        heads, queries = (1, 1, *mask.shape)[-3:-1]
        return queries == 1 and (heads == 1 or pairs.query.shape[-3] == pairs.key.shape[-3])

    def attend(self, pairs):
        """The attended values of the softmax of the scores, in linear time."""
        mask = pairs.attention_mask
        attended = linear_attention(
            self.log_features(pairs.query),
            self.log_features(pairs.key),
            pairs.value,
            mask if mask is None or len(mask.shape) == 1 else mask[..., 0, :],
            causal=pairs.causal,
            start=pairs.start,
        )
        if pairs.query_mask is None:
            return attended
        return ops.where(pairs.query_mask, attended, ops.zeros_like(attended))
