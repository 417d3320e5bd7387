"""Random features that stand for the scaled dot product."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.scores.linear_kernel import LinearKernel
from keras_attention.ops.kernel_features import log_softmax_features, orthogonal_projection


@keras.saving.register_keras_serializable(package="keras_attention")
class Performer(LinearKernel):
    r"""Scaled dot products estimated by positive orthogonal random features: FAVOR+.

    $$ s(q, k) = \log \phi(q) \cdot \phi(k) \approx q \cdot k \,/\, \sqrt{d} $$

    with the features of `log_softmax_features`. For long sequences, see `LinearKernel` for when it
    takes linear time, and for models that were trained with dot products: the more features, the
    nearer it comes. The random directions are a weight that is not trained, the same for all heads.

    Args:
        num_features: Positive integer, the number of random features.
        seed: Integer for the random directions.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If `num_features` is not a positive integer, or query and key have different
            numbers of features.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(4, 8, score=keras_attention.Performer())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)

    References:
        [Choromanski et al., 2020](https://arxiv.org/abs/2009.14794)
    """

    def __init__(self, num_features=256, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.num_features = positive_integer("num_features", num_features)
        self.seed = seed

    def build(self, query_shape, key_shape):
        super().build(query_shape, key_shape)

        def draw(shape, dtype):
            return ops.convert_to_tensor(orthogonal_projection(*shape, self.seed), dtype)

        self.projection = self.add_weight(
            shape=(self.num_features, key_shape[-1]),
            initializer=draw,
            trainable=False,
            autocast=False,  # exponentials of it
            name="projection",
        )

    def log_features(self, x):
        return log_softmax_features(x, self.projection)

    def get_config(self):
        return {**super().get_config(), "num_features": self.num_features, "seed": self.seed}
