"""An additive score that knows where the query before has looked."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.scores.additive import Additive, sum_of_pairs
from keras_attention.layers.scores.score import glorot_uniform, num_heads
from keras_attention.ops.per_head import matmul_per_head


@keras.saving.register_keras_serializable(package="keras_attention")
class LocationAware(Additive):
    r"""The additive score with features of the weights of the query before.

    $$ s(q_i, k_j) = v \cdot \tanh(W q_i + U k_j + V f_{ij} + b), \qquad
       f_i = F * \alpha_{i-1} $$

    A convolution `F` over the last weights tells how far each key is from where the attention
    stood, so that it can move on steadily: for speech, and whatever else is read in order. Queries
    are taken one by one. With heads, each has its own weights and looks at its own.

    Args:
        units: Size of the hidden layer. Defaults to that of the keys.
        filters: Number of features of the convolution.
        kernel_size: How many neighbouring weights it looks at; odd, so that it looks at as many on
            both sides.
        **additive_arguments: `use_bias` and `normalize`, as in `Additive`.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`; those of the first query, before which no key had a weight.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> score = keras_attention.LocationAware(units=11, filters=3, kernel_size=5)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, score=score)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)

    References:
        [Chorowski et al., 2015](https://arxiv.org/abs/1506.07503), section 2.1
    """

    uses_previous = True

    def __init__(self, units=None, filters=10, kernel_size=31, **additive_arguments):
        super().__init__(units, **additive_arguments)
        self.filters = positive_integer("filters", filters)
        self.kernel_size = positive_integer("kernel_size", kernel_size)
        if kernel_size % 2 == 0:
            raise ValueError(
                "`kernel_size` must be odd, so that as many weights on both sides count. "
                f"Received: kernel_size={kernel_size}."
            )

    def build(self, query_shape, key_shape):
        super().build(query_shape, key_shape)
        heads, units = num_heads(query_shape), self.units or key_shape[-1]
        self.location_kernel = self.add_weight(
            shape=(self.kernel_size, *(heads or (1,)), self.filters),
            initializer=glorot_uniform(self.kernel_size, self.kernel_size * self.filters),
            name="location_kernel",
        )
        self.feature_kernel = self.add_weight(
            shape=(*heads, self.filters, units),
            initializer=glorot_uniform(self.filters, units),
            name="feature_kernel",
        )

    def compare(self, query, prepared, previous=None):
        hidden = sum_of_pairs(self._projected(query), prepared)
        if previous is not None:
            hidden = hidden + ops.cast(self._location(previous), hidden.dtype)
        return self._read(hidden)

    def _location(self, previous):
        """What weights `[..., heads, q_len, k_len]` add to the hidden layer, float32."""
        has_heads = len(previous.shape) > 3
        # Heads are channels, each of which has filters of its own.
        x = ops.moveaxis(previous, -3, -1) if has_heads else previous[..., None]
        *leading, k_len, heads = ops.shape(x)
        x = ops.reshape(x, (-1, k_len, heads))
        kernel = ops.cast(self.location_kernel, "float32")
        features = ops.depthwise_conv(x, kernel, padding="same")
        features = ops.reshape(features, (*leading, k_len, heads, self.filters))
        features = ops.moveaxis(features, -2, -4) if has_heads else features[..., 0, :]
        *leading, q_len, k_len, filters = ops.shape(features)  # with heads before q_len
        features = ops.reshape(features, (*leading, q_len * k_len, filters))
        hidden = matmul_per_head(features, self.feature_kernel)
        return ops.reshape(hidden, (*leading, q_len, k_len, hidden.shape[-1]))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
        }
