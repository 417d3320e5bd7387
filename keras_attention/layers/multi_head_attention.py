"""Multi-head attention: a drop-in superset of `keras.layers.MultiHeadAttention`."""

import inspect

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.cached_steps import CachedSteps
from keras_attention.layers.dense import Projection
from keras_attention.layers.head_layout import HeadLayout
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.pairs import Pairs
from keras_attention.layers.patterns.sliding_window import SlidingWindow
from keras_attention.layers.rate import Rate
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.without_weights import obstacle, refuse_flash_attention
from keras_attention.ops.dropout import head_dropout as without_some_heads
from keras_attention.ops.masks import combine_masks

_PARTS = ("score", "normalizer", "position_scheme", "pattern", "attention_regularizer")
_RATES = ("dropout", "head_dropout")


@keras.saving.register_keras_serializable(package="keras_attention")
class MultiHeadAttention(CachedSteps, keras.layers.Layer):
    r"""Multi-head attention, with grouped heads, an additive bias and a cache for decoding.

    Takes the arguments of `keras.layers.MultiHeadAttention` in the same order, gives the same
    results with the same weights, and reads its weight files. Use it for self-attention
    (`layer(x, x)`), for cross-attention (`layer(x, encoded)`), and token by token (`step`).

    $$ \mathrm{head}_i = \mathrm{attention}(Q W^Q_i, K W^K_i, V W^V_i), \qquad
       \mathrm{output} = [\mathrm{head}_1, …, \mathrm{head}_h]\, W^O $$

    It differs from Keras in one thing: a query that may attend to nothing gets zeros before the
    output projection and sends no gradient, whether or not the scores are asked for.

    Args:
        num_heads: Number of query heads.
        key_dim: Size of each head for query and key.
        value_dim: Size of each head for value. Defaults to `key_dim`.
        dropout: Share of the attention weights dropped in training: a number, or a
            `keras.optimizers.schedules.LearningRateSchedule` of the number of training calls so
            far, which a weight of the layer counts.
        use_bias: Whether the projections have a bias.
        output_shape: Integer or tuple, the last dimensions of the output. Defaults to the last
            dimension of `query`.
        attention_axes: Integer or tuple, the axes of the input over which to attend. Defaults to
            all but batch and features.
        sliding_window: Positive integer: each query sees keys less than this far away, on both
            sides, or behind it with `use_causal_mask`.
        flash_attention: Whether attention is computed without a tensor of all weights: by the
            backend's fused kernel on JAX and PyTorch, exactly and in chunks on TensorFlow. By
            default it is where a kernel takes the arguments, and from 1024 * 1024 pairs of query
            and key on, unless a penalty or a scheduled dropout needs the weights. True demands it,
            and gives neither weights nor dropout; False forbids it.
        kernel_initializer, bias_initializer: Initializers of the projections.
        kernel_regularizer, bias_regularizer, activity_regularizer: Regularizers of the projections.
        kernel_constraint, bias_constraint: Constraints of the projections.
        use_gate: Whether a sigmoid gate, a projection of the query, multiplies the attended values.
        seed: Integer for the dropout.
        num_key_value_heads: Number of key/value heads, a divisor of `num_heads`: 1 is multi-query
            attention, `num_heads` (the default) ordinary attention, between them grouped queries.
        score: A `Score`, how well a key answers a query. Defaults to `ScaledDotProduct()`.
        normalizer: A `Normalizer`, how scores become weights. Defaults to `Softmax()`.
        position_scheme: A `RelativePositions`, how distances count. Defaults to not at all.
        pattern: A `Pattern`, which pairs are computed. Defaults to all.
        attention_regularizer: An `AttentionRegularizer`, a penalty on the weights that is added to
            the loss in training. Defaults to none.
        head_dropout: Share of the heads that each example does without in training, the others
            growing by `1 / (1 - head_dropout)`; a number or a schedule, as `dropout`.

    Call arguments:
        query: Float tensor `[batch, q_len, query_dim]`, or with more axes than `q_len`.
        value: Float tensor `[batch, k_len, feature_dim]`.
        key: Float tensor `[batch, k_len, feature_dim]`. Defaults to `value`.
        query_mask, value_mask, key_mask: Boolean tensors `[batch, length]`, True = real token.
            Keras fills them in from the masks that its layers attach to tensors.
        attention_mask: Boolean tensor `[batch, q_len, k_len]` or `[batch, heads, q_len, k_len]`, or
            anything that broadcasts to it, True = may attend.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply dropout and the penalty.
        use_causal_mask: Whether to forbid keys that come after the query.
        attention_bias: Float tensor that broadcasts to `[batch, heads, q_len, k_len]`, added to the
            scores before they are normalised.
        start: Scalar integer, the position of the first query if the first key stands at 0: the
            length of a memory that stands before the queries' own tokens in `value`.
        segment_ids: Integer tensor `[batch, length]` for self-attention to several sequences packed
            into one row: tokens see their own segment only.

    Returns:
        Tensor `[batch, q_len, output]`; with `return_attention_scores` the pair of it and the
        weights `[batch, num_heads, q_len, k_len]`.

    Raises:
        ValueError: If an argument is out of range or shapes do not fit.

    Example:

    >>> layer = keras_attention.MultiHeadAttention(num_heads=4, key_dim=8, num_key_value_heads=2)
    >>> query, value = np.ones((2, 5, 32)), np.ones((2, 7, 32))
    >>> output, weights = layer(query, value, return_attention_scores=True)
    >>> output.shape, weights.shape
    ((2, 5, 32), (2, 4, 5, 7))

    References:
        - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.2.2
        - [Shazeer, 2019](https://arxiv.org/abs/1911.02150), multi-query attention
        - [Ainslie et al., 2023](https://arxiv.org/abs/2305.13245), grouped queries
        - [Qiu et al., 2025](https://arxiv.org/abs/2505.06708), the gate
        - [Zhou et al., 2020](https://arxiv.org/abs/2004.13342), dropout of heads and its schedule
    """

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
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
        num_key_value_heads=None,
        score=None,
        normalizer=None,
        position_scheme=None,
        pattern=None,
        attention_regularizer=None,
        head_dropout=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads = positive_integer("num_heads", num_heads)
        self.key_dim = positive_integer("key_dim", key_dim)
        self.value_dim = key_dim if value_dim is None else positive_integer("value_dim", value_dim)
        self.dropout, self.head_dropout = dropout, head_dropout
        self._dropout_rate = Rate(dropout, name="dropout")
        self._head_dropout_rate = Rate(head_dropout, name="head_dropout")
        self.use_bias = use_bias
        self.attention_axes = _as_tuple("attention_axes", attention_axes)
        if sliding_window is not None:
            positive_integer("sliding_window", sliding_window)
            if pattern is not None:
                raise ValueError(
                    "`sliding_window` is a short form of `pattern=SlidingWindow(…)`: give one of "
                    f"them. Received: sliding_window={sliding_window}, pattern={pattern!r}."
                )
            pattern = SlidingWindow(sliding_window)
        self._sliding_window = sliding_window
        self._mechanism = Mechanism(
            score, normalizer, position_scheme, pattern, attention_regularizer
        )
        # Attributes of their own, so that Keras finds the weights of the parts.
        self.score, self.normalizer = self._mechanism.score, self._mechanism.normalizer
        self.position_scheme, self.pattern = position_scheme, pattern
        self.attention_regularizer = attention_regularizer
        if flash_attention and dropout != 0:
            raise ValueError(
                "Dropout is not supported when flash attention is enabled. Set `dropout=0` or "
                f"`flash_attention=None`. Received: dropout={dropout}."
            )
        if flash_attention and (why := obstacle(self._mechanism)):
            refuse_flash_attention(why)
        if flash_attention and attention_regularizer is not None:
            raise ValueError(
                "Flash attention computes no weights, so none can be penalised. Set "
                "`attention_regularizer=None` or `flash_attention=None`. Received: "
                f"attention_regularizer={attention_regularizer!r}."
            )
        self._flash_attention = flash_attention
        self.use_gate = use_gate
        self.seed = seed
        kv_heads = num_heads if num_key_value_heads is None else num_key_value_heads
        self.num_key_value_heads = positive_integer("num_key_value_heads", kv_heads)
        if num_heads % kv_heads:
            raise ValueError(
                "`num_heads` must be a multiple of `num_key_value_heads`. Received: "
                f"num_heads={num_heads}, num_key_value_heads={kv_heads}."
            )
        # Not `output_shape`: Keras' `summary` reads that attribute of every layer.
        self._output_shape = _as_tuple("output_shape", output_shape)
        self._sublayer_arguments = {
            "kernel_initializer": keras.initializers.get(kernel_initializer),
            "bias_initializer": keras.initializers.get(bias_initializer),
            "kernel_regularizer": keras.regularizers.get(kernel_regularizer),
            "bias_regularizer": keras.regularizers.get(bias_regularizer),
            "activity_regularizer": keras.regularizers.get(activity_regularizer),
            "kernel_constraint": keras.constraints.get(kernel_constraint),
            "bias_constraint": keras.constraints.get(bias_constraint),
        }
        drops = dropout != 0 or head_dropout != 0
        self._seed_generator = keras.random.SeedGenerator(seed) if drops else None

    def build(self, query_shape, value_shape, key_shape=None):
        # The projections' equations depend on the rank of the inputs, so they are made here. Their
        # attributes and names are Keras', so that its weight files and quantization maps fit.
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        rank = len(query_shape)
        self._layout = HeadLayout(rank - 2, self.attention_axes)
        self._check_order()
        self._query_dense = self._head_projection("query", query_shape, self.num_heads)
        self._key_dense = self._head_projection("key", key_shape, self.num_key_value_heads)
        if self.use_gate:
            self._gate_dense = self._head_projection(
                "gate", query_shape, self.num_heads, self.value_dim, activation="sigmoid"
            )
        self._value_dense = self._head_projection(
            "value", value_shape, self.num_key_value_heads, self.value_dim
        )
        output_shape = self._output_shape or (query_shape[-1],)
        attended_shape = (*query_shape[:-1], self.num_heads, self.value_dim)
        self._output_dense = self._projection(
            "attention_output", attended_shape, bound_dims=2, output=output_shape
        )
        self._dropout_rate.build()
        self._head_dropout_rate.build()
        self._mechanism.build_parts(
            self._layout.split_shape(query_shape, self.num_heads, self.key_dim),
            self._layout.split_shape(key_shape, self.num_key_value_heads, self.key_dim),
            self._layout.split_shape(value_shape, self.num_key_value_heads, self.value_dim),
        )
        # Keras takes a window that is longer than the sequence.
        if self.pattern is not None and self._sliding_window is None:
            self.pattern.check_lengths(*map(self._layout.known_length, (query_shape, key_shape)))

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
        attention_bias=None,
        start=0,
        segment_ids=None,
    ):
        if self._flash_attention and return_attention_scores:
            raise ValueError(
                "Returning attention scores is not supported when flash attention is enabled. "
                "Please disable flash attention to access attention scores."
            )
        key = value if key is None else key
        layout = self._layout
        if attention_mask is not None:
            attention_mask = layout.pair_term(ops.cast(attention_mask, "bool"), query, key)
        if attention_bias is not None:
            attention_bias = layout.pair_term(attention_bias, query, key)
        segments = None if segment_ids is None else layout.tokens(segment_ids, query)
        query_positions = start + ops.arange(layout.length(query), dtype="int32")
        key_positions = ops.arange(layout.length(key), dtype="int32")
        q = layout.split(self._query_dense(query))  # [batch, heads, q_len, key_dim]
        k = layout.split(self._key_dense(key))  # [batch, kv_heads, k_len, key_dim]
        v = layout.split(self._value_dense(value))  # [batch, kv_heads, k_len, value_dim]
        pairs = Pairs(
            query=self._mechanism.encode_query(q, query_positions),
            key=self._mechanism.encode_key(k, key_positions),
            value=v,
            query_positions=query_positions,
            key_positions=key_positions,
            attention_mask=combine_masks(
                attention_mask,
                None if value_mask is None else layout.token_mask(value_mask, value)[..., None, :],
                None if key_mask is None else layout.token_mask(key_mask, key)[..., None, :],
            ),
            bias=attention_bias,
            causal=use_causal_mask,
            query_segments=segments,
            key_segments=segments,
            query_mask=(
                None if query_mask is None else layout.token_mask(query_mask, query)[..., None]
            ),
            start=start,
        )
        attended, weights = self._attend(pairs, return_attention_scores, training)
        output = self._project_output(layout.merge(attended, query), query)
        if return_attention_scores:
            weights = ops.cast(weights, self.compute_dtype)
            return output, layout.unflatten_pairs(weights, query, key)
        return output

    def compute_output_shape(self, query_shape, value_shape, key_shape=None):
        query_shape, value_shape = tuple(query_shape), tuple(value_shape)
        key_shape = value_shape if key_shape is None else tuple(key_shape)
        self._check_shapes(query_shape, value_shape, key_shape)
        return query_shape[:-1] + (self._output_shape or query_shape[-1:])

    def compute_output_spec(self, query, value, key=None, *args, **kwargs):
        key = value if key is None else key
        output_shape = self.compute_output_shape(query.shape, value.shape, key.shape)
        output = keras.KerasTensor(output_shape, dtype=self.compute_dtype)
        arguments = inspect.signature(self.call).bind(query, value, key, *args, **kwargs).arguments
        if not arguments.get("return_attention_scores"):
            return output
        layout = HeadLayout(len(query.shape) - 2, self.attention_axes)
        scores_shape = layout.scores_shape(query.shape, key.shape, self.num_heads)
        return output, keras.KerasTensor(scores_shape, dtype=self.compute_dtype)

    def get_config(self):
        serializers = {
            "initializer": keras.initializers.serialize,
            "regularizer": keras.regularizers.serialize,
            "constraint": keras.constraints.serialize,
        }
        parts = self._mechanism.parts()
        if self._sliding_window is not None:
            del parts["pattern"]
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            **{name: serialized(getattr(self, name)) for name in _RATES},
            "use_bias": self.use_bias,
            "output_shape": self._output_shape,
            "attention_axes": self.attention_axes,
            "sliding_window": self._sliding_window,
            "flash_attention": self._flash_attention,
            "use_gate": self.use_gate,
            "seed": self.seed,
            "num_key_value_heads": self.num_key_value_heads,
            **{name: serialized(part) for name, part in parts.items()},
            **{
                name: serializers[name.split("_")[-1]](value)
                for name, value in self._sublayer_arguments.items()
            },
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, (*_PARTS, *_RATES)))

    @property
    def query_dense(self):
        """The projection of the query, an `EinsumDense`."""
        return self._query_dense

    @property
    def key_dense(self):
        """The projection of the key, an `EinsumDense`."""
        return self._key_dense

    @property
    def value_dense(self):
        """The projection of the value, an `EinsumDense`."""
        return self._value_dense

    @property
    def output_dense(self):
        """The projection of the attended values, an `EinsumDense`."""
        return self._output_dense

    def _attend(self, pairs, with_weights, training):
        """Attended values in training or not, and the weights, or None if nobody needs them."""
        mechanism, regularizer = self._mechanism, self.attention_regularizer
        penalized = training and regularizer is not None
        arguments = {
            "dropout": self._dropout_rate.next(training),
            "seed": self._seed_generator,
            "training": training,
        }
        if with_weights or penalized:
            attended, weights = mechanism.attend_with_weights(pairs, **arguments)
        else:
            arguments["flash_attention"] = self._flash_attention
            attended, weights = mechanism.attend(pairs, **arguments), None
        if penalized:
            self.add_loss(regularizer(weights, mechanism.masked(pairs).mask()))
        rate = self._head_dropout_rate.next(training)
        return without_some_heads(attended, rate, self._seed_generator), weights

    def _project_output(self, attended, query):
        if self.use_gate:
            attended = ops.multiply(attended, self._gate_dense(query))
        return self._output_dense(attended)

    def _head_projection(self, name, input_shape, heads, size=None, activation=None):
        output = (heads, size or self.key_dim)
        return self._projection(name, input_shape, 1, output, activation)

    def _projection(self, name, input_shape, bound_dims, output, activation=None):
        """A dense layer from the last `bound_dims` axes of its input to the axes `output`."""
        letters = iter("abcdefghijklmnopqrstuvwxyz")
        kept, bound, new = (
            "".join(next(letters) for _ in range(size))
            for size in (len(input_shape) - bound_dims, bound_dims, len(output))
        )
        arguments = dict(self._sublayer_arguments)
        for role in ("kernel_initializer", "bias_initializer"):
            # Initializers draw the same numbers each time: every projection needs its own.
            initializer = arguments[role]
            arguments[role] = initializer.__class__.from_config(initializer.get_config())
        dense = Projection(
            f"{kept}{bound},{bound}{new}->{kept}{new}",
            output_shape=(*[None] * (len(kept) - 1), *output),
            bias_axes=new if self.use_bias else None,
            activation=activation,
            name=name,
            dtype=self.dtype_policy,
            **arguments,
        )
        dense.supports_masking = True  # it acts on each token alone
        dense.build(tuple(input_shape))
        return dense

    def _check_shapes(self, query_shape, value_shape, key_shape):
        if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
            raise ValueError(
                "All dimensions of `value` and `key`, except the last one, must be equal. "
                f"Received: value_shape={value_shape} and key_shape={key_shape}"
            )
        if len(query_shape) != len(value_shape) or len(query_shape) < 3:
            raise ValueError(
                "`query` and `value` must have the same rank, at least 3: `[batch, length, "
                f"features]`. Received: query_shape={query_shape} and value_shape={value_shape}"
            )

    def _check_order(self):
        """Distances exist only where one axis is attended to."""
        ordered = self.position_scheme or self.pattern
        # Keras takes a window over several axes, as if they were one.
        if ordered and not self._sliding_window and len(self._layout.attention_axes) > 1:
            raise ValueError(
                f"`{type(ordered).__name__}` counts distances along one axis. Received: "
                f"attention_axes={self._layout.attention_axes}. Give one of them, or flatten them "
                "yourself."
            )


def _as_tuple(name, value):
    if value is None or isinstance(value, int):
        return value if value is None else (value,)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"Invalid `{name}`: expected an integer or a tuple. Received: {value}")
    return tuple(value)
