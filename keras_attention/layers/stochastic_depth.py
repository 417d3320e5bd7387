"""Networks of random depth."""

import keras
from keras import ops

from keras_attention.layers.arguments import share
from keras_attention.ops.dropout import dropout


@keras.saving.register_keras_serializable(package="keras_attention")
class StochasticDepth(keras.layers.Layer):
    r"""Drops the whole of some examples in training, so that they pass a residual connection alone.

    $$ y = \frac{b}{1 - p}\, x, \qquad b \sim \mathrm{Bernoulli}(1 - p) \text{ for each example} $$

    What an example is expected to get stays the same, and at inference nothing changes.
    `EncoderLayer(stochastic_depth=…)` has it behind each sublayer; in an `Encoder` the rate rises
    linearly with depth.

    Args:
        rate: `p`, the share of the examples that are dropped.
        seed: Integer for the choice.

    Call arguments:
        x: Float tensor `[batch, ...]`.
        training: Whether to drop any.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `rate` is not in `[0, 1)`.

    Example:

    >>> x = np.ones((2, 5, 16))
    >>> keras_attention.StochasticDepth(0.1)(x, training=True).shape
    (2, 5, 16)

    References:
        [Huang et al., 2016](https://arxiv.org/abs/1603.09382)
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.rate = share("rate", rate)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed) if rate else None

    def call(self, x, training=None):
        if not (training and self.rate):
            return x
        examples = ops.ones((ops.shape(x)[0], *[1] * (len(x.shape) - 1)), x.dtype)
        return x * dropout(examples, self.rate, self.seed_generator)

    def compute_output_shape(self, x_shape):
        return x_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
