"""T5's relative positions."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.position_schemes.relative_positions import RelativePositions
from keras_attention.layers.scores.score import num_heads
from keras_attention.ops.position_bias import divided_buckets, relative_position_buckets


@keras.saving.register_keras_serializable(package="keras_attention")
class T5RelativeBias(RelativePositions):
    r"""Adds to the scores a learned number for each head and bucket of distances.

    $$ B_{h, i, j} = T_{\mathrm{bucket}(j - i),\, h} $$

    The buckets are those of the function `relative_position_buckets`. The table starts at zero.
    T5 has one table for all layers; here each layer learns its own, as UMT5 does. T5 does not
    scale its dot products either: `score=DotProduct()`.

    Args:
        num_buckets: Number of buckets, even if `bidirectional`, at least 4 (2 otherwise).
        max_distance: All distances from here on share the last bucket.
        bidirectional: Whether keys after the query have buckets of their own. Give False where a
            causal mask hides them: all buckets are then for keys before it.

    Raises:
        ValueError: If the buckets cannot be divided so.

    Example:

    >>> scheme = keras_attention.T5RelativeBias(num_buckets=16, max_distance=64)
    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=scheme)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32))).shape
    (2, 5, 32)

    References:
        - [Raffel et al., 2020](https://arxiv.org/abs/1910.10683), section 2.1
        - [Chung et al., 2023](https://arxiv.org/abs/2304.09151), a table for each layer
    """

    has_distance_bias = True

    def __init__(self, num_buckets=32, max_distance=128, bidirectional=True, **kwargs):
        super().__init__(**kwargs)
        self.num_buckets = positive_integer("num_buckets", num_buckets)
        self.max_distance = positive_integer("max_distance", max_distance)
        self.bidirectional = bidirectional
        divided_buckets(num_buckets, max_distance, bidirectional)

    def build(self, query_shape, key_shape, value_shape=None):  # noqa: ARG002 - as all schemes
        (heads,) = num_heads(query_shape) or (1,)
        self.embeddings = self.add_weight(
            shape=(self.num_buckets, heads), initializer="zeros", name="embeddings", autocast=False
        )

    def distance_bias(self, distances):
        buckets = relative_position_buckets(
            distances, self.num_buckets, self.max_distance, self.bidirectional
        )
        bias = ops.take(self.embeddings, buckets, axis=0)  # [*shape, heads]
        return ops.moveaxis(ops.cast(bias, "float32"), -1, 0)

    def get_config(self):
        return {
            **super().get_config(),
            "num_buckets": self.num_buckets,
            "max_distance": self.max_distance,
            "bidirectional": self.bidirectional,
        }
