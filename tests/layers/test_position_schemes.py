"""Position schemes inside attention against their papers' equations, pair by pair."""

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention.layers.pairs import Pairs

BATCH, HEADS, Q_LEN, K_LEN, KEY_DIM, VALUE_DIM = 2, 3, 5, 7, 4, 11
POSITIONS = {
    "from the start": (np.arange(Q_LEN), np.arange(K_LEN)),
    "after a memory": (2 + np.arange(Q_LEN), np.arange(K_LEN)),
    "in any order": (np.array([3, 0, 30, 3, 8]), np.array([5, 5, 0, 1, 31, 2, 2])),
}
every_positions = pytest.mark.parametrize("positions", POSITIONS.values(), ids=POSITIONS)


def alibi(weights, head, query, key, distance):
    slope = [2**-4, 2**-8, 2**-2][head]
    return query @ key / 2 - slope * abs(distance), 0


def t5(weights, head, query, key, distance):
    (table,) = weights
    # Two exact buckets, 2 + floor(2 log(d / 2) / log(6 / 2)), and nothing further than the last.
    bucket = {0: 0, 1: 1, 2: 2, 3: 2}.get(abs(distance), 3) + (4 if distance > 0 else 0)
    return query @ key / 2 + table[bucket, head], 0


def t5_backwards(weights, head, query, key, distance):
    (table,) = weights
    # Three exact buckets, 3 + floor(4 log(d / 3) / log(8 / 3)), and nothing further than the last.
    bucket = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 5}.get(max(-distance, 0), 6)
    return query @ key / 2 + table[bucket, head], 0


def shaw(weights, head, query, key, distance):
    key_embeddings, value_embeddings = weights
    row = min(max(distance, -2), 2) + 2
    return query @ (key + key_embeddings[row]) / 2, value_embeddings[row]


def shaw_of_keys(weights, head, query, key, distance):
    return shaw((weights[0], np.zeros((5, VALUE_DIM))), head, query, key, distance)


def transformer_xl(weights, head, query, key, distance):
    u, v, kernel = weights
    features = len(kernel)
    angles = -distance * 10000.0 ** (-2 * np.arange(features // 2) / features)
    relative = np.concatenate([np.sin(angles), np.cos(angles)]) @ kernel[:, head]
    terms = [query @ key, query @ relative, u[head] @ key, v[head] @ relative]
    return sum(terms) / 2, 0


CASES = {
    "ALiBi": (ka.ALiBi, alibi),
    "T5": (lambda: ka.T5RelativeBias(num_buckets=8, max_distance=6), t5),
    "T5-backwards": (lambda: ka.T5RelativeBias(7, 8, bidirectional=False), t5_backwards),
    "Shaw": (lambda: ka.ShawRelativePositions(2), shaw),
    "Shaw-keys": (lambda: ka.ShawRelativePositions(2, use_value_embeddings=False), shaw_of_keys),
    "TransformerXL": (ka.TransformerXLPositions, transformer_xl),
    "TransformerXL-10": (lambda: ka.TransformerXLPositions(num_features=10), transformer_xl),
}
every_case = pytest.mark.parametrize(("make", "of_pair"), CASES.values(), ids=CASES)
every_scheme = pytest.mark.parametrize(
    "make", [ka.Rotary, *(make for make, _ in CASES.values())], ids=["Rotary", *CASES]
)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def mechanism_with(scheme, leading=(BATCH, HEADS), value_dim=VALUE_DIM):
    mechanism = ka.Mechanism(position_scheme=scheme)
    shape = (*leading, Q_LEN, KEY_DIM)
    mechanism.build_parts(shape, shape, (*leading, K_LEN, value_dim))
    for i, weight in enumerate(scheme.trainable_weights):
        weight.assign(normal(*weight.shape, seed=7 + i))
    return mechanism


def tensors(*leading):
    sizes = ((Q_LEN, KEY_DIM), (K_LEN, KEY_DIM), (K_LEN, VALUE_DIM))
    return tuple(normal(*leading, *size, seed=i) for i, size in enumerate(sizes))


def attended(mechanism, inputs, positions):
    """What the mechanism makes of query, key and value at positions of queries and keys."""
    query_positions, key_positions = (keras.ops.convert_to_tensor(p, "int32") for p in positions)
    query, key, value = (keras.ops.convert_to_tensor(x) for x in inputs)
    query = mechanism.encode_query(query, query_positions)
    key = mechanism.encode_key(key, key_positions)
    return mechanism.attend(Pairs(query, key, value, query_positions, key_positions))


def reference(of_pair, weights, inputs, positions):
    """The same, pair by pair in float64."""
    query, key, value = inputs
    output = np.zeros((BATCH, HEADS, Q_LEN, VALUE_DIM))
    for row, head, i in np.ndindex(BATCH, HEADS, Q_LEN):
        scores, values = np.zeros(K_LEN), np.zeros((K_LEN, VALUE_DIM))
        for j in range(K_LEN):
            distance = int(positions[1][j] - positions[0][i])
            pair = query[row, head, i], key[row, head, j]
            scores[j], of_distance = of_pair(weights, head, *pair, distance)
            values[j] = value[row, head, j] + of_distance
        exponentials = np.exp(scores - scores.max())
        output[row, head, i] = exponentials / exponentials.sum() @ values
    return output


@every_positions
@every_case
def test_is_the_papers_equation(make, of_pair, positions):
    mechanism, inputs = mechanism_with(make()), tensors(BATCH, HEADS)
    weights = [w.astype("float64") for w in mechanism.position_scheme.get_weights()]
    expected = reference(of_pair, weights, [x.astype("float64") for x in inputs], positions)
    output = attended(mechanism, inputs, positions)
    np.testing.assert_allclose(as_numpy(output), expected, atol=1e-5)


@pytest.mark.tensorflow
@every_case
def test_gradients_are_those_of_the_equation(make, of_pair):
    import tensorflow as tf

    mechanism, inputs = mechanism_with(make()), tensors(BATCH, HEADS)
    positions, cotangent = POSITIONS["after a memory"], normal(BATCH, HEADS, Q_LEN, VALUE_DIM)
    inputs = [*map(tf.constant, inputs)]
    sources = [*inputs, *(w.value for w in mechanism.position_scheme.trainable_weights)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_sum(attended(mechanism, inputs, positions) * cotangent)
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(loss, sources)]

    exact = [tf.convert_to_tensor(source).numpy().astype("float64") for source in sources]

    def reference_loss():
        return np.sum(reference(of_pair, exact[3:], exact[:3], positions) * cotangent)

    for array, gradient in zip(exact, gradients, strict=True):
        # All directions at once would hide errors that cancel, each alone would take long.
        for seed in range(5):
            direction = np.random.default_rng(seed).normal(size=array.shape)
            step, losses = 1e-5 * direction, []
            for sign in (1, -1):
                array += sign * step
                losses.append(reference_loss())
                array -= sign * step
            expected = (losses[0] - losses[1]) / 2e-5
            np.testing.assert_allclose(np.sum(gradient * direction), expected, rtol=1e-4, atol=1e-4)


@every_scheme
def test_knows_distances_alone(make):
    mechanism, inputs = mechanism_with(make()), tensors(BATCH, HEADS)
    positions = POSITIONS["after a memory"]
    here, there = (
        as_numpy(attended(mechanism, inputs, [p + shift for p in positions])) for shift in (0, 500)
    )
    np.testing.assert_allclose(here, there, atol=2e-3)
    elsewhere = attended(mechanism, inputs, [positions[0] + 1, positions[1]])
    assert np.abs(as_numpy(elsewhere) - here).max() > 1e-2


@every_scheme
def test_order_is_in_the_positions_alone(make):
    mechanism, (query, key, value) = mechanism_with(make()), tensors(BATCH, HEADS)
    query_positions, key_positions = POSITIONS["from the start"]
    order, query_order = np.array([3, 1, 6, 4, 0, 2, 5]), np.array([3, 1, 4, 0, 2])
    expected = as_numpy(attended(mechanism, (query, key, value), (query_positions, key_positions)))
    moved = query[:, :, query_order], key[:, :, order], value[:, :, order]
    with_positions = attended(
        mechanism, moved, (query_positions[query_order], key_positions[order])
    )
    np.testing.assert_allclose(as_numpy(with_positions), expected[:, :, query_order], atol=1e-5)
    without = as_numpy(attended(mechanism, moved, (query_positions, key_positions)))
    assert np.abs(without - expected[:, :, query_order]).max() > 1e-2


@every_scheme
def test_blocks_with_positions_of_their_own(make):
    blocks = 2
    mechanism = mechanism_with(make(), (BATCH, blocks, HEADS))
    inputs = tensors(BATCH, blocks, HEADS)
    positions = [np.stack([p, 2 * p + 3]) for p in POSITIONS["after a memory"]]
    scheme = mechanism.position_scheme
    # Encoded before they are divided into blocks, as by patterns.
    for block in range(blocks):
        alone = [x[:, block] for x in inputs]
        expected = attended(mechanism, alone, [p[block] for p in positions])
        query, key, value = (keras.ops.convert_to_tensor(x) for x in inputs)
        own = [keras.ops.convert_to_tensor(p, "int32") for p in positions]
        query = scheme.encode_query(query, own[0][:, None])
        key = scheme.encode_key(key, own[1][:, None])
        output = as_numpy(mechanism.attend(Pairs(query, key, value, *own)))[:, block]
        np.testing.assert_allclose(output, as_numpy(expected), atol=1e-5)


@every_scheme
def test_without_an_axis_of_heads_is_one_head(make):
    alone = mechanism_with(make(), (BATCH,))
    one_head = mechanism_with(make(), (BATCH, 1))
    for ours, theirs in zip(
        alone.position_scheme.weights, one_head.position_scheme.weights, strict=True
    ):
        ours.assign(np.reshape(as_numpy(theirs), ours.shape))
    inputs, positions = tensors(BATCH), POSITIONS["after a memory"]
    expected = as_numpy(attended(one_head, [x[:, None] for x in inputs], positions))[:, 0]
    np.testing.assert_allclose(as_numpy(attended(alone, inputs, positions)), expected, atol=1e-5)


@every_scheme
def test_values_of_another_size(make):
    layer = ka.MultiHeadAttention(2, 4, value_dim=3, position_scheme=make())
    x = normal(2, 5, 8)
    assert tuple(layer(x, x).shape) == (2, 5, 8)
    layer = ka.Attention(position_scheme=make())
    assert tuple(layer([x, x[..., :3], x]).shape) == (2, 5, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.T5RelativeBias(num_buckets=5), "`num_buckets` must be .* num_buckets=5"),
        (lambda: ka.T5RelativeBias(32, 8), "`max_distance` more than .* max_distance=8"),
        (lambda: ka.T5RelativeBias(num_buckets=0), "argument `num_buckets`"),
        (lambda: ka.T5RelativeBias(max_distance=2.5), "argument `max_distance`"),
        (lambda: ka.ShawRelativePositions(0), "argument `max_distance`"),
        (lambda: ka.TransformerXLPositions(7), "`num_features` must be even.* num_features=7"),
        (lambda: ka.TransformerXLPositions(0), "argument `num_features`"),
        (lambda: ka.TransformerXLPositions(max_wavelength=0), "argument `max_wavelength`"),
        (lambda: ka.Rotary(max_wavelength=-1.0), "argument `max_wavelength`"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (ka.Rotary, r"`key_dim` must be even\. Received: key_dim=5"),
        (ka.TransformerXLPositions, r"must be even.* heads \* key_dim = 15\."),
    ],
)
def test_an_odd_size(make, message):
    layer = ka.MultiHeadAttention(3, 5, position_scheme=make())
    with pytest.raises(ValueError, match=message):
        layer.build((2, 7, 12), (2, 7, 12))
