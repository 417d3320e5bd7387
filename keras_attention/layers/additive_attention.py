"""Additive attention without projections: a drop-in superset of Keras' layer."""

import keras
from keras import ops

from keras_attention.layers.attention import Attention
from keras_attention.layers.scores.keras_score import KerasScore, tanh_of_sums


@keras.saving.register_keras_serializable(package="keras_attention")
class AdditiveAttention(Attention):
    r"""Attention that adds query and key, as they are.

    Takes the arguments of `keras.layers.AdditiveAttention`, gives the same results with the same
    weights, and reads its weight files.

    $$ \mathrm{output} = \mathrm{softmax}(s(Q, K))\, V, \qquad
       s(q, k) = \textstyle\sum_i g_i \tanh(q_i + k_i) $$

    Query and key have the same number of features. Bahdanau's attention, which projects them first,
    is `Attention(score=Additive())`.

    Args:
        use_scale: Whether there is a learned factor `g_i` for each feature; otherwise it is 1.
        dropout, seed, normalizer, position_scheme, pattern, attention_regularizer: As in
            `Attention`.

    Call arguments:
        inputs, mask, training, return_attention_scores, use_causal_mask: As in `Attention`.

    Returns:
        As `Attention`.

    Raises:
        ValueError: If an argument is out of range, or the inputs are no list as for `Attention`.

    Example:

    >>> layer = keras_attention.AdditiveAttention()
    >>> layer([np.ones((2, 5, 7)), np.ones((2, 11, 7))]).shape
    (2, 5, 7)

    References:
        [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473), section 3.1
    """

    def __init__(
        self,
        use_scale=True,
        dropout=0.0,
        seed=None,
        normalizer=None,
        position_scheme=None,
        pattern=None,
        attention_regularizer=None,
        **kwargs,
    ):
        super().__init__(
            use_scale=use_scale,
            dropout=dropout,
            seed=seed,
            normalizer=normalizer,
            position_scheme=position_scheme,
            pattern=pattern,
            attention_regularizer=attention_regularizer,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        del config["score_mode"], config["score"]
        return config

    def _keras_score(self):
        return KerasScore(self._additive_score)

    def _build_keras_score(self, input_shape):
        if self.use_scale:
            dim = input_shape[0][-1]
            self.scale = self.add_weight(shape=(dim,), initializer="glorot_uniform", name="scale")

    def _additive_score(self, query, key):
        hidden = tanh_of_sums(query, key)
        return ops.sum(hidden * self.scale if self.use_scale else hidden, axis=-1)
