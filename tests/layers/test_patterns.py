"""Every pattern equals plain attention with the pattern's mask, for less work."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops
from layers.mechanisms import KINDS, contradiction, label, parts
from thinning import every_nth

import keras_attention as ka
from keras_attention.layers.pairs import Pairs

# Those of the block mask are for any length up to 4 * 37.
MASK = np.random.default_rng(5).random((4, 4)) < 0.5
PATTERNS = {
    "SlidingWindow": lambda window: ka.SlidingWindow(window),
    "DilatedWindow": lambda window: ka.DilatedWindow(window, dilation=3),
    "GlobalWindow": lambda window: ka.GlobalWindow(window, num_global=2),
    "BlockSparse": lambda window: ka.BlockSparse(MASK, block_size=37),
    "BigBird": lambda window: ka.BigBird(149, block_size=max(2, min(window, 20))),
    "PackedSegments": lambda window: ka.PackedSegments(window),
    "OffDiagonal": lambda window: ka.OffDiagonal(),
}
every_pattern = pytest.mark.parametrize("name", PATTERNS)


def allowed(pattern, query, key):
    """Whether the pattern has this pair of positions, in words of its own for each."""
    distance = abs(key - query)
    match pattern:
        case ka.DilatedWindow(window=window, dilation=dilation):
            return distance % dilation == 0 and distance // dilation < window
        case ka.GlobalWindow(window=window, num_global=num_global):
            return distance < window or min(query, key) < num_global
        case ka.SlidingWindow(window=window):
            return distance < window
        case ka.OffDiagonal():
            return key != query
        case ka.BlockSparse(block_mask=mask, block_size=size):
            return mask[query // size][key // size]


def as_numpy(x):
    return ops.convert_to_numpy(x)


def draw_pairs(random, q_len, k_len, start, causal, segments):
    """Pairs with two query heads to each of two key/value heads, and masks of several shapes."""

    def normal(*shape):
        return ops.convert_to_tensor(random.normal(size=shape).astype("float32"))

    masks = [None, (2, 1, 1, k_len), (2, 4, q_len, k_len), (q_len, k_len), (1, 1, q_len, 1)]
    mask, query_mask = masks[random.integers(5)], random.integers(2)
    biases = [None, (2, 1, q_len, k_len), (4, 1, k_len), (1, 4, q_len, 1)]
    bias = biases[random.integers(4)]
    ids = [np.sort(random.integers(0, 9, size=(2, n))).astype("int32") for n in (q_len, k_len)]
    return Pairs(
        normal(2, 4, q_len, 5),
        normal(2, 2, k_len, 5),
        normal(2, 2, k_len, 3),
        start + ops.arange(q_len, dtype="int32"),
        ops.arange(k_len, dtype="int32"),
        attention_mask=None if mask is None else ops.convert_to_tensor(random.random(mask) < 0.8),
        bias=None if bias is None else normal(*bias),
        causal=causal,
        query_segments=ids[0] if segments else None,
        key_segments=ids[1] if segments else None,
        query_mask=random.random((2, 1, q_len, 1)) < 0.9 if query_mask else None,
        start=start,
    )


def reference(pairs, pattern):
    """Softmax attention in float64, query by query and key by key, to what the pattern allows."""
    q, k, v = (as_numpy(x).astype("float64") for x in pairs[:3])
    k, v = k.repeat(2, axis=1), v.repeat(2, axis=1)
    scores = np.einsum("bhqd,bhkd->bhqk", q, k) / np.sqrt(q.shape[-1])
    scores = scores + (0 if pairs.bias is None else as_numpy(pairs.bias))
    permitted = np.ones(scores.shape, bool)
    for mask in pairs.masks():
        permitted &= as_numpy(mask)
    if pairs.query_segments is not None:
        same = pairs.query_segments[:, :, None] == pairs.key_segments[:, None, :]
        permitted &= same[:, None]
    for i, j in np.ndindex(scores.shape[2:]):
        position = i + pairs.start
        if not allowed(pattern, position, j) or (pairs.causal and j > position):
            permitted[:, :, i, j] = False
    weights = np.where(permitted, np.exp(scores - scores.max(-1, keepdims=True)), 0)
    return np.einsum(
        "bhqk,bhkd->bhqd", weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300), v
    )


@every_pattern
@given(
    q_len=st.integers(1, 97),
    window=st.integers(1, 60),
    memory=st.sampled_from([0, 0, 7, 41]),
    causal=st.booleans(),
    segments=st.booleans(),
    seed=st.integers(0, 99),
)
def test_equals_plain_attention_with_the_mask(name, q_len, window, memory, causal, segments, seed):
    pattern = PATTERNS[name](window)
    random = np.random.default_rng(seed)
    pairs = draw_pairs(random, q_len, memory + q_len, memory, causal, segments)
    mechanism = ka.Mechanism(pattern=pattern)
    expected = reference(pairs, pattern)
    np.testing.assert_allclose(as_numpy(mechanism.attend(pairs)), expected, atol=2e-6)
    np.testing.assert_allclose(
        as_numpy(mechanism.attend_with_weights(pairs)[0]), expected, atol=2e-6
    )


class Recording(ka.ScaledDotProduct):
    """A score that counts the pairs of query and key that it compares, over all heads."""

    count = 0

    def compare(self, query, prepared, previous=None):
        scores = super().compare(query, prepared, previous)
        self.count += np.prod(scores.shape)
        return scores


@pytest.mark.parametrize(
    ("pattern", "causal", "share"),
    [
        (ka.SlidingWindow(8), False, (32 + 14) / 512),
        (ka.SlidingWindow(8), True, (32 + 7) / 512),
        (ka.SlidingWindow(64), False, (64 + 126) / 512),
        (ka.PackedSegments(64), False, (64 + 126) / 512),
        (ka.DilatedWindow(8, dilation=4), False, (32 + 14) / 512),
        # The window of the others, in blocks that the last fills up, and all keys for the first.
        (ka.GlobalWindow(8, num_global=2), False, (2 * 512 + 512 * (2 + 32 + 14)) / 512**2),
        (ka.BlockSparse(np.eye(8), block_size=64), False, 1 / 8),
        (ka.BlockSparse(np.ones((8, 8)), block_size=64), True, (4 * 4 + 4 * 8) / 64),
        # The first block sees all 32, the others their neighbours, the first block and 2 more.
        (ka.BigBird(512, block_size=16), False, (32 + 31 * 6) / 32**2),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, ka.Pattern) else None,
)
def test_the_work_is_that_of_the_pattern(pattern, causal, share):
    random = np.random.default_rng(0)
    x = ops.convert_to_tensor(random.normal(size=(1, 2, 512, 4)).astype("float32"))
    positions = ops.arange(512, dtype="int32")
    score = Recording()
    pairs = Pairs(x, x, x, positions, positions, causal=causal)
    ka.Mechanism(score=score, pattern=pattern).attend(pairs)
    assert score.count == round(2 * 512**2 * share)


def test_work_that_would_not_shrink_is_done_at_once():
    """A window nearly as long as the sequence, where blocks would repeat keys."""
    x, positions = np.ones((1, 2, 40, 4), "float32"), ops.arange(40, dtype="int32")
    score = Recording()
    mechanism = ka.Mechanism(score=score, pattern=ka.SlidingWindow(39))
    mechanism.attend(Pairs(x, x, x, positions, positions))
    assert score.count == 2 * 40 * 40


PARTS = [
    {kind: name}
    for kind, names in KINDS.items()
    for name in names
    if kind != "pattern" and name != "None"
]
PARTS = [names for names in PARTS if contradiction(**names, pattern="GlobalWindow") is None]


@pytest.mark.parametrize("names", PARTS, ids=label)
def test_fits_every_other_part(names):
    """Work is skipped unless the weights are asked for."""
    layer = ka.MultiHeadAttention(
        4, 4, num_key_value_heads=2, pattern=ka.GlobalWindow(3, num_global=2), **parts(names)
    )
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 97, 12)).astype("float32")
    layer.build(x.shape, x.shape)
    for weight in layer.trainable_weights:
        weight.assign(random.normal(size=weight.shape) / 2)
    mask = random.random((2, 97, 97)) < 0.8
    for arguments in ({"attention_mask": mask}, {"use_causal_mask": True}):
        whole, _ = layer(x, x, return_attention_scores=True, **arguments)
        np.testing.assert_allclose(as_numpy(layer(x, x, **arguments)), as_numpy(whole), atol=2e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", every_nth(3, PATTERNS))
def test_gradients_and_compilation(name):
    """Of all tensors, for lengths and a start that are known when traced, and that are not."""
    import tensorflow as tf

    pattern = PATTERNS[name](7)
    pairs = draw_pairs(np.random.default_rng(3), 67, 90, 23, True, segments=False)
    direction = tf.constant(np.random.default_rng(4).normal(size=(2, 4, 67, 3)), "float32")
    mechanism = ka.Mechanism(pattern=pattern)
    bias = tf.random.stateless_normal((1, 4, 67, 90), (0, 1))

    def gradients(attend, start, *tensors):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            query, key, value, bias = tensors
            attended = attend(
                pairs._replace(
                    query=query,
                    key=key,
                    value=value,
                    bias=bias,
                    query_positions=start + tf.range(tf.shape(query)[2]),
                    key_positions=tf.range(tf.shape(key)[2]),
                    start=start,
                )
            )
            loss = tf.reduce_sum(attended * direction)
        return tape.gradient(loss, tensors)

    tensors = [*pairs[:3], bias]
    expected = gradients(lambda pairs: mechanism.attend_with_weights(pairs)[0], 23, *tensors)
    unknown = [tf.TensorSpec((None, x.shape[1], None, x.shape[3])) for x in tensors[:3]]
    unknown = [tf.TensorSpec((), tf.int32), *unknown, tf.TensorSpec((None, None, None, None))]
    ways = [
        lambda *tensors: gradients(mechanism.attend, 23, *tensors),
        tf.function(lambda *tensors: gradients(mechanism.attend, 23, *tensors), jit_compile=True),
        lambda *tensors: tf.function(
            lambda *arguments: gradients(mechanism.attend, *arguments), input_signature=unknown
        )(tf.constant(23), *tensors),
    ]
    for way in ways:
        for ours, theirs in zip(way(*tensors), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)


class Norms(ka.Score):
    """The product of the norms, which have no gradient at zero."""

    def compare(self, query, prepared, previous=None):
        norms = [ops.sqrt(ops.sum(ops.square(x), axis=-1)) for x in (query, prepared)]
        return norms[0][..., :, None] * norms[1][..., None, :]


@pytest.mark.tensorflow
def test_what_fills_blocks_up_sends_no_nan():
    import tensorflow as tf

    layer = ka.MultiHeadAttention(2, 4, pattern=ka.GlobalWindow(3, num_global=2), score=Norms())
    x = tf.random.stateless_normal((1, 67, 5), (0, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(layer(x, x))
    assert np.isfinite(tape.gradient(loss, x)).all()


@pytest.mark.tensorflow
def test_a_block_pattern_of_unknown_length_shows_nothing_beyond_its_matrix():
    import tensorflow as tf

    layer = ka.MultiHeadAttention(2, 4, pattern=ka.BlockSparse(np.ones((2, 2)), block_size=3))
    layer.build((None, None, 5), (None, None, 5))
    x = tf.random.stateless_normal((1, 8, 5), (0, 1))
    call = tf.function(lambda x: layer(x, x), input_signature=[tf.TensorSpec((1, None, 5))])
    output = call(x)
    np.testing.assert_allclose(output[:, :6], layer(x[:, :6], x[:, :6]), atol=1e-6)
    np.testing.assert_array_equal(output[:, 6:], np.zeros((1, 2, 5)))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (lambda: ka.SlidingWindow(0), "argument `window`, expected a positive integer"),
        (lambda: ka.SlidingWindow(2.0), "argument `window`"),
        (lambda: ka.DilatedWindow(-1, 2), "argument `window`"),
        (lambda: ka.DilatedWindow(1, 0), "argument `dilation`"),
        (lambda: ka.GlobalWindow(0, 1), "argument `window`"),
        (lambda: ka.GlobalWindow(1, 0), "argument `num_global`"),
        (lambda: ka.PackedSegments(0), "argument `max_length`"),
        (lambda: ka.BlockSparse([[True]], 0), "argument `block_size`"),
        (lambda: ka.BlockSparse([True], 2), "`block_mask` must be a matrix of booleans"),
        (lambda: ka.BlockSparse([], 2), "`block_mask` must be a matrix of booleans"),
        (lambda: ka.BlockSparse([[1, 0], [1]], 2), "`block_mask` must be a matrix of booleans"),
        (lambda: ka.BlockSparse([[2]], 2), "`block_mask` must be a matrix of booleans"),
        (lambda: ka.BigBird(0), "argument `max_length`"),
        (lambda: ka.BigBird(9, block_size=0), "argument `block_size`"),
        (lambda: ka.BigBird(9, 1, window_blocks=0), "argument `window_blocks`"),
        (lambda: ka.BigBird(9, 1, global_blocks=0), "argument `global_blocks`"),
        (lambda: ka.BigBird(9, 1, random_blocks=0), "argument `random_blocks`"),
        (lambda: ka.BigBird(9, 1, window_blocks=2), "`window_blocks` must be odd"),
        (lambda: ka.BigBird(9, block_size=2), "5 for max_length=9 in blocks of block_size=2"),
    ],
)
def test_wrong_arguments_are_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        pattern()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (ka.SlidingWindow(8), "`window` must not reach further.*7 long. Received: window=8"),
        (ka.DilatedWindow(3, 4), "`window` and `dilation` must not.*window=3, dilation=4"),
        (ka.GlobalWindow(8, 1), "`window` must not reach further"),
        (ka.GlobalWindow(2, 8), "num_global=8 for 7 tokens"),
        (ka.PackedSegments(8), "`max_length` must not reach further.*max_length=8"),
        (
            ka.BlockSparse(np.ones((3, 3)), 2),
            r"as many blocks.*=\[4, 4\] in blocks of",
        ),
        (
            ka.BlockSparse(np.ones((5, 4)), 2),
            r"as many blocks.*=\[4, 4\] in blocks of",
        ),
        (ka.BlockSparse(np.ones((4, 5)), 2), r"as many blocks.*=\[4, 4\].*shape \(4, 5\)"),
        (ka.BigBird(6, 1), "max_length=6 for a sequence of 7"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, ka.Pattern) else "",
)
def test_a_pattern_that_does_not_fit_the_sequence_is_refused(pattern, message):
    with pytest.raises(ValueError, match=message):
        ka.MultiHeadAttention(2, 4, pattern=pattern).build((2, 7, 5), (2, 7, 5))
    ka.MultiHeadAttention(2, 4, pattern=pattern).build((2, None, 5), (2, None, 5))


def test_a_longer_sequence_than_the_matrix_is_refused():
    layer = ka.MultiHeadAttention(2, 4, pattern=ka.BlockSparse(np.ones((2, 2)), block_size=3))
    layer.build((2, None, 5), (2, None, 5))
    x = np.ones((2, 7, 5))
    with pytest.raises(ValueError, match="ends at position 6. Received.*up to position 7"):
        layer(x, x)


def test_the_random_blocks_of_big_bird():
    masks = [ka.BigBird(40, 2, 5, 3, 4, seed).block_mask for seed in (0, 0, 1)]
    assert (masks[0] == masks[1]).all()
    assert (masks[0] != masks[2]).any()
    # 5 neighbours, 3 global ones, 4 random ones; the first rows see all 20 blocks, the next have
    # neighbours among the global blocks, the last on one side only.
    expected = [20] * 3 + [5 + 3 + 4 - 2, 5 + 3 + 4 - 1] + [12] * 13 + [11, 10]
    assert masks[0].sum(axis=1).tolist() == expected
