"""Grouped-query attention under Keras' name and with its arguments."""

import keras

from keras_attention.layers.multi_head_attention import MultiHeadAttention


@keras.saving.register_keras_serializable(package="keras_attention")
class GroupedQueryAttention(MultiHeadAttention):
    """`MultiHeadAttention` with fewer heads of keys and values than of queries.

    Takes the arguments of `keras.layers.GroupQueryAttention`, gives the same results with the same
    weights, and reads its weight files. In new code, `MultiHeadAttention(num_key_value_heads=…)`
    says the same.

    Args:
        head_dim: Size of each head for query, key and value.
        num_query_heads: Number of heads of the query.
        num_key_value_heads: Number of heads of key and value, a divisor of `num_query_heads`.
        dropout, use_bias, sliding_window, flash_attention, use_gate, seed: As in
            `MultiHeadAttention`.
        kernel_initializer, bias_initializer: Initializers of the projections.
        kernel_regularizer, bias_regularizer, activity_regularizer: Regularizers of the projections.
        kernel_constraint, bias_constraint: Constraints of the projections.
        **kwargs: Further arguments of `MultiHeadAttention`, such as `score` and `normalizer`.

    Call arguments:
        query: Float tensor `[batch, q_len, feature_dim]`.
        value, key, …: As in `MultiHeadAttention`.

    Returns:
        As `MultiHeadAttention`.

    Raises:
        ValueError: If an argument is out of range or shapes do not fit.

    Example:

    >>> layer = keras_attention.GroupQueryAttention(8, num_query_heads=4, num_key_value_heads=2)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)

    References:
        [Ainslie et al., 2023](https://arxiv.org/abs/2305.13245)
    """

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            num_heads=num_query_heads,
            key_dim=head_dim,
            dropout=dropout,
            use_bias=use_bias,
            sliding_window=sliding_window,
            flash_attention=flash_attention,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            use_gate=use_gate,
            seed=seed,
            num_key_value_heads=num_key_value_heads,
            **kwargs,
        )

    @property
    def head_dim(self):
        """Size of each head."""
        return self.key_dim

    @property
    def num_query_heads(self):
        """Number of heads of the query."""
        return self.num_heads

    @property
    def sliding_window(self):
        """How far a query sees, or None."""
        return self._sliding_window

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        if query_shape[-1] != value_shape[-1]:
            raise ValueError(
                "The last dimensions of `query` and `value` must be equal. Received: "
                f"query_shape={query_shape}, value_shape={value_shape}"
            )
        return super().compute_output_shape(query_shape, value_shape, key_shape)

    def get_config(self):
        config = super().get_config()
        names = {"num_heads": "num_query_heads", "key_dim": "head_dim"}
        return {names.get(name, name): value for name, value in config.items()}


# Keras' class has two names as well, and its weight files hold that of the class.
GroupQueryAttention = GroupedQueryAttention
