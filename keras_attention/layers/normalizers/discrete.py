"""Normalisers that choose one key."""

import keras

from keras_attention.layers.arguments import positive_number
from keras_attention.layers.normalizers.normalizer import Normalizer
from keras_attention.ops.discrete_normalizers import gumbel_noise, hard_weights
from keras_attention.ops.normalizers import softmax_weights


@keras.saving.register_keras_serializable(package="keras_attention")
class Hard(Normalizer):
    """The best key gets everything; the gradient is the softmax's (straight-through).

    For training by REINFORCE see `log_probability`.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.

    Returns:
        Weights of zeros and ones.

    Example:

    >>> weights = keras_attention.Hard()(np.array([[1.0, 3.0, 2.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.0, 1.0, 0.0]]

    References:
        - [Xu et al., 2015](https://arxiv.org/abs/1502.03044), section 4.1
        - [Bengio et al., 2013](https://arxiv.org/abs/1308.3432), straight-through
    """

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        return hard_weights(scores, attention_mask)


@keras.saving.register_keras_serializable(package="keras_attention")
class GumbelSoftmax(Normalizer):
    """In training a differentiable draw of keys, otherwise their probabilities or the best one.

    The equation is that of `gumbel_softmax_weights`.

    Args:
        temperature: Positive number; the lower, the nearer to a draw of one key.
        straight_through: True draws one key in training, with the gradient of the soft draw, and
            takes the best one otherwise.
        seed: Integer for the noise.

    Call arguments:
        scores, attention_mask, previous, training: As in `Normalizer`; the last two play no part.
            The noise is not drawn here: see `noise`.

    Returns:
        Weights that sum to 1 for each query, or to 0 if it may attend to nothing.

    Raises:
        ValueError: If `temperature` is not positive.

    Example:

    >>> weights = keras_attention.GumbelSoftmax(straight_through=True)(np.array([[1.0, 3.0, 2.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.0, 1.0, 0.0]]

    References:
        - [Jang et al., 2017](https://arxiv.org/abs/1611.01144)
        - [Maddison et al., 2017](https://arxiv.org/abs/1611.00712)
    """

    def __init__(self, temperature=1.0, straight_through=False, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.temperature = positive_number("temperature", temperature)
        self.straight_through = straight_through
        self.seed = seed
        self._seed_generator = keras.random.SeedGenerator(seed)

    def noise(self, shape):
        return gumbel_noise(shape, self._seed_generator)

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        weights = hard_weights if self.straight_through else softmax_weights
        return weights(scores / self.temperature, attention_mask)

    def get_config(self):
        return {
            **super().get_config(),
            "temperature": self.temperature,
            "straight_through": self.straight_through,
            "seed": self.seed,
        }
