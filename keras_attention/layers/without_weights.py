"""Attention that holds no weights: when a mechanism allows it, when it pays, and how."""

import keras
from keras import ops

from keras_attention.layers.normalizers.continuous import Softmax
from keras_attention.layers.patterns.sliding_window import SlidingWindow
from keras_attention.layers.scores.linear_kernel import LinearKernel
from keras_attention.ops.backend.fused_kernels import has_fused_kernel
from keras_attention.ops.chunked import chunked_attention
from keras_attention.ops.fused import fused_attention

# Pairs of a query and a key, from which on the memory of all weights counts more than the loop.
_MANY_PAIRS = 1024 * 1024


def obstacle(mechanism):
    """Why a mechanism cannot be computed in chunks, in words; None if it can."""
    scheme, normalizer = mechanism.position_scheme, mechanism.normalizer
    if not mechanism.score.is_dot_product:
        return f"`{type(mechanism.score).__name__}` is no dot product"
    if not is_softmax(normalizer):
        return f"`{type(normalizer).__name__}` is not the softmax of temperature 1"
    if scheme is not None and scheme.reads_pairs:
        return f"`{type(scheme).__name__}` looks at every pair"
    if type(mechanism.pattern) not in (type(None), SlidingWindow):
        return f"`{type(mechanism.pattern).__name__}` is computed by blocks of its own"
    return None


def refuse_flash_attention(why):
    """Raises the error of `flash_attention=True` where there is an obstacle, in words."""
    raise ValueError(
        "`flash_attention=True` needs attention without a tensor of all weights, but "
        f"{why}. Use `flash_attention=None`."
    )


def attend_without_weights(mechanism, pairs, dropout=0.0, seed=None, flash_attention=None):
    """The attended values of encoded pairs, `[..., heads, q_len, value_dim]`, or None if all
    weights are to be computed at once.

    One rule decides: sums over all keys if the score is linear; else the backend's fused kernel if
    it takes the arguments; else chunks, from `_MANY_PAIRS` on if the lengths are known. True or
    False as `flash_attention` decides otherwise, and True refuses what it cannot do.
    """
    if flash_attention is False or not isinstance(dropout, (int, float)):
        return None  # a rate that follows a schedule is a tensor
    if _is_linear(mechanism) and not dropout and mechanism.score.can_attend(pairs):
        return mechanism.score.attend(pairs)
    if why := obstacle(mechanism) or _obstacle_of_call(mechanism, pairs):
        if flash_attention:
            refuse_flash_attention(why)
        return None
    if mechanism.pattern is None and not dropout:
        if flash_attention and keras.backend.backend() != "tensorflow":
            return _fused(mechanism, pairs, flash_attention)
        if has_fused_kernel(pairs.query, pairs.bias):
            return _fused(mechanism, pairs)
    if flash_attention or _are_many(pairs):
        return _chunked(mechanism, pairs, dropout, seed)
    return None


def _is_linear(mechanism):
    """Whether the weights are dot products of features, so that values can be summed first."""
    alone = mechanism.position_scheme is None and mechanism.pattern is None
    return isinstance(mechanism.score, LinearKernel) and alone and is_softmax(mechanism.normalizer)


def is_softmax(normalizer):
    """Whether a normaliser is the plain softmax."""
    return type(normalizer) is Softmax and normalizer.temperature == 1.0


def _obstacle_of_call(mechanism, pairs):
    """The same as `obstacle`, of what a call brings."""
    if pairs.query_segments is not None:
        return "`segment_ids` are a mask of all pairs"
    ordered = pairs.causal or mechanism.pattern or mechanism.position_scheme
    if ordered and not (isinstance(pairs.start, int) and pairs.start == 0):
        return f"positions must count from 0, not from start={pairs.start}"
    return None


def _are_many(pairs):
    lengths = pairs.query.shape[-2], pairs.key.shape[-2]
    return None not in lengths and lengths[0] * lengths[1] >= _MANY_PAIRS


def _fused(mechanism, pairs, flash_attention=None):
    terms = mechanism.score_terms(pairs)
    return fused_attention(
        pairs.query,
        pairs.key,
        pairs.value,
        pairs.mask(),
        sum(terms) if terms else None,
        scale=mechanism.score.dot_product_scale(pairs.query.shape[-1]),
        flash_attention=flash_attention,
    )


def _chunked(mechanism, pairs, dropout, seed):
    scheme, pattern = mechanism.position_scheme, mechanism.pattern
    relative_bias, bias = None, pairs.bias
    if scheme is not None and scheme.has_distance_bias:
        q_len, k_len = ops.shape(pairs.query)[-2], ops.shape(pairs.key)[-2]
        distances = ops.arange(q_len + k_len - 1, dtype="int32") - (q_len - 1)
        relative_bias = scheme.distance_bias(distances)
    elif terms := mechanism.score_terms(pairs):
        bias = sum(terms)
    attended = chunked_attention(
        pairs.query,
        pairs.key,
        pairs.value,
        pairs.attention_mask,
        bias,
        scale=mechanism.score.dot_product_scale(pairs.query.shape[-1]),
        causal=pairs.causal,
        window=None if pattern is None else pattern.window,
        relative_bias=relative_bias,
        dropout=dropout,
        seed=seed,
    )
    if pairs.query_mask is None:
        return attended
    return attended * ops.cast(pairs.query_mask, attended.dtype)
