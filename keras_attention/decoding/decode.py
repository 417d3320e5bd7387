"""The one entry to every search."""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

from keras_attention.decoding.beam import Beam
from keras_attention.decoding.greedy import Greedy
from keras_attention.decoding.hypotheses import Hypotheses
from keras_attention.decoding.sample import Sample
from keras_attention.decoding.search_space import SearchSpace


def decode(
    step: Callable,
    state: Any,
    strategy: Greedy | Beam | Sample,
    *,
    batch_size: Any,
    max_length: int,
    start_id: int = 2,
    end_id: int = 3,
    pad_id: int = 0,
    limits: Any = None,
    prompts: Any = None,
) -> Hypotheses:
    """Searches for the most probable sequences that a step function generates.

    The whole search is one `while_loop` over tensors of fixed shapes, so it runs eagerly, in a
    graph, compiled by XLA and inside a SavedModel, with a batch size that may be unknown. It ends
    as soon as no entry of the batch can improve. Entries do not influence each other.

    Args:
        step: Function `(token_ids, state, lineage) -> (logits, state)` that extends every
            hypothesis by one token: `token_ids` int32 `[batch, beams]` are the last tokens,
            `lineage` is a `Lineage`, `logits` are `[batch, beams, vocabulary]` of any float type
            (-inf forbids a token). `beams` is `strategy.beams`.
        state: Nested structure of tensors that `step` receives and returns with the same shapes,
            for example caches; `()` if there is none.
        strategy: How to search: `Greedy()` or `Beam(...)`.
        batch_size: Integer or integer scalar tensor.
        max_length: Most tokens of a hypothesis, the end id included.
        start_id: The token that the first step is given.
        end_id: The token that ends a hypothesis. Outside the vocabulary: nothing ends early.
        pad_id: What fills `token_ids` after the end.
        limits: Integer tensor `[batch]`: most tokens of each entry, where it is less than
            `max_length`; a hypothesis that reaches it is finished there as it is. 0 marks a padding
            row, which is finished at once. Defaults to `max_length`.
        prompts: Integer tensor `[batch, prompt_length]`, padded with `pad_id` at its end: the first
            tokens of every hypothesis, which cost its score nothing and count for its length.

    Returns:
        `Hypotheses`.

    Raises:
        ValueError: If `strategy` is no strategy, `max_length` is not a positive integer or the
            shape of the logits is wrong.

    Example:

    >>> def step(token_ids, state, lineage):  # counts upwards, no model needed
    ...     return 9 * keras.ops.one_hot(token_ids + 1, 7), state
    >>> greedy = keras_attention.Greedy()
    >>> hypotheses = keras_attention.decode(
    ...     step, (), greedy, batch_size=1, max_length=6, start_id=1, end_id=5
    ... )
    >>> keras.ops.convert_to_numpy(hypotheses.token_ids).tolist()
    [[[2, 3, 4, 5, 0, 0]]]
    """
    if not hasattr(strategy, "search"):
        raise ValueError(
            "`strategy` must be a value such as `Greedy()` or `Beam(width=4)`. "
            f"Received: strategy={strategy!r}."
        )
    if not isinstance(max_length, int) or max_length < 1:
        raise ValueError(f"`max_length` must be a positive integer. Received: {max_length!r}.")
    limits = max_length if limits is None else ops.convert_to_tensor(limits, "int32")
    limits = ops.broadcast_to(ops.minimum(limits, max_length), (batch_size,))
    space = SearchSpace(batch_size, max_length, start_id, end_id, pad_id, limits)
    step = _checked(step, strategy.beams)
    if prompts is not None:
        step = _prompted(step, ops.convert_to_tensor(prompts, "int32"), pad_id)
    return strategy.search(step, state, space)


def _checked(step, beams):
    """`step` with float32 logits of the promised shape."""

    def checked_step(token_ids, state, lineage):
        logits, state = step(token_ids, state, lineage)
        logits = ops.convert_to_tensor(logits)
        if len(logits.shape) != 3 or logits.shape[1] != beams or logits.shape[2] is None:
            raise ValueError(
                "`step` must return logits of shape [batch, beams, vocabulary] with "
                f"beams={beams} and a known vocabulary. Received: shape {tuple(logits.shape)}."
            )
        return ops.cast(logits, "float32"), state

    return checked_step


def _prompted(step, prompts, pad_id):
    """`step` that can do nothing but go on as the prompts do, while they last."""

    def prompted_step(token_ids, state, lineage):
        logits, state = step(token_ids, state, lineage)
        place = ops.minimum(lineage.index, prompts.shape[1] - 1)
        token = ops.take(prompts, place, axis=1)[:, None, None]  # [batch, 1, 1]
        given = (token != pad_id) & (lineage.index < prompts.shape[1])
        others = given & (ops.arange(logits.shape[2], dtype="int32") != token)
        return ops.where(others, -math.inf, ops.where(given, 0.0, logits)), state

    return prompted_step
