"""A normaliser that never goes back."""

import keras
from keras import ops

from keras_attention.layers.arguments import one_of
from keras_attention.layers.normalizers.normalizer import Normalizer
from keras_attention.layers.scores.score import num_heads
from keras_attention.ops.monotonic_normalizer import monotonic_weights


@keras.saving.register_keras_serializable(package="keras_attention")
class Monotonic(Normalizer):
    """Each query goes on through the keys from where the query before has stopped.

    For what is read in order, such as speech, and for decoding while the source is still coming. In
    training a weight is the probability of stopping at a key; otherwise each query stops at the
    first key that it likes. Queries are taken one by one. The equation is that of
    `monotonic_weights`, with `score + r + noise` as the scores.

    Args:
        sigmoid_noise: Standard deviation of the noise in training, which teaches the scores to be
            far from 0, so that both ways of reading them agree.
        score_bias_init: First value of `r`, a learned number for each head. Below 0 the attention
            goes on easily; the longer the keys, the lower it should start.
        inference: `"hard"`, or `"expected"` for the same weights as in training.
        seed: Integer for the noise.

    Call arguments:
        scores, attention_mask, training: As in `Normalizer`. The noise is not drawn here: see
            `noise`.
        previous: Weights of the query before each query. Defaults to all weight on key 0, where
            attention begins.

    Returns:
        Weights that sum to 1 at most for each query.

    Raises:
        ValueError: If `sigmoid_noise` is negative or `inference` is unknown.

    Example:

    >>> normalizer = keras_attention.Monotonic()
    >>> weights = normalizer(np.array([[-1.0, 3.0, 2.0]]))
    >>> keras.ops.convert_to_numpy(weights).tolist()
    [[0.0, 1.0, 0.0]]

    References:
        [Raffel et al., 2017](https://arxiv.org/abs/1704.00784)
    """

    uses_previous = True

    def __init__(
        self, sigmoid_noise=0.0, score_bias_init=0.0, inference="hard", seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        if not sigmoid_noise >= 0:
            raise ValueError(
                "`sigmoid_noise` must be a standard deviation, at least 0. Received: "
                f"sigmoid_noise={sigmoid_noise}."
            )
        self.sigmoid_noise = sigmoid_noise
        self.score_bias_init = score_bias_init
        self.inference = one_of("inference", inference, ("hard", "expected"))
        self.seed = seed
        self._seed_generator = keras.random.SeedGenerator(seed)

    def build(self, scores_shape):
        self.score_bias = self.add_weight(
            shape=num_heads(scores_shape),
            initializer=keras.initializers.Constant(self.score_bias_init),
            name="score_bias",
            autocast=False,
        )

    def noise(self, shape):
        if self.sigmoid_noise == 0:
            return None
        return keras.random.normal(
            shape, stddev=self.sigmoid_noise, dtype="float32", seed=self._seed_generator
        )

    def call(self, scores, attention_mask=None, previous=None, training=None):
        scores = ops.cast(scores, "float32") + self.score_bias[..., None, None]
        if previous is None:
            previous = self.initial_alignment(ops.shape(scores))
        hard = self.inference == "hard" and not training
        return monotonic_weights(scores, previous, attention_mask, hard)

    def initial_alignment(self, shape):
        first = ops.arange(shape[-1], dtype="int32") == 0
        return ops.broadcast_to(ops.cast(first, "float32"), shape)

    def get_config(self):
        return {
            **super().get_config(),
            "sigmoid_noise": self.sigmoid_noise,
            "score_bias_init": self.score_bias_init,
            "inference": self.inference,
            "seed": self.seed,
        }
