"""What happens between queries, keys and values: score, positions, normaliser, pattern."""

import keras
from keras import ops

from keras_attention.layers.attention_regularizers.attention_regularizer import (
    AttentionRegularizer,
)
from keras_attention.layers.normalizers.continuous import Softmax
from keras_attention.layers.normalizers.normalizer import Normalizer
from keras_attention.layers.on_grid import OnGrid
from keras_attention.layers.one_by_one import one_by_one
from keras_attention.layers.patterns.pattern import Pattern
from keras_attention.layers.position_embedding import NoPositionEmbedding
from keras_attention.layers.position_schemes.relative_positions import RelativePositions
from keras_attention.layers.scores.dot_product import ScaledDotProduct
from keras_attention.layers.scores.score import Score
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.without_weights import attend_without_weights, is_softmax
from keras_attention.ops.attention import attended_values, weighted_values
from keras_attention.ops.dropout import dropout as dropped

_KINDS = {
    "score": Score,
    "normalizer": Normalizer,
    "position_scheme": RelativePositions,
    "pattern": Pattern,
    "attention_regularizer": AttentionRegularizer,
}


@keras.saving.register_keras_serializable(package="keras_attention")
class Mechanism:
    r"""A way to attend, as one value: score, normaliser, positions and pattern.

    $$ W = N(s(Q, K) + B), \qquad \mathrm{attended} = W V $$

    `EncoderLayer(attention=…)`, `DecoderLayer(attention=…, cross_attention=…)` and the models take
    it, and each of their layers makes parts of its own from it. `MultiHeadAttention` and
    `Attention` take the parts themselves.

    Args:
        score: A `Score`. Defaults to `ScaledDotProduct()`.
        normalizer: A `Normalizer`. Defaults to `Softmax()`.
        position_scheme: A `RelativePositions`, or None.
        pattern: A `Pattern`, or None for all pairs.
        attention_regularizer: An `AttentionRegularizer`, whose penalty layers add to the loss, or
            None.

    Raises:
        ValueError: If a part is of the wrong kind, or the parts cannot be combined.

    Example:

    >>> mechanism = keras_attention.Mechanism(
    ...     normalizer=keras_attention.Entmax(), position_scheme=keras_attention.Rotary()
    ... )
    >>> layer = keras_attention.EncoderLayer(16, num_heads=4, dff=64, attention=mechanism)
    >>> layer(np.ones((2, 5, 16))).shape
    (2, 5, 16)
    """

    def __init__(
        self,
        score=None,
        normalizer=None,
        position_scheme=None,
        pattern=None,
        attention_regularizer=None,
    ):
        self.score = ScaledDotProduct() if score is None else score
        self.normalizer = Softmax() if normalizer is None else normalizer
        self.position_scheme = position_scheme
        self.pattern = pattern
        self.attention_regularizer = attention_regularizer
        for name, part in self.parts().items():
            if not isinstance(part, _KINDS[name]):
                raise ValueError(
                    f"`{name}` must be a value of a subclass of `{_KINDS[name].__name__}`. "
                    f"Received: {name}={part!r}."
                )
        self._check_combination()

    def parts(self):
        """The parts that there are, by name."""
        return {name: getattr(self, name) for name in _KINDS if getattr(self, name) is not None}

    def copy_of_parts(self):
        """New parts of the same configuration, by name, for a layer to build."""
        return type(self).from_config(self.get_config()).parts()

    def with_position_scheme(self, position_scheme):
        """The same mechanism with a position scheme, which it must not have yet."""
        if self.position_scheme is not None:
            raise ValueError(
                "A mechanism has one position scheme. Received: "
                f"{type(self.position_scheme).__name__} in the mechanism and "
                f"{type(position_scheme).__name__} beside it. Give one of them."
            )
        return type(self)(**{**self.parts(), "position_scheme": position_scheme})

    def on_grid(self, grid, num_prefix=0):
        """The same mechanism for tokens of a grid, which those of its parts that ask for it know.

        Args:
            grid: Pair of positive integers, `(rows, columns)`.
            num_prefix: Number of tokens that stand before the grid.

        Returns:
            A new `Mechanism`.

        Raises:
            ValueError: If a part is for another grid.
        """
        parts = self.parts()
        placed = {
            name: part.on_grid(grid, num_prefix)
            for name, part in parts.items()
            if isinstance(part, OnGrid)
        }
        return type(self)(**{**parts, **placed})

    @property
    def knows_grid(self):
        """Whether a part serves one grid alone."""
        return any(isinstance(part, OnGrid) for part in self.parts().values())

    @property
    def one_by_one(self):
        """Whether the weights of a query depend on those of the query before."""
        return self.score.uses_previous or self.normalizer.uses_previous

    def build_parts(self, query_shape, key_shape, value_shape=None):
        """Makes the weights of the parts, for shapes `[..., heads, length, size]`.

        Without that of the values, they are of the keys' size.
        """
        shapes = {"score": (query_shape, key_shape)}
        shapes["position_scheme"] = (query_shape, key_shape, value_shape or key_shape)
        shapes["normalizer"] = ((*query_shape[:-1], key_shape[-2]),)
        for name, arguments in shapes.items():
            part = getattr(self, name)
            if part is not None and not part.built:
                part.build(*arguments)

    def encode_query(self, query, positions):
        """Queries that know their positions, as `attend` wants them."""
        scheme = self.position_scheme
        return query if scheme is None else scheme.encode_query(query, positions)

    def encode_key(self, key, positions):
        """Keys that know their positions, as `attend` wants them."""
        scheme = self.position_scheme
        return key if scheme is None else scheme.encode_key(key, positions)

    def attend(self, pairs, dropout=0.0, seed=None, training=None, flash_attention=None):
        """The attended values of encoded pairs, computing no more of them than the pattern asks.

        Args:
            pairs: `Pairs`, encoded.
            dropout: Share of the weights that are dropped, a number or a scalar tensor; 0 at
                inference.
            seed: `keras.random.SeedGenerator` for the dropout.
            training: Whether the model is being trained.
            flash_attention: Whether to do without a tensor of all weights, see
                `MultiHeadAttention`.

        Returns:
            Tensor `[..., heads, q_len, value_dim]`.
        """
        attended = attend_without_weights(self, pairs, dropout, seed, flash_attention)
        if attended is not None:
            return attended

        def attend(pairs):
            if self._is_scaled_dot_product(pairs, dropout):
                scale = self.score.dot_product_scale(pairs.query.shape[-1])
                return attended_values(
                    pairs.query, pairs.key, pairs.value, pairs.mask(), scale=scale
                )
            return self.attend_to_all(pairs, dropout, seed, training)[0]

        return attend(pairs) if self.pattern is None else self.pattern.attend(pairs, attend)

    def attend_with_weights(self, pairs, dropout=0.0, seed=None, training=None, previous=None):
        """The same and the weights before dropout, `[..., heads, q_len, k_len]`, as a pair.

        `previous` are the weights of the query before each query, `[..., heads, q_len, k_len]`, if
        they are known; or else the queries stand one after the other.
        """
        return self.attend_to_all(self.masked(pairs), dropout, seed, training, previous)

    def masked(self, pairs):
        """All pairs, those outside the pattern forbidden by a mask."""
        return pairs if self.pattern is None else self.pattern.masked(pairs)

    def attend_to_all(self, pairs, dropout=0.0, seed=None, training=None, previous=None):
        """`attend_with_weights`, whatever the pattern."""
        weights = self.weights(pairs, training, previous)
        return self.average(dropped(weights, dropout, seed), pairs), weights

    def average(self, weights, pairs):
        """The values of encoded pairs, averaged by `weights` `[..., heads, q_len, k_len]`."""
        attended = weighted_values(weights, pairs.value)
        if self.position_scheme is not None:
            term = self.position_scheme.value_term(
                weights, pairs.query_positions, pairs.key_positions
            )
            if term is not None:
                attended = attended + ops.cast(term, attended.dtype)
        return attended

    def weights(self, pairs, training=None, previous=None):
        """Weights `[..., heads, q_len, k_len]` of encoded pairs, float32."""
        mask, terms = pairs.mask(), self.score_terms(pairs)
        noise = self.normalizer.noise(_weights_shape(pairs)) if training else None
        terms += [] if noise is None else [noise]
        prepared = self.score.prepare(pairs.key)

        def compare(query, terms, previous):
            scores = self.score.compare(query, prepared, previous)
            for term in terms:
                scores = scores + ops.cast(term, "float32")
            return scores

        def normalize(scores, mask, _, previous):
            return self.normalizer.call(scores, mask, previous, training)

        def weights(query, mask, terms, previous):
            return normalize(compare(query, terms, previous), mask, None, previous)

        if previous is not None or not self.one_by_one:
            return weights(pairs.query, mask, terms, previous)
        *leading, _, k_len = _weights_shape(pairs)
        first = self.normalizer.initial_alignment((*leading, 1, k_len))
        if self.score.uses_previous:
            return one_by_one(weights, first, pairs.query, mask, terms)
        return one_by_one(normalize, first, compare(pairs.query, terms, None), mask, [])

    def score_terms(self, pairs):
        """What is added to the scores."""
        terms = [] if pairs.bias is None else [pairs.bias]
        if self.position_scheme is not None:
            size = pairs.query.shape[-1]
            scale = self.score.dot_product_scale(size) if self.score.is_dot_product else None
            term = self.position_scheme.score_term(
                pairs.query, scale, pairs.query_positions, pairs.key_positions
            )
            terms += [] if term is None else [term]
        return terms

    def get_config(self):
        return {name: serialized(part) for name, part in self.parts().items()}

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, _KINDS))

    def _is_scaled_dot_product(self, pairs, dropout):
        """Whether the weights of encoded pairs are the softmax of scaled dot products alone."""
        return (
            self.score.is_dot_product
            and is_softmax(self.normalizer)
            and not getattr(self.position_scheme, "reads_pairs", False)
            and isinstance(dropout, (int, float))  # a rate that follows a schedule is a tensor
            and not dropout
            and not self.score_terms(pairs)
        )

    def _check_combination(self):
        score, scheme, pattern = self.score, self.position_scheme, self.pattern
        if scheme is not None and scheme.rotates and not score.rotation_invariant:
            _refuse(
                (scheme, score),
                "the score must not change if query and key are turned alike, as dot products and "
                "`Cosine` do not",
            )
        if scheme is not None and scheme.reads_pairs and not score.is_dot_product:
            _refuse((scheme, score), "the scheme adds dot products, so the score must be one")
        if score.uses_previous and self.normalizer.draws:
            why = "one takes queries one by one, the other draws its noise for all at once"
            _refuse((score, self.normalizer), why)
        if pattern is not None and self.one_by_one:
            part = score if score.uses_previous else self.normalizer
            _refuse((pattern, part), "a query needs the weights of the query before for all keys")


def _weights_shape(pairs):
    return (*ops.shape(pairs.query)[:-1], ops.shape(pairs.key)[-2])


def _refuse(parts, why):
    first, second = (type(part).__name__ for part in parts)
    raise ValueError(f"`{first}` and `{second}` cannot be combined: {why}.")


def in_its_place(position_scheme, attention):
    """A model's position scheme where it acts: in the embedding, or inside attention.

    Args:
        position_scheme: Of the embedding or of attention, or `None`.
        attention: A `Mechanism`, a list of them, or `None`.

    Returns:
        `(position_scheme, attention)`: what the embedding gets, and what the layers get.

    Raises:
        ValueError: If a scheme of attention meets a mechanism that has one.
    """
    if not isinstance(position_scheme, RelativePositions):
        return position_scheme, attention
    if isinstance(attention, list):
        placed = [mechanism.with_position_scheme(position_scheme) for mechanism in attention]
    else:
        placed = (attention or Mechanism()).with_position_scheme(position_scheme)
    return NoPositionEmbedding(), placed
