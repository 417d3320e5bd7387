"""Heads that mix their scores before they are normalised, and their weights after."""

import keras
from keras import ops

from keras_attention.layers.normalizers.continuous import Softmax
from keras_attention.layers.normalizers.normalizer import Normalizer
from keras_attention.layers.serialization import deserialized, serialized


@keras.saving.register_keras_serializable(package="keras_attention")
class TalkingHeads(Normalizer):
    r"""A normaliser between two learned mixtures of heads.

    $$ W = N(S P^\text{before})\, P^\text{after} $$

    over the axis of heads, for any normaliser `N`. Both mixtures start as the identity. Where heads
    have masks of their own, a key that is forbidden to a head stays forbidden to it, but others'
    scores of forbidden keys count as zero.

    Args:
        normalizer: The normaliser between the mixtures. Defaults to `Softmax()`.

    Call arguments:
        scores: Float tensor `[..., heads, q_len, k_len]`.
        attention_mask, previous, training: As in `Normalizer`.

    Returns:
        Weights of the shape of `scores`, of either sign; they need not sum to 1.

    Raises:
        ValueError: If the scores have no heads, or the normaliser takes queries one by one.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(4, 8, normalizer=keras_attention.TalkingHeads())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)

    References:
        [Shazeer et al., 2020](https://arxiv.org/abs/2003.02436)
    """

    def __init__(self, normalizer=None, **kwargs):
        super().__init__(**kwargs)
        self.normalizer = Softmax() if normalizer is None else normalizer
        if self.normalizer.uses_previous:
            raise ValueError(
                "`TalkingHeads` mixes finished weights, but this normaliser needs its own of the "
                f"query before. Received: normalizer={type(self.normalizer).__name__}."
            )

    @property
    def draws(self):
        """Whether the normaliser adds noise, which must come after the first mixture."""
        return type(self.normalizer).noise is not Normalizer.noise

    def build(self, scores_shape):
        if len(scores_shape) < 4:
            raise ValueError(
                "`TalkingHeads` needs heads: use it in `MultiHeadAttention`. Received: "
                f"scores_shape={tuple(scores_shape)}."
            )
        self.normalizer.build(scores_shape)
        heads = scores_shape[-3]
        self.before, self.after = (
            self.add_weight(shape=(heads, heads), initializer="identity", name=name)
            for name in ("before", "after")
        )

    def call(self, scores, attention_mask=None, previous=None, training=None):  # noqa: ARG002
        if attention_mask is not None:
            # Or else the score of a key that its own head forbids would count.
            scores = scores * ops.cast(attention_mask, "float32")
        scores = _mixed(scores, self.before)
        noise = self.normalizer.noise(ops.shape(scores)) if training else None
        scores = scores if noise is None else scores + noise
        weights = self.normalizer.call(scores, attention_mask, training=training)
        weights = _mixed(weights, self.after)
        if attention_mask is None:
            return weights
        return weights * ops.cast(attention_mask, "float32")

    def get_config(self):
        return {**super().get_config(), "normalizer": serialized(self.normalizer)}

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("normalizer",)))


def _mixed(x, mixture):
    return ops.einsum("...hqk,hg->...gqk", x, ops.cast(mixture, "float32"))
