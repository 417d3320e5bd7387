"""Attention masks: boolean tensors, True = may attend or real token."""

from keras import ops


def padding_mask(token_ids, padding_id=0):
    """Which tokens are real.

    Args:
        token_ids: Integer tensor `[batch, length]`.
        padding_id: The id that fills a sequence up to the length of its batch.

    Returns:
        Boolean tensor `[batch, length]`, True = real token.

    Example:

    >>> keras_attention.ops.padding_mask(np.array([[7, 5, 0]])).shape
    (1, 3)
    """
    return ops.not_equal(token_ids, padding_id)


def length_mask(lengths, size):
    """Which positions of padded sequences are real, from their lengths.

    Args:
        lengths: Integer tensor `[batch]`.
        size: Length of the batch, an integer or a scalar tensor.

    Returns:
        Boolean tensor `[batch, size]`, True = real position.

    Example:

    >>> mask = keras_attention.ops.length_mask(np.array([3, 1]), 3)
    >>> keras.ops.convert_to_numpy(mask).astype(int).tolist()
    [[1, 1, 1], [1, 0, 0]]
    """
    return ops.arange(size, dtype="int32") < ops.cast(lengths, "int32")[:, None]


def causal_mask(q_len, k_len, offset=0):
    """No query sees a key that comes after it: query `i` may attend to keys `j <= i + offset`.

    Args:
        q_len: Number of queries, an integer or a scalar tensor.
        k_len: Number of keys.
        offset: Position of the first query among the keys; a scalar. With a cache of `n` earlier
            tokens it is `n`.

    Returns:
        Boolean tensor `[q_len, k_len]`, True = may attend.

    Example:

    >>> keras.ops.convert_to_numpy(keras_attention.ops.causal_mask(2, 3)).astype(int).tolist()
    [[1, 0, 0], [1, 1, 0]]
    """
    distance = _distance(q_len, k_len, offset)
    return ops.greater_equal(distance, 0)


def window_mask(q_len, k_len, window, offset=0):
    """Only near keys: query `i` may attend to keys `j` with `|i + offset - j| < window`.

    Together with `causal_mask` it is the causal sliding window of Mistral.

    Args:
        q_len: Number of queries, an integer or a scalar tensor.
        k_len: Number of keys.
        window: Positive integer; a window of 1 is the query's own position.
        offset: Position of the first query among the keys; a scalar.

    Returns:
        Boolean tensor `[q_len, k_len]`, True = may attend.

    Raises:
        ValueError: If `window` is not positive.

    Example:

    >>> mask = keras_attention.ops.window_mask(3, 3, window=2)
    >>> keras.ops.convert_to_numpy(mask).astype(int).tolist()
    [[1, 1, 0], [1, 1, 1], [0, 1, 1]]

    References:
        [Beltagy et al., 2020](https://arxiv.org/abs/2004.05150), section 3.1.
    """
    if window <= 0:
        raise ValueError(f"`window` must be a positive integer. Received: window={window}.")
    return ops.less(ops.abs(_distance(q_len, k_len, offset)), window)


def segment_mask(query_segments, key_segments):
    """Tokens see their own segment only, for several sequences packed into one row.

    Args:
        query_segments: Integer tensor `[batch, q_len]`, the segment of each query.
        key_segments: Integer tensor `[batch, k_len]`, the segment of each key.

    Returns:
        Boolean tensor `[batch, q_len, k_len]`, True = may attend.

    Example:

    >>> segments = np.array([[1, 1, 2]])
    >>> mask = keras_attention.ops.segment_mask(segments, segments)
    >>> keras.ops.convert_to_numpy(mask[0]).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    """
    return ops.equal(ops.expand_dims(query_segments, -1), ops.expand_dims(key_segments, -2))


def combine_masks(*masks):
    """Permits what every given mask permits.

    Args:
        masks: Boolean tensors that broadcast to each other, True = may attend; `None` permits
            everything.

    Returns:
        Boolean tensor, or `None` if every argument is `None`.

    Example:

    >>> causal = keras_attention.ops.causal_mask(3, 3)
    >>> real = keras_attention.ops.padding_mask(np.array([[7, 5, 0]]))[:, None, :]
    >>> keras_attention.ops.combine_masks(causal, None, real).shape
    (1, 3, 3)
    """
    combined = None
    for mask in masks:
        if mask is not None:
            mask = ops.cast(mask, "bool")
            combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined


def chunk_mask(q_len, k_len, chunk_length, left_chunks=None, offset=0):
    """Positions see their own chunk and some before it, for streams that arrive chunk by chunk.

    Args:
        q_len: Number of queries, an integer or a scalar tensor.
        k_len: Number of keys.
        chunk_length: Positive integer: positions of a chunk.
        left_chunks: How many chunks before their own queries may attend to; None: to all.
        offset: Position of the first query among the keys; a scalar.

    Returns:
        Boolean tensor `[q_len, k_len]`, True = may attend.

    Raises:
        ValueError: If `chunk_length` is not positive, or `left_chunks` negative.

    Example:

    >>> mask = keras_attention.ops.chunk_mask(4, 4, chunk_length=2, left_chunks=0)
    >>> keras.ops.convert_to_numpy(mask).astype(int).tolist()
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]

    References:
        [Zhang et al., 2020](https://arxiv.org/abs/2012.05481)
    """
    if chunk_length <= 0 or (left_chunks is not None and left_chunks < 0):
        raise ValueError(
            "`chunk_length` must be a positive integer, and `left_chunks` at least 0 or None. "
            f"Received: chunk_length={chunk_length}, left_chunks={left_chunks}."
        )
    query_chunks = (ops.arange(q_len, dtype="int32") + offset) // chunk_length
    key_chunks = ops.arange(k_len, dtype="int32") // chunk_length
    behind = query_chunks[:, None] - key_chunks
    seen = ops.greater_equal(behind, 0)
    if left_chunks is None:
        return seen
    return ops.logical_and(seen, ops.less_equal(behind, left_chunks))


def _distance(q_len, k_len, offset):
    """How far each query stands behind each key, `[q_len, k_len]`; negative for later keys."""
    query = ops.arange(q_len, dtype="int32") + ops.cast(offset, "int32")
    return ops.subtract(ops.expand_dims(query, -1), ops.arange(k_len, dtype="int32"))
