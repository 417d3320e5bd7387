"""From what a CTC head says of each frame to a sequence, and to where its tokens are."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

_NEVER = float("-inf")


@dataclass(frozen=True)
class Transcript:
    """A sequence that may have been said.

    Args:
        token_ids: without blanks.
        log_probability: of the sequence, the sum over all of its alignments that were followed,
            with what a language model has added to it.

    Example:

    >>> keras_attention.Transcript((3, 1, 2), log_probability=-0.7).token_ids
    (3, 1, 2)
    """

    token_ids: tuple[int, ...]
    log_probability: float


def ctc_greedy(log_probabilities: np.ndarray, blank: int = 0) -> Transcript:
    """The likeliest token of each frame, repetitions and blanks left out.

    Args:
        log_probabilities: `[frames, vocabulary]`, of real frames alone.
        blank: id of the token that says nothing.

    Returns:
        A `Transcript` with the probability of this one alignment.

    Example:

    >>> probabilities = np.eye(3)[[1, 1, 0, 1, 2]] * 0.97 + 0.01
    >>> keras_attention.ctc_greedy(np.log(probabilities)).token_ids
    (1, 1, 2)

    References:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """
    log_probabilities = _checked(log_probabilities, blank)
    path = log_probabilities.argmax(axis=1)
    return Transcript(
        collapsed(path, blank), float(log_probabilities.max(axis=1, initial=_NEVER).sum())
    )


def ctc_beam_search(
    log_probabilities: np.ndarray,
    beams: int = 8,
    blank: int = 0,
    tokens_per_frame: int = 16,
    next_log_probabilities: Callable[[tuple[int, ...]], np.ndarray] | None = None,
    language_model_weight: float = 0.3,
    length_bonus: float = 0.0,
) -> list[Transcript]:
    r"""The likeliest sequences, each by the sum over its alignments: CTC prefix beam search.

    $$ \log p_\mathrm{ctc}(y \mid x) + \lambda \log p_\mathrm{lm}(y) + \beta\, |y| $$

    After each frame the best prefixes are kept. The probability of a prefix is that of its
    alignments that end in a blank, and of those that end in its last token: only the first may be
    followed by the same token again as a new one.

    Args:
        log_probabilities: `[frames, vocabulary]`, of real frames alone.
        beams: number of prefixes that are kept.
        blank: id of the token that says nothing.
        tokens_per_frame: only so many of the likeliest tokens of a frame are followed.
        next_log_probabilities: of a language model: from the ids so far to the log-probabilities of
            the next token, `[vocabulary]`, that of the sequence's end at `blank`. It is asked once
            for each prefix.
        language_model_weight: `λ`.
        length_bonus: `β`, for each token, against short sequences.

    Returns:
        Up to `beams` `Transcript`s, the best first.

    Raises:
        ValueError: if an argument is out of range.

    Example:

    >>> probabilities = np.array([[0.4, 0.6], [0.4, 0.6]])  # of blank and "a"
    >>> [found.token_ids for found in keras_attention.ctc_beam_search(np.log(probabilities))]
    [(1,), ()]

    References:
        - [Graves and Jaitly, 2014](https://proceedings.mlr.press/v32/graves14.html)
        - [Hannun et al., 2014](https://arxiv.org/abs/1408.2873)
    """
    log_probabilities = _checked(log_probabilities, blank)
    if beams < 1 or tokens_per_frame < 1:
        raise ValueError(
            "`beams` and `tokens_per_frame` must be at least 1. Received: "
            f"beams={beams}, tokens_per_frame={tokens_per_frame}."
        )
    prior = _Prior(next_log_probabilities, language_model_weight, length_bonus)
    # Of each prefix: log-probability of its alignments that end in a blank, and in its last token.
    kept: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, _NEVER)}
    for frame in log_probabilities:
        found: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [_NEVER, _NEVER])
        likeliest = np.argsort(-frame, kind="stable")[:tokens_per_frame].tolist()
        for prefix, (in_blank, in_token) in kept.items():
            either = np.logaddexp(in_blank, in_token)
            last = prefix[-1] if prefix else None
            same = found[prefix]
            same[0] = np.logaddexp(same[0], either + frame[blank])
            if last is not None:
                same[1] = np.logaddexp(same[1], in_token + frame[last])
            for token in likeliest:
                if token == blank:
                    continue
                before = in_blank if token == last else either
                if before == _NEVER:
                    continue
                longer = found[(*prefix, token)]
                longer[1] = np.logaddexp(longer[1], before + frame[token])
        ranked = sorted(
            found, key=lambda prefix: np.logaddexp(*found[prefix]) + prior(prefix), reverse=True
        )
        kept = {prefix: tuple(found[prefix]) for prefix in ranked[:beams]}
    finished = [
        Transcript(prefix, float(np.logaddexp(*both) + prior(prefix) + prior.end(prefix, blank)))
        for prefix, both in kept.items()
    ]
    return sorted(finished, key=lambda one: -one.log_probability)


def ctc_log_probability(
    log_probabilities: np.ndarray, token_ids: Sequence[int], blank: int = 0
) -> float:
    """The log-probability of a sequence: the sum over all of its alignments.

    Args:
        log_probabilities: `[frames, vocabulary]`, of real frames alone.
        token_ids: the sequence, without blanks.
        blank: id of the token that says nothing.

    Returns:
        A number, -inf if there are too few frames for the sequence.

    Example:

    >>> probabilities = np.array([[0.4, 0.6], [0.4, 0.6]])  # of blank and "a"
    >>> found = keras_attention.ctc_log_probability(np.log(probabilities), [1])
    >>> round(float(np.exp(found)), 2)
    0.84

    References:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891), section 4.1
    """
    log_probabilities = _checked(log_probabilities, blank)
    states, skips = _states(token_ids, blank)
    if not len(log_probabilities):
        return _NEVER if len(token_ids) else 0.0
    forward = np.full(len(states), _NEVER)
    forward[:2] = log_probabilities[0, states[:2]]
    for frame in log_probabilities[1:]:
        forward = np.logaddexp.reduce(_arriving(forward, skips)) + frame[states]
    return float(np.logaddexp.reduce(forward[-2:]))


def ctc_alignment(
    log_probabilities: np.ndarray, token_ids: Sequence[int], blank: int = 0
) -> list[int]:
    """Where each token of a sequence begins, on its likeliest alignment.

    Args:
        log_probabilities: `[frames, vocabulary]`, of real frames alone.
        token_ids: the sequence, without blanks.
        blank: id of the token that says nothing.

    Returns:
        The number of the first frame of each token, in ascending order.

    Raises:
        ValueError: if there are too few frames for the sequence: each token takes one, and a blank
            stands between two that are the same.

    Example:

    >>> probabilities = np.eye(3)[[0, 1, 1, 0, 1, 2]] * 0.97 + 0.01
    >>> keras_attention.ctc_alignment(np.log(probabilities), [1, 1, 2])
    [1, 4, 5]
    """
    log_probabilities = _checked(log_probabilities, blank)
    token_ids = [int(token) for token in token_ids]
    needed = len(token_ids) + sum(a == b for a, b in itertools.pairwise(token_ids))
    frames = len(log_probabilities)
    if needed > frames:
        raise ValueError(
            f"{len(token_ids)} tokens take at least {needed} frames, as a blank stands between two "
            f"that are the same. Received: {frames} frames."
        )
    if not token_ids:
        return []
    states, skips = _states(token_ids, blank)
    best = np.full(len(states), _NEVER)
    best[:2] = log_probabilities[0, states[:2]]
    steps = np.zeros((frames, len(states)), int)
    for t in range(1, frames):
        choices = _arriving(best, skips)
        steps[t] = choices.argmax(axis=0)
        best = choices.max(axis=0) + log_probabilities[t, states]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    begins = {}
    for t in range(frames - 1, -1, -1):
        begins[state] = t
        state -= steps[t, state]
    return [begins[2 * i + 1] for i in range(len(token_ids))]


class _Prior:
    """What speaks for a prefix besides its sound; a language model is asked once for each."""

    def __init__(self, next_log_probabilities, weight, length_bonus):
        self._next = next_log_probabilities
        self._weight = weight
        self._bonus = length_bonus
        self._known = {(): 0.0}
        self._following = {}

    def __call__(self, prefix):
        if prefix not in self._known:
            before = prefix[:-1]
            found = self(before) + self._bonus
            if self._next is not None:
                found += self._weight * float(self._after(before)[prefix[-1]])
            self._known[prefix] = found
        return self._known[prefix]

    def end(self, prefix, blank):
        """That the sequence ends here."""
        return 0.0 if self._next is None else self._weight * float(self._after(prefix)[blank])

    def _after(self, prefix):
        if prefix not in self._following:
            self._following[prefix] = np.asarray(self._next(prefix))
        return self._following[prefix]


def collapsed(path: Iterable[int], blank: int = 0) -> tuple[int, ...]:
    """What an alignment says: one of each run of the same, and no blank."""
    return tuple(int(key) for key, _ in itertools.groupby(path) if key != blank)


def _states(token_ids: Sequence[int], blank: int) -> tuple[np.ndarray, np.ndarray]:
    """What an alignment goes through, a blank around each token, and before which states the blank
    may be left out."""
    states = np.full(2 * len(token_ids) + 1, blank)
    states[1::2] = token_ids
    skips = np.zeros(len(states), bool)
    skips[3::2] = states[3::2] != states[1:-2:2]
    return states, skips


def _arriving(scores: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """The scores of who may come to each state: itself, and the one and two states before it."""
    one, two = np.full_like(scores, _NEVER), np.full_like(scores, _NEVER)
    one[1:], two[2:] = scores[:-1], scores[:-2]
    return np.stack([scores, one, np.where(skips, two, _NEVER)])


def _checked(log_probabilities, blank):
    log_probabilities = np.asarray(log_probabilities, "float64")
    if log_probabilities.ndim != 2 or not 0 <= blank < log_probabilities.shape[1]:
        raise ValueError(
            "Expected log-probabilities of the shape [frames, vocabulary] and a blank of that "
            f"vocabulary. Received: shape {log_probabilities.shape}, blank={blank}."
        )
    return log_probabilities
