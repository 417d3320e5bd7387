"""The score of linear transformers."""

import keras

from keras_attention.layers.scores.linear_kernel import LinearKernel
from keras_attention.ops.kernel_features import log_elu_features


@keras.saving.register_keras_serializable(package="keras_attention")
class LinearAttention(LinearKernel):
    r"""Linear attention: weights proportional to a dot product of `elu(x) + 1`.

    $$ s(q, k) = \log \phi(q) \cdot \phi(k), \qquad \phi(x) = \mathrm{elu}(x) + 1 $$

    For long sequences: see `LinearKernel` for when it takes linear time. Its weights are flatter
    than those of dot products; train with it from the start.

    Call arguments:
        query, key: As in `Score`.

    Returns:
        Float32 scores as in `Score`.

    Raises:
        ValueError: If query and key have different numbers of features.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(4, 8, score=keras_attention.LinearAttention())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)

    References:
        [Katharopoulos et al., 2020](https://arxiv.org/abs/2006.16236)
    """

    def log_features(self, x):
        return log_elu_features(x)
