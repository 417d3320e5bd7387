"""Attention without projections and heads: a drop-in superset of `keras.layers.Attention`."""

import keras
from keras import ops

from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.pairs import Pairs
from keras_attention.layers.rate import Rate
from keras_attention.layers.scores.dot_product import DotProduct
from keras_attention.layers.scores.keras_score import KerasScore, tanh_of_sums
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.ops.attention import dot_product_scores
from keras_attention.ops.dropout import dropout as dropped
from keras_attention.ops.masks import combine_masks

_PARTS = ("score", "normalizer", "position_scheme", "pattern", "attention_regularizer")


@keras.saving.register_keras_serializable(package="keras_attention")
class Attention(keras.layers.Layer):
    r"""Attention without projections and heads, with any score and normaliser.

    Takes the arguments of `keras.layers.Attention`, gives the same results with the same weights,
    and reads its weight files. Use it between a recurrent decoder and its encoder, or wherever the
    features are projected already; for the projections and heads of a Transformer there is
    `MultiHeadAttention`.

    $$ \mathrm{output} = \mathrm{softmax}(s(Q, K))\, V, \qquad s(q, k) = g\, q \cdot k $$

    It differs from Keras in two things: a query that may attend to nothing gets zeros, and the mask
    of the key counts as that of the value does.

    Args:
        use_scale: Whether the score has a learned factor `g`; otherwise it is 1.
        score_mode: `"dot"`, or `"concat"`, which is $s(q, k) = c \sum_i \tanh(g (q_i + k_i))$ with
            another learned factor `c`. For Luong's *concat* there is the score `Concat`.
        dropout: Share of the attention weights dropped in training, or its schedule, see
            `MultiHeadAttention`.
        seed: Integer for the dropout.
        score: A `Score` instead of the two above.
        normalizer: A `Normalizer`, how scores become weights. Defaults to `Softmax()`.
        position_scheme: A `RelativePositions`, how distances count. Defaults to not at all.
        pattern: A `Pattern`, which pairs are computed. Defaults to all.
        attention_regularizer: An `AttentionRegularizer`, a penalty on the weights in training.

    Call arguments:
        inputs: List of float tensors: query `[batch, q_len, query_dim]`, value
            `[batch, k_len, value_dim]` and, unless it is the value, key `[batch, k_len, key_dim]`.
            There may be more axes after `batch`, the same in all.
        mask: List of boolean tensors or None, True = real token: of the query `[batch, q_len]`,
            whose other outputs are zero, of the value `[batch, k_len]`, and perhaps of the key.
            Keras fills it in from the masks that its layers attach to tensors.
        training: Whether to apply dropout.
        return_attention_scores: Whether to return the attention weights as well.
        use_causal_mask: Whether to forbid keys that come after the query.

    Returns:
        Tensor `[batch, q_len, value_dim]`; with `return_attention_scores` the pair of it and the
        weights `[batch, q_len, k_len]`, after dropout.

    Raises:
        ValueError: If an argument is out of range, or the inputs are no such list.

    Example:

    >>> layer = keras_attention.Attention(normalizer=keras_attention.Sparsemax())
    >>> query, value = np.ones((2, 5, 7)), np.ones((2, 11, 7))
    >>> output, weights = layer([query, value], return_attention_scores=True)
    >>> output.shape, weights.shape
    ((2, 5, 7), (2, 5, 11))

    References:
        [Luong et al., 2015](https://arxiv.org/abs/1508.04025), section 3.1
    """

    def __init__(
        self,
        use_scale=False,
        score_mode="dot",
        dropout=0.0,
        seed=None,
        score=None,
        normalizer=None,
        position_scheme=None,
        pattern=None,
        attention_regularizer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.use_scale = use_scale
        self.score_mode = score_mode
        if score_mode not in ("dot", "concat"):
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. "
                f"Received: score_mode={score_mode!r}."
            )
        if score is not None and (use_scale or score_mode != "dot"):
            raise ValueError(
                "`use_scale` and `score_mode` choose a score of Keras: give them or `score`. "
                f"Received: use_scale={use_scale}, score_mode={score_mode!r}, score={score!r}."
            )
        self.dropout = dropout
        self._dropout_rate = Rate(dropout, name="dropout")
        self.seed = seed
        self._mechanism = Mechanism(
            self._keras_score() if score is None else score,
            normalizer,
            position_scheme,
            pattern,
            attention_regularizer,
        )
        # Attributes of their own, so that Keras finds the weights of the parts.
        self.score, self.normalizer = score, self._mechanism.normalizer
        self.position_scheme, self.pattern = position_scheme, pattern
        self.attention_regularizer = attention_regularizer
        self.scale = self.concat_score_weight = None
        self._seed_generator = keras.random.SeedGenerator(seed) if dropout != 0 else None

    def build(self, input_shape):
        self._check_inputs(input_shape)
        self._dropout_rate.build()
        self._build_keras_score(input_shape)
        # Parts are made for heads: there is one.
        shapes = (input_shape[0], input_shape[-1], input_shape[1])  # query, key, value
        self._mechanism.build_parts(*((*shape[:-2], 1, *shape[-2:]) for shape in shapes))
        if self.pattern is not None:
            self.pattern.check_lengths(shapes[0][-2], shapes[1][-2])

    def call(
        self,
        inputs,
        mask=None,
        training=None,
        return_attention_scores=False,
        use_causal_mask=False,
    ):
        self._check_inputs(inputs, mask)
        mechanism = self._mechanism
        query, value, key = inputs[0], inputs[1], inputs[-1]
        query_mask, *key_masks = mask or [None]
        query_positions, key_positions = (
            ops.arange(ops.shape(x)[-2], dtype="int32") for x in (query, key)
        )
        q, k, v = (ops.expand_dims(x, -3) for x in (query, key, value))  # [batch, 1, length, dim]
        pairs = Pairs(
            query=mechanism.encode_query(q, query_positions),
            key=mechanism.encode_key(k, key_positions),
            value=v,
            query_positions=query_positions,
            key_positions=key_positions,
            attention_mask=combine_masks(
                *(None if x is None else x[..., None, None, :] for x in key_masks)
            ),
            causal=use_causal_mask,
        )
        attended, weights = self._attend(pairs, query_mask, return_attention_scores, training)
        attended = ops.squeeze(attended, -3)  # [batch, q_len, value_dim]
        if query_mask is not None:
            attended = ops.where(ops.cast(query_mask, "bool")[..., None], attended, 0)
        if return_attention_scores:
            return attended, ops.cast(ops.squeeze(weights, -3), self.compute_dtype)
        return attended

    def compute_mask(self, inputs, mask=None):
        self._check_inputs(inputs, mask)
        if mask is None or mask[0] is None:
            return None
        return ops.convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs,
        mask=None,
        training=None,  # noqa: ARG002 - the arguments of `call`
        return_attention_scores=False,
        use_causal_mask=False,  # noqa: ARG002
    ):
        self._check_inputs(inputs, mask)
        shape = self.compute_output_shape([x.shape for x in inputs])
        output = keras.KerasTensor(shape, dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        scores_shape = (*inputs[0].shape[:-1], inputs[-1].shape[-2])
        return output, keras.KerasTensor(scores_shape, dtype=self.compute_dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "use_scale": self.use_scale,
            "score_mode": self.score_mode,
            "seed": self.seed,
            **{name: serialized(getattr(self, name)) for name in ("dropout", *_PARTS)},
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("dropout", *_PARTS)))

    def _keras_score(self):
        """The score that `use_scale` and `score_mode` mean."""
        if self.score_mode == "concat":
            return KerasScore(self._concat_score)
        if self.use_scale:
            return KerasScore(self._scaled_score, rotation_invariant=True)
        return DotProduct()

    def _build_keras_score(self, input_shape):  # noqa: ARG002 - for subclasses
        if self.use_scale:
            self.scale = self.add_weight(shape=(), initializer="ones", name="scale")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                shape=(), initializer="ones", name="concat_score_weight"
            )

    def _scaled_score(self, query, key):
        return dot_product_scores(query, key, self.scale)

    def _concat_score(self, query, key):
        hidden = tanh_of_sums(query, key, self.scale if self.use_scale else 1.0)
        return self.concat_score_weight * ops.sum(hidden, axis=-1)

    def _attend(self, pairs, query_mask, with_weights, training):
        mechanism, seed = self._mechanism, self._seed_generator
        penalized = training and self.attention_regularizer is not None
        rate = self._dropout_rate.next(training)
        if not (with_weights or penalized):
            return mechanism.attend(pairs, rate, seed, training), None
        pairs = mechanism.masked(pairs)
        weights = mechanism.weights(pairs, training)
        if penalized:
            real = None if query_mask is None else query_mask[..., None, :, None]
            mask = combine_masks(pairs.mask(), real)
            self.add_loss(self.attention_regularizer(weights, mask))
        weights = dropped(weights, rate, seed)
        return mechanism.average(weights, pairs), weights

    def _check_inputs(self, inputs, mask=None):
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} must be called on a list, [query, value] or [query, value, key]. "
                f"Received: inputs={inputs}."
            )
        if len(inputs) not in (2, 3):
            raise ValueError(
                f"{name} takes a list of length 2 or 3, [query, value] or [query, value, key]. "
                f"Received: a list of length {len(inputs)}."
            )
        if mask is not None and not isinstance(mask, list):
            raise ValueError(
                f"The {name} layer mask must be a list, [query_mask, value_mask]. "
                f"Received: mask={mask}."
            )
        if mask is not None and len(mask) not in (2, 3):
            raise ValueError(
                f"{name} takes a mask of length 2 or 3, [query_mask, value_mask] or [query_mask, "
                f"value_mask, key_mask]. Received: mask={mask}."
            )
