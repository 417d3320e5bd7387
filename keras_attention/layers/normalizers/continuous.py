"""Normalisers whose weights follow the scores continuously."""

import keras

from keras_attention.layers.arguments import positive_integer, positive_number
from keras_attention.layers.normalizers.normalizer import Normalizer
from keras_attention.ops.normalizers import sigmoid_weights, softmax_weights, top_k_weights
from keras_attention.ops.sparse_normalizers import entmax_weights, sparsemax_weights


@keras.saving.register_keras_serializable(package="keras_attention")
class Softmax(Normalizer):
    r"""Every permitted key gets a share.

    $$ w_j = e^{s_j / T} / \textstyle\sum_k e^{s_k / T} $$

    The default everywhere.

    Args:
        temperature: Positive number `T`: below 1 sharpens, above 1 flattens.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.

    Returns:
        Weights that sum to 1 for each query, or to 0 if it may attend to nothing.

    Raises:
        ValueError: If `temperature` is not positive.

    Example:

    >>> weights = keras_attention.Softmax()(np.zeros((1, 4)))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.25, 0.25, 0.25, 0.25]]

    References:
        [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section 3.1
    """

    def __init__(self, temperature=1.0, **kwargs):
        super().__init__(**kwargs)
        self.temperature = positive_number("temperature", temperature)

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        if self.temperature != 1.0:
            scores = scores / self.temperature
        return softmax_weights(scores, attention_mask)

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}


@keras.saving.register_keras_serializable(package="keras_attention")
class Sparsemax(Normalizer):
    """The point of the simplex nearest to the scores; most keys get exactly nothing.

    For attention that can be read: a key that plays no part has weight zero, not nearly zero. The
    equation is that of `sparsemax_weights`.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.

    Returns:
        Weights that sum to 1 for each query, or to 0 if it may attend to nothing.

    Example:

    >>> weights = keras_attention.Sparsemax()(np.array([[1.0, 0.5, -1.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.75, 0.25, 0.0]]

    References:
        [Martins and Astudillo, 2016](https://arxiv.org/abs/1602.02068)
    """

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        return sparsemax_weights(scores, attention_mask)


@keras.saving.register_keras_serializable(package="keras_attention")
class Entmax(Normalizer):
    """1.5-entmax: sparse like sparsemax, smooth like softmax.

    The equation is that of `entmax_weights`.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.

    Returns:
        Weights that sum to 1 for each query, or to 0 if it may attend to nothing.

    Example:

    >>> weights = keras_attention.Entmax()(np.array([[2.0, 2.0, -2.0]]))
    >>> keras.ops.convert_to_numpy(weights).round(6).tolist()
    [[0.5, 0.5, 0.0]]

    References:
        [Peters et al., 2019](https://arxiv.org/abs/1905.05702)
    """

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        return entmax_weights(scores, attention_mask)


@keras.saving.register_keras_serializable(package="keras_attention")
class TopK(Normalizer):
    """The softmax of the `k` best keys; the others are pruned.

    Args:
        k: Positive integer; keys that tie with the last one stay, too.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.

    Returns:
        Weights that sum to 1 for each query, or to 0 if it may attend to nothing.

    Raises:
        ValueError: If `k` is not a positive integer.

    Example:

    >>> weights = keras_attention.TopK(2)(np.array([[1.0, 3.0, 3.0, 2.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.0, 0.5, 0.5, 0.0]]

    References:
        [Gupta et al., 2021](https://arxiv.org/abs/2106.06899)
    """

    def __init__(self, k, **kwargs):
        super().__init__(**kwargs)
        self.k = positive_integer("k", k)

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        return top_k_weights(scores, attention_mask, k=self.k)

    def get_config(self):
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable(package="keras_attention")
class Sigmoid(Normalizer):
    """Every key is judged by itself; the weights of a query do not sum to 1.

    The equation is that of `sigmoid_weights`.

    Args:
        bias: Number added to the scores. The default, minus the logarithm of the number of
            permitted keys, makes the weights of equal scores of 0 sum to nearly 1.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.

    Returns:
        Weights between 0 and 1.

    Example:

    >>> weights = keras_attention.Sigmoid(bias=0.0)(np.zeros((1, 4)))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.5, 0.5, 0.5, 0.5]]

    References:
        [Ramapuram et al., 2024](https://arxiv.org/abs/2409.04431)
    """

    def __init__(self, bias=None, **kwargs):
        super().__init__(**kwargs)
        self.bias = bias

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        return sigmoid_weights(scores, attention_mask, bias=self.bias)

    def get_config(self):
        return {**super().get_config(), "bias": self.bias}
