"""Beam search with a set of finished hypotheses."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras import ops

from keras_attention.decoding.continuations import best_continuations
from keras_attention.decoding.coverage import coverage_score
from keras_attention.decoding.hypotheses import Hypotheses
from keras_attention.decoding.lineage import Lineage, reorder
from keras_attention.decoding.search_space import SearchSpace


@dataclass(frozen=True)
class Beam:
    r"""Search strategy: the `width` best unfinished hypotheses are extended side by side.

    Of the `2 * width` best continuations in a step, those among the first `width` that end become
    finished hypotheses, and the best `width` of the others live on. A finished hypothesis keeps its
    score and is never extended. The score of a hypothesis $Y$ is

    $$ \log P(Y) \,/\, \left(\frac{5 + |Y|}{6}\right)^{\alpha} +
       \beta \sum_i \log \min\Big(\sum_{j \le |Y|} w_{ji},\, 1\Big) $$

    where $|Y|$ counts every generated token, the end id included, $\alpha$ is the length penalty,
    and $\beta$ the coverage penalty: $w_{ji}$ is how much step `j` has attended to source token
    `i`. That term compares finished hypotheses, not those that live. An entry is done when no
    living hypothesis can, at any length that its limit permits, do better than the worst of the
    `n_best` finished ones: ending early never changes a result.

    Args:
        width: Number of hypotheses that are extended side by side.
        length_penalty: Above 0 favours long hypotheses, below 0 short ones.
        n_best: How many hypotheses to return, at most `width`.
        coverage_penalty: Above 0 favours hypotheses that leave no part of the source out. The state
            of the step must then be a dictionary with `coverage`, see `no_coverage`; models make
            it with `make_cache(…, coverage=True)`.

    Raises:
        ValueError: If `width` is not positive, `n_best` is not between 1 and `width`, or
            `coverage_penalty` is negative; if the state of the step has no `coverage` where it is
            needed.

    Example:

    >>> def step(token_ids, state, lineage):  # counts upwards, no model needed
    ...     return 9 * keras.ops.one_hot(token_ids + 1, 7), state
    >>> beam = keras_attention.Beam(width=3, n_best=2)
    >>> hypotheses = keras_attention.decode(
    ...     step, (), beam, batch_size=1, max_length=5, start_id=0, end_id=3
    ... )
    >>> keras.ops.convert_to_numpy(hypotheses.token_ids[0, 0]).tolist()
    [1, 2, 3, 0, 0]

    References:
        [Wu et al., 2016](https://arxiv.org/abs/1609.08144), equation 14.
    """

    width: int = 4
    length_penalty: float = 0.6
    n_best: int = 1
    coverage_penalty: float = 0.0

    def __post_init__(self):
        if self.width < 1:
            raise ValueError(f"`width` must be at least 1. Received: width={self.width}.")
        if not 1 <= self.n_best <= self.width:
            raise ValueError(
                "`n_best` must be at least 1 and at most `width`. "
                f"Received: n_best={self.n_best}, width={self.width}."
            )
        if not self.coverage_penalty >= 0:
            raise ValueError(
                "`coverage_penalty` must be at least 0, or what is left out would be rewarded. "
                f"Received: coverage_penalty={self.coverage_penalty}."
            )

    @property
    def beams(self) -> int:
        """Number of hypotheses that a step extends."""
        return self.width

    def search(self, step, state, space: SearchSpace) -> Hypotheses:
        """The loop behind `decode`."""

        def unfinished(living, *_):
            return ops.any(living.scores > -math.inf)

        def extend(living, finished, state):
            lineage = Lineage(living.index, living.parents, living.ancestors)
            logits, state = step(living.token_ids, state, lineage)
            candidates = self._candidates(logits, living, space)
            bonus = self._bonus(candidates, state)
            finished = self._finish(candidates, bonus, living, finished, space)
            return self._live_on(candidates, living, finished, space), finished, state

        start = (self._first(space), self._none_finished(space), state)
        _, finished, _ = ops.while_loop(unfinished, extend, start)
        return finished

    def _first(self, space):
        """`width` beams of which one lives; or else every token would be found `width` times."""
        shape = (space.batch_size, self.width)
        beam = ops.arange(self.width, dtype="int32")
        lives = (space.limits[:, None] > 0) & (beam == 0)
        slots = self.width * space.max_length
        return _Living(
            index=ops.zeros((), "int32"),
            token_ids=ops.full(shape, space.start_id, "int32"),
            parents=ops.broadcast_to(beam, shape),
            scores=ops.where(lives, 0.0, -math.inf),
            histories=ops.full((*shape, space.max_length), space.pad_id, "int32"),
            ancestors=ops.broadcast_to(self._own_slot(0, slots), (*shape, slots)),
        )

    def _none_finished(self, space):
        shape = (space.batch_size, self.n_best)
        return Hypotheses(
            token_ids=ops.full((*shape, space.max_length), space.pad_id, "int32"),
            lengths=ops.zeros(shape, "int32"),
            scores=ops.full(shape, -math.inf, "float32"),
        )

    def _candidates(self, logits, living, space):
        count = min(2 * self.width, self.width * logits.shape[-1])
        scores, parents, token_ids = best_continuations(logits, living.scores, count)
        at_limit = living.index + 1 >= space.limits
        finishes = (token_ids == space.end_id) | at_limit[:, None]
        return _Candidates(scores, parents, token_ids, finishes)

    def _bonus(self, candidates, state):
        """What is added to the scores of candidates that finish; never above 0."""
        if self.coverage_penalty == 0:
            return 0.0
        term = self.coverage_penalty * coverage_score(state, self.width)
        return _take(term, candidates.parents)

    def _finish(self, candidates, bonus, living, finished, space):
        """The best of those that were finished before and those that finish now."""
        rank = ops.arange(candidates.scores.shape[1], dtype="int32")
        enters = candidates.finishes & (rank < self.width)
        scores = candidates.scores / self._penalty(living.index + 1) + bonus
        scores = ops.where(enters, scores, -math.inf)
        scores = ops.concatenate([finished.scores, scores], axis=1)
        scores, chosen = ops.top_k(scores, self.n_best)

        is_new = chosen >= self.n_best
        new = ops.maximum(chosen - self.n_best, 0)
        token_ids = _take(candidates.token_ids, new)
        rows = ops.where(is_new, self.n_best + _take(candidates.parents, new), chosen)
        histories = ops.concatenate([finished.token_ids, living.histories], axis=1)
        histories = reorder(histories, rows)
        extended = _write(histories, living.index, token_ids)
        lengths = living.index + ops.where(token_ids == space.end_id, 0, 1)
        kept = _take(finished.lengths, ops.minimum(chosen, self.n_best - 1))
        return Hypotheses(
            ops.where(is_new[:, :, None], extended, histories),
            ops.where(is_new, lengths, kept),
            scores,
        )

    def _live_on(self, candidates, living, finished, space):
        """The best that do not finish now, unless nothing can come of them."""
        scores = ops.where(candidates.finishes, -math.inf, candidates.scores)
        scores, chosen = ops.top_k(scores, self.width)
        # No continuation has a better log-probability, the penalty is monotonic in the length, and
        # the whole source may still be covered.
        penalty = ops.maximum(self._penalty(living.index + 2), self._penalty(space.limits))
        # Not scores[:, 0] and [:, -1]: XLA makes a full sort of a `top_k` that is sliced.
        within_reach = ops.max(scores, axis=1) / penalty > ops.min(finished.scores, axis=1)

        parents, token_ids = _take(candidates.parents, chosen), _take(candidates.token_ids, chosen)
        histories, ancestors = reorder((living.histories, living.ancestors), parents)
        own_slot = self._own_slot(living.index + 1, living.ancestors.shape[-1])
        return _Living(
            index=living.index + 1,
            token_ids=token_ids,
            parents=parents,
            scores=ops.where(within_reach[:, None], scores, -math.inf),
            histories=_write(histories, living.index, token_ids),
            ancestors=ancestors | own_slot,
        )

    def _penalty(self, length):
        return ops.power((5.0 + ops.cast(length, "float32")) / 6.0, self.length_penalty)

    def _own_slot(self, index, slots):
        """Where each beam writes in step `index`: bool `[beams, slots]`."""
        beam = ops.arange(self.width, dtype="int32")[:, None]
        return ops.arange(slots, dtype="int32") == index * self.width + beam


class _Living(NamedTuple):
    """Hypotheses that may be extended; a score of -inf marks one that is dead."""

    index: Any  # [], the number of tokens that each has
    token_ids: Any  # [batch, width], their last tokens
    parents: Any  # [batch, width]
    scores: Any  # [batch, width], log-probabilities
    histories: Any  # [batch, width, max_length], their tokens
    ancestors: Any  # [batch, width, max_length * width]


class _Candidates(NamedTuple):
    """Continuations of living hypotheses, the best first; each `[batch, count]`."""

    scores: Any
    parents: Any
    token_ids: Any
    finishes: Any


def _take(x, places):
    return ops.take_along_axis(x, places, axis=1)


def _write(histories, index, token_ids):
    """Puts the tokens at place `index` of their histories."""
    here = ops.arange(histories.shape[-1], dtype="int32") == index
    return ops.where(here, token_ids[:, :, None], histories)
