"""How much of the source each hypothesis has attended to."""

from typing import Any

from keras import ops

# A logarithm has no room for a token that sparse attention has never looked at.
_LEAST = 1e-30


def no_coverage(source_mask: Any, beams: int) -> Any:
    """What the state of a step holds as `coverage` before the first step.

    Args:
        source_mask: Boolean tensor `[batch, source_length]`, True = real token.
        beams: Number of hypotheses of each entry.

    Returns:
        Float32 tensor `[batch, beams, source_length]`: 0, but 1 for padding, which nobody need
        attend to. A step reorders it by `parents` and adds its attention weights.

    Example:

    >>> coverage = keras_attention.decoding.no_coverage(np.array([[True, True, False]]), beams=2)
    >>> keras.ops.convert_to_numpy(coverage).tolist()
    [[[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]]
    """
    padding = ops.cast(ops.logical_not(source_mask), "float32")
    batch, length = ops.shape(padding)
    return ops.broadcast_to(padding[:, None], (batch, beams, length))


def coverage_score(state: Any, beams: int) -> Any:
    """The logarithm of the share of the source that each hypothesis has attended to.

    Args:
        state: What a step returned, a dictionary with `coverage`.
        beams: Number of hypotheses of each entry.

    Returns:
        Float32 tensor `[batch, beams]`, at most 0.

    Raises:
        ValueError: If the state has no such entry.
    """
    coverage = state.get("coverage") if isinstance(state, dict) else None
    shape = () if coverage is None else tuple(coverage.shape)
    if len(shape) != 3 or shape[1] != beams:
        received = (
            f"`coverage` of shape {shape}" if shape else f"a {type(state).__name__} without it"
        )
        raise ValueError(
            "A coverage penalty needs a state that is a dictionary with `coverage`, the attention "
            f"weights of all steps so far, [batch, beams, source_length] with beams={beams}. A "
            f"model makes it with `make_cache(…, coverage=True)`. Received: {received}."
        )
    share = ops.clip(ops.cast(coverage, "float32"), _LEAST, 1.0)
    return ops.sum(ops.log(share), axis=-1)
