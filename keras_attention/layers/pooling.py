"""One vector for a whole sequence."""

import keras
from keras import ops

from keras_attention.layers.arguments import head_size
from keras_attention.layers.dense import Dense
from keras_attention.layers.multi_head_attention import MultiHeadAttention
from keras_attention.layers.part import Part
from keras_attention.ops.attention import weighted_values
from keras_attention.ops.normalizers import softmax_weights


class Pooling(Part):
    """Base of what makes `[batch, d_model]` of `[batch, length, d_model]`; padding does not count.

    A subclass defines `call(x, padding_mask=None)` and `shares`.
    """

    def shares(self, x, padding_mask=None):
        """How much of the result comes from each token.

        Args:
            x, padding_mask: As for the call.

        Returns:
            Float tensor `[batch, length]`, of which each row sums to 1.
        """
        raise NotImplementedError

    def compute_output_shape(self, x_shape, padding_mask_shape=None):  # noqa: ARG002 - Keras' names
        return x_shape[0], x_shape[-1]


@keras.saving.register_keras_serializable(package="keras_attention")
class MeanPooling(Pooling):
    """The mean of a sequence's real tokens; zeros where there are none.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all.

    Returns:
        Tensor `[batch, d_model]`.

    Example:

    >>> x = np.array([[[1.0], [3.0], [8.0]]])
    >>> float(keras_attention.MeanPooling()(x, np.array([[True, True, False]]))[0, 0])
    2.0
    """

    def call(self, x, padding_mask=None):
        if padding_mask is None:
            return ops.mean(x, axis=1)
        real = ops.cast(padding_mask, "float32")
        count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
        # The mean of many tokens is taken in float32; a product never makes NaN of padding.
        kept = ops.where(padding_mask[..., None], ops.cast(x, "float32"), 0.0)
        return ops.cast(ops.sum(kept, axis=1) / count, x.dtype)

    def shares(self, x, padding_mask=None):
        ones = ops.ones(ops.shape(x)[:2], "float32")
        real = ones if padding_mask is None else ops.cast(padding_mask, "float32")
        return real / ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)


@keras.saving.register_keras_serializable(package="keras_attention")
class FirstTokenPooling(Pooling):
    """The first token, which in BERT is one that stands for the whole.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Plays no part.

    Returns:
        Tensor `[batch, d_model]`.

    Example:

    >>> x = np.array([[[1.0], [3.0], [8.0]]])
    >>> float(keras_attention.FirstTokenPooling()(x)[0, 0])
    1.0

    References:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805), section 3.
    """

    def call(self, x, padding_mask=None):  # noqa: ARG002 - as all poolings
        return x[:, 0]

    def shares(self, x, padding_mask=None):  # noqa: ARG002
        batch, length = ops.shape(x)[:2]
        return ops.broadcast_to(ops.one_hot(0, length), (batch, length))


@keras.saving.register_keras_serializable(package="keras_attention")
class TokenPooling(Pooling):
    """The token at one place, such as the distillation token, which stands second.

    Args:
        position: Place of the token, an integer; counted from the end if it is negative.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Plays no part.

    Returns:
        Tensor `[batch, d_model]`.

    Raises:
        ValueError: If `position` is no integer.

    Example:

    >>> x = np.array([[[1.0], [3.0], [8.0]]])
    >>> float(keras_attention.TokenPooling(1)(x)[0, 0])
    3.0

    References:
        [Touvron et al., 2021](https://arxiv.org/abs/2012.12877), section 4
    """

    def __init__(self, position, **kwargs):
        super().__init__(**kwargs)
        if isinstance(position, bool) or not isinstance(position, int):
            raise ValueError(f"`position` must be an integer. Received: position={position!r}.")
        self.position = position

    def call(self, x, padding_mask=None):  # noqa: ARG002 - as all poolings
        return x[:, self.position]

    def shares(self, x, padding_mask=None):  # noqa: ARG002
        batch, length = ops.shape(x)[:2]
        return ops.broadcast_to(ops.one_hot(self.position % length, length), (batch, length))

    def get_config(self):
        return {**super().get_config(), "position": self.position}


@keras.saving.register_keras_serializable(package="keras_attention")
class SequencePooling(Pooling):
    r"""The mean of all tokens, weighted by how much each says that it matters.

    $$ w = \mathrm{softmax}(x g + b), \qquad y = \textstyle\sum_i w_i x_i $$

    That of compact transformers, in place of a class token. Unlike in `AttentionPooling` tokens are
    not projected, and one vector is all that is learned.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all.

    Returns:
        Tensor `[batch, d_model]`; zeros where there is no token.

    Example:

    >>> keras_attention.SequencePooling()(np.ones((2, 5, 16))).shape
    (2, 16)

    References:
        [Hassani et al., 2021](https://arxiv.org/abs/2104.05704), section 3.1
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.importance = Dense(1, name="importance", dtype=self.dtype_policy)

    def build(self, x_shape):
        self.importance.build(x_shape)

    def call(self, x, padding_mask=None):
        shares = ops.cast(self.shares(x, padding_mask), x.dtype)
        return weighted_values(shares[:, None], x)[:, 0]

    def shares(self, x, padding_mask=None):
        scores = ops.cast(self.importance(x)[..., 0], "float32")  # [batch, length]
        return softmax_weights(scores, padding_mask)


@keras.saving.register_keras_serializable(package="keras_attention")
class AttentionPooling(Pooling):
    """A learned query attends to the sequence, by several heads.

    Args:
        num_heads: Number of heads; divides `d_model`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Boolean tensor `[batch, length]`, True = real token. Defaults to all.
        return_attention_scores: Whether to return the attention weights as well.

    Returns:
        Tensor `[batch, d_model]`; with `return_attention_scores` the pair of it and the weights
        `[batch, num_heads, length]`.

    Raises:
        ValueError: If `num_heads` does not divide `d_model`.

    Example:

    >>> pooling = keras_attention.AttentionPooling(num_heads=4)
    >>> pooling(np.ones((2, 5, 16))).shape
    (2, 16)

    References:
        - [Yang et al., 2016](https://aclanthology.org/N16-1174/), a learned query for a text
        - [Lee et al., 2019](https://arxiv.org/abs/1810.00825), section 3.2, with several heads
    """

    def __init__(self, num_heads=1, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, x_shape):
        d_model = x_shape[-1]
        self.query = self.add_weight(
            shape=(1, 1, d_model), initializer="random_normal", name="query"
        )
        self.attention = MultiHeadAttention(
            self.num_heads,
            head_size(d_model, self.num_heads),
            name="attention",
            dtype=self.dtype_policy,
        )
        self.attention.build((None, 1, d_model), x_shape)

    def call(self, x, padding_mask=None, return_attention_scores=False):
        query = ops.broadcast_to(ops.cast(self.query, x.dtype), (ops.shape(x)[0], 1, x.shape[-1]))
        y = self.attention(
            query,
            x,
            attention_mask=None if padding_mask is None else padding_mask[:, None, :],
            return_attention_scores=return_attention_scores,
        )  # [batch, 1, d_model], perhaps with [batch, heads, 1, length]
        if return_attention_scores:
            y, weights = y
            return y[:, 0], weights[:, :, 0]
        return y[:, 0]

    def shares(self, x, padding_mask=None):
        _, weights = self(x, padding_mask=padding_mask, return_attention_scores=True)
        return ops.mean(ops.cast(weights, "float32"), axis=1)

    def get_config(self):
        return {**super().get_config(), "num_heads": self.num_heads}
