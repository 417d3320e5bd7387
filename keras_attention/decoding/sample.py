"""Tokens drawn at random, in proportion to their probabilities."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_attention.decoding.hypotheses import Hypotheses
from keras_attention.decoding.lineage import Lineage
from keras_attention.decoding.search_space import SearchSpace


@dataclass(frozen=True)
class Sample:
    r"""Search strategy: draws each next token, perhaps among the most probable ones only.

    $$ t \sim \mathrm{softmax}(z / \tau) \quad \text{restricted to the } k \text{ best, and to the
       fewest whose probabilities sum to } p $$

    All random numbers are drawn before the search begins, one for each token: so it runs compiled
    on every backend, and the same generator at the same state gives the same text.

    Args:
        temperature: `τ`: below 1 draws probable tokens more often, above 1 less.
        top_k: Draw among so many most probable tokens.
        top_p: Draw among the fewest most probable tokens whose probabilities sum to at least this.
        samples: Number of hypotheses for each entry, drawn independently.
        seed: `keras.random.SeedGenerator` or integer. An integer draws the same every time. By
            default other numbers are drawn every time.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> def step(token_ids, state, lineage):
    ...     return 9 * keras.ops.one_hot(token_ids + 1, 7), state
    >>> sample = keras_attention.Sample(temperature=0.1, samples=3, seed=17)
    >>> hypotheses = keras_attention.decode(
    ...     step, (), sample, batch_size=2, max_length=5, start_id=0, end_id=3
    ... )
    >>> keras.ops.convert_to_numpy(hypotheses.lengths).tolist()
    [[2, 2, 2], [2, 2, 2]]

    References:
        - [Fan et al., 2018](https://arxiv.org/abs/1805.04833), top-k
        - [Holtzman et al., 2020](https://arxiv.org/abs/1904.09751), top-p
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    samples: int = 1
    seed: Any = None

    def __post_init__(self):
        if not self.temperature > 0:
            raise ValueError(
                "`temperature` must be positive; `Greedy()` is its limit at 0. "
                f"Received: temperature={self.temperature}."
            )
        for name, value in (("top_k", self.top_k), ("samples", self.samples)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise ValueError(f"`top_p` must be in (0, 1]. Received: top_p={self.top_p}.")

    @property
    def beams(self) -> int:
        """Number of hypotheses that a step extends."""
        return self.samples

    def search(self, step, state, space: SearchSpace) -> Hypotheses:
        """The loop behind `decode`."""
        batch, samples, length = space.batch_size, self.samples, space.max_length
        places = ops.arange(length, dtype="int32")
        slots = ops.arange(length * samples, dtype="int32")
        own = slots % samples == ops.arange(samples, dtype="int32")[:, None]  # [samples, slots]
        parents = ops.broadcast_to(ops.arange(samples, dtype="int32"), (batch, samples))
        chances = keras.random.uniform((length, batch, samples), seed=self.seed)
        limits = space.limits[:, None]

        def unfinished(found, state):  # noqa: ARG001
            return ops.any(found.alive)

        def extend(found, state):
            history = own & (slots // samples <= found.index)
            ancestors = ops.broadcast_to(history, (batch, samples, length * samples))
            lineage = Lineage(found.index, parents, ancestors)
            logits, state = step(found.last, state, lineage)
            token, log_probability = self._drawn(logits, chances[found.index])
            extended = found.alive & (token >= 0)
            goes_on = extended & (token != space.end_id)
            here = extended[..., None] & (places == found.index)
            return _Found(
                index=found.index + 1,
                last=ops.maximum(token, 0),  # an id that the step knows, also in rows that are done
                alive=goes_on & (found.index + 1 < limits),
                token_ids=ops.where(here, token[..., None], found.token_ids),
                lengths=found.lengths + ops.cast(goes_on, "int32"),
                scores=found.scores + ops.where(found.alive, log_probability, 0.0),
            ), state

        alive = ops.broadcast_to(limits > 0, (batch, samples))
        start = _Found(
            index=ops.zeros((), "int32"),
            last=ops.full((batch, samples), space.start_id, "int32"),
            alive=alive,
            token_ids=ops.full((batch, samples, length), space.pad_id, "int32"),
            lengths=ops.zeros((batch, samples), "int32"),
            scores=ops.where(alive, 0.0, -math.inf),
        )
        found, _ = ops.while_loop(unfinished, extend, (start, state))
        scores, order = ops.top_k(found.scores, samples)
        return Hypotheses(
            ops.take_along_axis(found.token_ids, order[..., None], axis=1),
            ops.take_along_axis(found.lengths, order, axis=1),
            scores,
        )

    def _drawn(self, logits, chances):
        """A token for each row, -1 where none is possible, and its log-probability.

        The token is the first whose cumulative probability exceeds the row's chance, of the tokens
        in the order of their probabilities if some are left out.
        """
        # [batch, samples, vocabulary], NaN if nothing is possible
        log_probabilities = ops.log_softmax(logits)
        vocabulary = logits.shape[-1]
        count = min(self.top_k or vocabulary, vocabulary)
        ordered = self.top_p is not None or count < vocabulary
        scaled, tokens = logits / self.temperature, None
        if ordered:
            scaled, tokens = ops.top_k(scaled, count)
        probabilities = ops.softmax(scaled) if count > 1 else ops.ones_like(scaled)
        totals = ops.cumsum(probabilities, axis=-1)
        if self.top_p is not None:
            kept = totals - probabilities < self.top_p  # the first always
            probabilities = ops.where(kept, probabilities, 0.0)
            totals = ops.cumsum(probabilities, axis=-1)
        drawn = chances[..., None] * totals[..., -1:]
        place = ops.sum(ops.cast(totals <= drawn, "int32"), axis=-1, keepdims=True)
        # Rounding may leave the last total below the chance; what is impossible is never drawn.
        last = ops.sum(ops.cast(probabilities > 0, "int32"), axis=-1, keepdims=True) - 1
        place = ops.maximum(ops.minimum(place, last if ordered else vocabulary - 1), 0)
        token = place if tokens is None else ops.take_along_axis(tokens, place, axis=-1)
        log_probability = ops.take_along_axis(log_probabilities, token, axis=-1)[..., 0]
        possible = log_probability > -math.inf  # and not NaN
        return (
            ops.where(possible, token[..., 0], -1),
            ops.where(possible, log_probability, -math.inf),
        )


class _Found(NamedTuple):
    index: Any  # []
    last: Any  # [batch, samples]
    alive: Any  # [batch, samples]
    token_ids: Any  # [batch, samples, max_length]
    lengths: Any  # [batch, samples]
    scores: Any  # [batch, samples]
