"""The best next tokens, without normalising or sorting the whole vocabulary."""

import math

from keras import ops

# Tokens that share one maximum in the first pass over a large vocabulary.
_CHUNK = 32


def best_token(logits):
    """The most probable token of each row, the first among equals.

    Args:
        logits: Float32 tensor `[batch, vocabulary]`.

    Returns:
        `(token, log_probability)`, both `[batch]`. The token is -1 in a row that has no maximum,
        being all -inf or NaN; the log-probability is -inf in every row that is not normalisable.
    """
    vocabulary = logits.shape[-1]
    best = ops.max(logits, axis=-1, keepdims=True)
    # Two plain reductions: a reduction over pairs, which `argmax` is, does not vectorise under XLA.
    token_ids = ops.arange(vocabulary, dtype="int32")
    token = ops.min(ops.where(logits == best, token_ids, vocabulary), axis=-1)
    possible = (best[:, 0] > -math.inf) & (token < vocabulary)
    log_probability = -ops.log(ops.sum(ops.exp(logits - best), axis=-1))
    return ops.where(possible, token, -1), _nan_to_impossible(log_probability)


def best_continuations(logits, scores, count, chunk=_CHUNK):
    """The most probable continuations of all hypotheses of an entry.

    Equal to a `top_k` over `scores + log_softmax(logits)`, also in its order among equals. But in
    a large vocabulary that is slow, so chunks of neighbouring tokens are compared by their maxima
    first: the `count` best continuations lie in the `count` chunks with the best maxima.

    Args:
        logits: Float32 tensor `[batch, beams, vocabulary]`.
        scores: Float32 tensor `[batch, beams]`, log-probabilities of the hypotheses.
        count: How many continuations, at most `beams * vocabulary`.
        chunk: Number of tokens in a chunk.

    Returns:
        `(scores, beam, token)`, each `[batch, count]`, the best score first. The score is -inf
        where a continuation is impossible: forbidden, of a dead hypothesis, or NaN.
    """
    beams, vocabulary = logits.shape[1:]
    chunks = math.ceil(vocabulary / chunk)
    flat_logits = ops.reshape(logits, (-1, beams * vocabulary))
    if chunks * beams <= 2 * count:
        normalizers = _log_sum_exp(logits, ops.max(logits, axis=-1))
        totals = _extend(scores[:, :, None], logits, normalizers[:, :, None])
        totals, place = ops.top_k(ops.reshape(totals, (-1, beams * vocabulary)), count)
        return totals, place // vocabulary, place % vocabulary

    padding = [[0, 0], [0, 0], [0, chunks * chunk - vocabulary]]
    padded = ops.pad(logits, padding, constant_values=-math.inf)
    maxima = ops.max(ops.reshape(padded, (-1, beams, chunks, chunk)), axis=-1)
    normalizers = _log_sum_exp(logits, ops.max(maxima, axis=-1))  # [batch, beams]
    totals = _extend(scores[:, :, None], maxima, normalizers[:, :, None])
    _, chunk_ids = ops.top_k(ops.reshape(totals, (-1, beams * chunks)), count)
    # In their old order, so that the first of equal tokens stays the first.
    chunk_ids = ops.sort(chunk_ids, axis=-1)  # [batch, count]

    beam, first_token = chunk_ids // chunks, chunk_ids % chunks * chunk
    token = first_token[:, :, None] + ops.arange(chunk, dtype="int32")  # [batch, count, chunk]
    place = beam[:, :, None] * vocabulary + ops.minimum(token, vocabulary - 1)
    candidates = _take(flat_logits, ops.reshape(place, (-1, count * chunk)))
    candidates = ops.reshape(candidates, (-1, count, chunk))
    scores, normalizers = _take(scores, beam), _take(normalizers, beam)  # [batch, count]
    totals = _extend(scores[:, :, None], candidates, normalizers[:, :, None])
    totals = ops.where(token < vocabulary, totals, -math.inf)
    totals, place = ops.top_k(ops.reshape(totals, (-1, count * chunk)), count)
    token = _take(ops.reshape(token, (-1, count * chunk)), place)
    return totals, _take(beam, place // chunk), token


def _log_sum_exp(logits, maxima):
    return maxima + ops.log(ops.sum(ops.exp(logits - maxima[:, :, None]), axis=-1))


def _extend(scores, logits, normalizers):
    """Scores of extended hypotheses; in this order of operations never above `scores`."""
    return _nan_to_impossible(scores + (logits - normalizers))


def _nan_to_impossible(x):
    return ops.where(ops.isnan(x), -math.inf, x)


def _take(x, places):
    return ops.take_along_axis(x, places, axis=1)
