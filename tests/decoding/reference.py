"""The searches written down in plain Python, without caches, early exits or batches."""

import itertools

import keras
import numpy as np
from decoding.mock_models import END
from hypothesis import settings
from keras import ops

from keras_attention.decoding import Hypotheses, decode

# JAX compiles anew for each example, whose shapes and closures differ.
few_examples = settings(max_examples=3 if keras.backend.backend() == "jax" else 15)


def run(model, strategy, batch_size=None, **arguments):
    """`decode` of a mock model, as NumPy arrays."""
    hypotheses = decode(
        model.step,
        model.state(strategy.beams),
        strategy,
        batch_size=model.batch if batch_size is None else batch_size,
        **{"max_length": model.max_length, **arguments},
    )
    return Hypotheses(*(ops.convert_to_numpy(x) for x in hypotheses))


def found(hypotheses, entry):
    """The real hypotheses of an entry: a list of `(token_ids, score)`, with the end id."""
    rows = zip(*(x[entry] for x in hypotheses), strict=True)
    result = []
    for token_ids, length, score in rows:
        if score > -np.inf:
            ends = length < len(token_ids) and token_ids[length] == END
            result.append((tuple(int(i) for i in token_ids[: length + ends]), float(score)))
    return result


def normalised(log_probability, length, length_penalty):
    return log_probability / ((5 + length) / 6) ** length_penalty


def score(model, entry, token_ids, length_penalty=0.0):
    """The score of a given hypothesis."""
    log_probability = sum(
        model.log_probabilities(entry, token_ids[:i])[token] for i, token in enumerate(token_ids)
    )
    return normalised(log_probability, len(token_ids), length_penalty)


def greedy(model, entry, limit):
    token_ids = ()
    while len(token_ids) < limit and END not in token_ids:
        token_ids += (int(np.argmax(model.log_probabilities(entry, token_ids))),)
    return token_ids


def every_hypothesis(model, entry, limit, length_penalty):
    """All that end within the limit or are cut there, the best first."""
    others = [i for i in range(model.vocabulary) if i != END]
    finished = [
        (*middle, END)
        for length in range(limit)
        for middle in itertools.product(others, repeat=length)
    ]
    cut = itertools.product(others, repeat=limit)
    scored = [(t, score(model, entry, t, length_penalty)) for t in (*finished, *cut)]
    return sorted(scored, key=lambda pair: -pair[1])


def beam_search(model, entry, limit, width, length_penalty, n_best):
    """As in the docstring of `Beam`, but always to the limit."""
    living, finished = [((), 0.0)], []
    for length in range(1, limit + 1):
        continuations = sorted(
            (
                ((*token_ids, token), total + float(log_probability))
                for token_ids, total in living
                for token, log_probability in enumerate(model.log_probabilities(entry, token_ids))
            ),
            key=lambda pair: -pair[1],
        )[: 2 * width]
        ends = [c[0][-1] == END or length == limit for c in continuations]
        finished += [
            (token_ids, normalised(total, length, length_penalty))
            for (token_ids, total), end in zip(continuations[:width], ends, strict=False)
            if end
        ]
        living = [c for c, end in zip(continuations, ends, strict=True) if not end][:width]
    return sorted(finished, key=lambda pair: -pair[1])[:n_best]
