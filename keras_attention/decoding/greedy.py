"""The most probable token, again and again."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from keras import ops

from keras_attention.decoding.continuations import best_token
from keras_attention.decoding.hypotheses import Hypotheses
from keras_attention.decoding.lineage import Lineage
from keras_attention.decoding.search_space import SearchSpace


@dataclass(frozen=True)
class Greedy:
    """Search strategy: always the most probable next token, the lowest id among equals.

    A loop of its own, lighter than a beam of width 1, which finds the same (with a length penalty
    of 0). An entry whose logits are all NaN or all forbidden ends there, with the score -inf.

    Example:

    >>> def step(token_ids, state, lineage):
    ...     return 9 * keras.ops.one_hot(token_ids + 1, 7), state
    >>> hypotheses = keras_attention.decode(
    ...     step, (), keras_attention.Greedy(), batch_size=2, max_length=5, start_id=0, end_id=3
    ... )
    >>> keras.ops.convert_to_numpy(hypotheses.lengths).tolist()
    [[2], [2]]
    """

    @property
    def beams(self) -> int:
        """Number of hypotheses that a step extends."""
        return 1

    def search(self, step, state, space: SearchSpace) -> Hypotheses:
        """The loop behind `decode`."""
        batch, slots = space.batch_size, ops.arange(space.max_length, dtype="int32")
        parents = ops.zeros((batch, 1), "int32")

        def unfinished(found, state):  # noqa: ARG001
            return ops.any(found.alive)

        def extend(found, state):
            ancestors = ops.broadcast_to(slots <= found.index, (batch, 1, space.max_length))
            lineage = Lineage(found.index, parents, ancestors)
            logits, state = step(found.last[:, None], state, lineage)
            token, log_probability = best_token(logits[:, 0])
            extended = found.alive & (token >= 0)
            goes_on = extended & (token != space.end_id)
            here = extended[:, None] & (slots == found.index)
            return _Found(
                index=found.index + 1,
                last=ops.maximum(token, 0),  # an id that the step knows, also in rows that are done
                alive=goes_on & (found.index + 1 < space.limits),
                token_ids=ops.where(here, token[:, None], found.token_ids),
                lengths=found.lengths + ops.cast(goes_on, "int32"),
                scores=found.scores + ops.where(found.alive, log_probability, 0.0),
            ), state

        start = _Found(
            index=ops.zeros((), "int32"),
            last=ops.full((batch,), space.start_id, "int32"),
            alive=space.limits > 0,
            token_ids=ops.full((batch, space.max_length), space.pad_id, "int32"),
            lengths=ops.zeros((batch,), "int32"),
            scores=ops.where(space.limits > 0, 0.0, -math.inf),
        )
        found, _ = ops.while_loop(unfinished, extend, (start, state))
        return Hypotheses(
            found.token_ids[:, None, :], found.lengths[:, None], found.scores[:, None]
        )


class _Found(NamedTuple):
    index: Any  # []
    last: Any  # [batch]
    alive: Any  # [batch]
    token_ids: Any  # [batch, max_length]
    lengths: Any  # [batch]
    scores: Any  # [batch]
