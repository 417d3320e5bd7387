"""Attention whose time and memory grow with the length, not with its square."""

from keras import ops

from keras_attention.ops.attention import dot_product_scores
from keras_attention.ops.masks import causal_mask, combine_masks
from keras_attention.ops.scan import scan

# The logarithm of nothing, and what the feature product of a pair is at least: finite, so that
# differences of them and gradients are, too.
_LOG_ZERO = -1e30
_LEAST_PRODUCT = 1e-30
# Queries of a chunk meet its keys pair by pair, and all earlier keys as one sum.
_CHUNK = 128


def log_kernel(log_query, log_key):
    r"""The logarithm of the dot product of positive features, for each query and key.

    $$ s(q, k) = \log \phi(q) \cdot \phi(k) $$

    Args:
        log_query: Float tensor `[..., heads, q_len, features]`, the logarithm of the features.
        log_key: Float tensor `[..., kv_heads, k_len, features]`.

    Returns:
        Float32 tensor `[..., heads, q_len, k_len]`.

    Example:

    >>> scores = keras_attention.ops.log_kernel(np.zeros((1, 6, 5, 7)), np.zeros((1, 3, 11, 7)))
    >>> scores.shape, round(float(np.exp(scores[0, 0, 0, 0])), 4)
    ((1, 6, 5, 11), 7.0)
    """
    (query, most_of_query), (key, most_of_key) = (
        _scaled(ops.cast(x, "float32")) for x in (log_query, log_key)
    )
    products = ops.maximum(dot_product_scores(query, key), _LEAST_PRODUCT)
    if len(key.shape) > 3:
        most_of_key = ops.repeat(most_of_key, query.shape[-3] // key.shape[-3], axis=-3)
    return ops.log(products) + most_of_query + ops.swapaxes(most_of_key, -1, -2)


def linear_attention(log_query, log_key, value, key_mask=None, *, causal=False, start=0):
    r"""Attention with weights proportional to the dot product of positive features.

    $$ \mathrm{attended}_i = \frac{\phi(q_i)^\top \sum_j \phi(k_j) v_j^\top}
       {\phi(q_i)^\top \sum_j \phi(k_j)} $$

    The sums are the same for all queries, so time and memory grow with the length. The causal form
    sums the keys before each chunk of queries, and takes those of the chunk pair by pair. The same
    as the softmax of `log_kernel`, to rounding; in float32, whatever the dtype of the inputs.

    Args:
        log_query: Float tensor `[..., heads, q_len, features]`, the logarithm of the features.
        log_key: Float tensor `[..., kv_heads, k_len, features]`.
        value: Float tensor `[..., kv_heads, k_len, value_dim]`.
        key_mask: Boolean tensor that broadcasts to `[..., kv_heads, k_len]`, True = may be attended
            to, or None.
        causal: Whether keys at later positions than the query are forbidden.
        start: Scalar integer, the position of the first query if the first key stands at 0.

    Returns:
        Tensor `[..., heads, q_len, value_dim]` with the dtype of `value`. A query that may attend
        to nothing gets zeros, and a zero gradient.

    Example:

    >>> query, key = np.zeros((2, 6, 5, 7)), np.zeros((2, 3, 5, 7))
    >>> keras_attention.ops.linear_attention(query, key, np.ones((2, 3, 5, 4)), causal=True).shape
    (2, 6, 5, 4)

    References:
        [Katharopoulos et al., 2020](https://arxiv.org/abs/2006.16236)
    """
    value = ops.convert_to_tensor(value)
    log_query, log_key = (ops.cast(x, "float32") for x in (log_query, log_key))
    *leading, heads, q_len, features = ops.shape(log_query)
    kv_heads, k_len = log_key.shape[-3], ops.shape(log_key)[-2]
    grouped = (*leading, kv_heads, heads // kv_heads)
    query = ops.reshape(log_query, (*grouped, q_len, features))
    key = log_key[..., None, :, :]
    # A last column of ones sums the weights along with the weighted values.
    values = ops.cast(value, "float32")[..., None, :, :]
    values = ops.concatenate([values, ops.ones_like(values[..., :1])], axis=-1)
    key_mask = combine_masks(ops.ones((k_len, 1), "bool"), _column(key_mask, len(key.shape)))
    if causal:
        sums = _causal_sums(query, key, values, key_mask, start)
    else:
        sums = _sums(query, *_state(key, values, key_mask))
    total = sums[..., -1:]
    seen = total > 0
    attended = ops.where(seen, sums[..., :-1] / ops.where(seen, total, 1.0), 0.0)
    attended = ops.reshape(attended, (*leading, heads, q_len, ops.shape(value)[-1]))
    return ops.cast(attended, value.dtype)


def _column(key_mask, rank):
    """A mask of keys as it fits tensors `[..., kv_heads, 1, k_len, size]` of this rank."""
    if key_mask is None:
        return None
    key_mask = ops.convert_to_tensor(key_mask)
    leading = (1,) * (rank - 2 - len(key_mask.shape))
    *given, k_len = ops.shape(key_mask)
    return ops.reshape(key_mask, (*leading, *given, 1, k_len, 1))


def _scaled(log_features):
    """Features with a largest one of 1, and the logarithm of what they were divided by."""
    most = ops.stop_gradient(ops.max(log_features, axis=-1, keepdims=True))
    return ops.exp(log_features - most), most


def _state(key, values, key_mask):
    """The sums over permitted keys, `[..., features, value_dim]`, of features that are divided by
    their largest one; and its logarithm, `[..., 1, features]`."""
    key = ops.where(key_mask, key, _LOG_ZERO)
    most = ops.stop_gradient(ops.max(key, axis=-2, keepdims=True))
    features = ops.exp(key - most) * ops.cast(key_mask, "float32")
    return ops.matmul(ops.swapaxes(features, -1, -2), values), most


def _sums(query, state, most):
    """What queries `[..., q_len, features]` make of a state.

    The largest features of keys go to the queries, of which each may be scaled as it likes.
    """
    return ops.matmul(_scaled(query + most)[0], state)


def _causal_sums(query, key, values, key_mask, start):
    q_len, k_len = ops.shape(query)[-2], ops.shape(key)[-2]
    chunk = max(1, min(q_len, _CHUNK)) if isinstance(q_len, int) else _CHUNK
    tokens = ops.reshape(
        ops.arange((q_len + chunk - 1) // chunk * chunk, dtype="int32"), (-1, chunk)
    )
    own = tokens + start  # the key that stands where the query does
    own_keys = ops.minimum(own, k_len - 1)
    # Rows as [..., chunks, chunk, size].
    query = ops.take(query, ops.minimum(tokens, q_len - 1), axis=-2)
    own_key, own_values, own_mask = (
        ops.take(x, own_keys, axis=-2) for x in (key, values, key_mask)
    )
    own_mask = combine_masks(own_mask, (own < k_len)[..., None])
    own_key = ops.where(own_mask, own_key, _LOG_ZERO)

    states, mosts = _state(own_key, own_values, own_mask)
    if isinstance(start, int) and start == 0:
        first = ops.zeros_like(states[..., 0, :, :]), ops.full_like(mosts[..., 0, :, :], _LOG_ZERO)
    else:
        earlier = ops.arange(k_len, dtype="int32")[:, None] < start
        first = _state(key, values, combine_masks(key_mask, earlier))

    states, mosts = _sums_before(first, states, mosts)
    most = ops.maximum(mosts, ops.stop_gradient(ops.max(own_key, axis=-2, keepdims=True)))
    query = _scaled(query + most)[0]  # [..., kv_heads, group, chunks, chunk, features]
    features = ops.exp(own_key - most) * ops.cast(own_mask, "float32")
    pairs = ops.matmul(query, ops.swapaxes(features, -1, -2))
    pairs = ops.where(causal_mask(chunk, chunk), pairs, 0.0)
    sums = ops.matmul(pairs, own_values) + ops.matmul(query, _rescaled(states, mosts - most))
    *leading, chunks, chunk, size = ops.shape(sums)
    return ops.reshape(sums, (*leading, chunks * chunk, size))[..., :q_len, :]


def _sums_before(first, states, mosts):
    """The state before each chunk, of the `first` one and those of the chunks, on axis -3."""

    def step(before, chunk):
        (state, most), (own_state, own_most) = before, chunk
        both = ops.maximum(most, own_most)
        state = _rescaled(state, most - both) + _rescaled(own_state, own_most - both)
        return (state, both), before

    chunks = (ops.moveaxis(states, -3, 0), ops.moveaxis(mosts, -3, 0))
    _, (states, mosts) = scan(step, first, chunks, ("float32", "float32"))
    return ops.moveaxis(states, 0, -3), ops.moveaxis(mosts, 0, -3)


def _rescaled(state, log_factors):
    """A state `[..., features, value_dim]` times factors `[..., 1, features]`."""
    return state * ops.exp(ops.swapaxes(log_factors, -1, -2))
