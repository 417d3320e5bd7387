"""Parts of a mechanism that know a grid, beside loops over rows and columns."""

import numpy as np
import pytest
from keras import ops

import keras_attention as ka
from keras_attention.layers.pairs import Pairs

ROWS, COLUMNS, HEADS, SIZE = 5, 7, 3, 8
GRIDS = [(ROWS, COLUMNS, 0), (ROWS, COLUMNS, 2), (6, 9, 1)]
every_grid = pytest.mark.parametrize(("rows", "columns", "num_prefix"), GRIDS)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return ops.convert_to_numpy(x)


def place_of(position, columns, num_prefix):
    """Row and column of a token, None if it stands before the grid."""
    return None if position < num_prefix else divmod(position - num_prefix, columns)


def scores_of(scheme, query, key):
    """The scores of sequences of a whole grid, `[batch, heads, length, length]`."""
    mechanism = ka.Mechanism(position_scheme=scheme)
    mechanism.build_parts(query.shape, key.shape)
    for i, weight in enumerate(scheme.trainable_weights):
        weight.assign(normal(*weight.shape, seed=7 + i))
    positions = ops.arange(query.shape[-2], dtype="int32")
    query, key = (ops.convert_to_tensor(x) for x in (query, key))
    query, key = mechanism.encode_query(query, positions), mechanism.encode_key(key, positions)
    pairs = Pairs(query, key, key, positions, positions)
    terms = [as_numpy(term) for term in mechanism.score_terms(pairs)]
    return as_numpy(mechanism.score(query, key)) + sum(terms)


@pytest.mark.parametrize("interleaved", [False, True])
@every_grid
def test_rotary_turns_by_row_and_by_column(rows, columns, num_prefix, interleaved):
    scheme = ka.Rotary2D(50.0, interleaved, (rows, columns), num_prefix)
    length = num_prefix + rows * columns
    x = normal(2, HEADS, length, SIZE)
    scheme.build(x.shape, x.shape)
    turned = as_numpy(scheme.encode_query(ops.convert_to_tensor(x), ops.arange(length)))
    for position in range(length):
        place = place_of(position, columns, num_prefix)
        if place is None:
            np.testing.assert_allclose(turned[:, :, position], x[:, :, position], atol=1e-6)
            continue
        for half, number in enumerate(place):
            for i, pair in enumerate([(0, 1), (2, 3)] if interleaved else [(0, 2), (1, 3)]):
                features = [4 * half + feature for feature in pair]
                before, after = (z[:, :, position][..., features] for z in (x, turned))
                expected = (before[..., 0] + 1j * before[..., 1]) * np.exp(
                    1j * number * 50.0 ** (-i / 2)
                )
                np.testing.assert_allclose(after[..., 0], expected.real, atol=1e-4)
                np.testing.assert_allclose(after[..., 1], expected.imag, atol=1e-4)


SCHEMES = {
    "Rotary2D": ka.Rotary2D,
    "RelativeBias2D": ka.RelativeBias2D,
    "RelativeBias2D in a window": lambda **grid: ka.RelativeBias2D(window=3, **grid),
}
every_scheme = pytest.mark.parametrize("make", SCHEMES.values(), ids=SCHEMES)


@every_scheme
@every_grid
def test_scores_know_offsets_alone(make, rows, columns, num_prefix):
    """With the same query and key everywhere, all pairs of an offset have one score."""
    shape = (1, HEADS, num_prefix + rows * columns, SIZE)
    query, key = (
        np.broadcast_to(normal(1, HEADS, 1, SIZE, seed=seed), shape).astype("float32")
        for seed in (0, 1)
    )
    scores = scores_of(make(grid=(rows, columns), num_prefix=num_prefix), query, key)[0]
    found = {}
    for i, j in np.ndindex(scores.shape[1:]):
        places = [place_of(position, columns, num_prefix) for position in (i, j)]
        if None not in places:
            offset = tuple(b - a for a, b in zip(*places, strict=True))
            expected = found.setdefault(offset, scores[:, i, j])
            np.testing.assert_allclose(scores[:, i, j], expected, atol=1e-4)
    numbers = np.array(list(found.values()))
    assert len(found) == (2 * rows - 1) * (2 * columns - 1)
    assert len(np.unique(numbers.round(3), axis=0)) > 20


@every_grid
@pytest.mark.parametrize("window", [None, 3])
def test_relative_bias_is_its_table(rows, columns, num_prefix, window):
    scheme = ka.RelativeBias2D(window, (rows, columns), num_prefix)
    length = num_prefix + rows * columns
    zeros = np.zeros((1, HEADS, length, SIZE), "float32")
    bias = scores_of(scheme, zeros, zeros)[0]
    table, *of_prefix = scheme.get_weights()
    reach = (window, window) if window else (rows, columns)
    assert table.shape == (2 * reach[0] - 1, 2 * reach[1] - 1, HEADS)
    for i, j in np.ndindex(length, length):
        query, key = (place_of(position, columns, num_prefix) for position in (i, j))
        if query and key:
            row, column = (
                min(max(b - a, 1 - most), most - 1) + most - 1
                for a, b, most in zip(query, key, reach, strict=True)
            )
            expected = table[row, column]
        else:
            expected = of_prefix[0][2 if query == key else 0 if query is None else 1]
        np.testing.assert_allclose(bias[:, i, j], expected, atol=1e-6)


def window_of(place, window, shift):
    """The window of a place: those at the edges are cut off."""
    return tuple((number - shift) // window for number in place)


@every_grid
@pytest.mark.parametrize(("window", "shift"), [(1, 0), (2, 0), (2, 1), (3, 2), (4, 2), (5, 0)])
def test_windows_are_full_attention_with_their_mask(rows, columns, num_prefix, window, shift):
    pattern = ka.GridWindow(window, shift, (rows, columns), num_prefix)
    length = num_prefix + rows * columns
    mask = np.zeros((length, length), bool)
    for i, j in np.ndindex(length, length):
        places = [place_of(position, columns, num_prefix) for position in (i, j)]
        windows = [None if place is None else window_of(place, window, shift) for place in places]
        mask[i, j] = None in windows or windows[0] == windows[1]
    query, key, value = (
        ops.convert_to_tensor(normal(2, HEADS, length, 4, seed=i)) for i in (0, 1, 2)
    )
    positions = ops.arange(length, dtype="int32")
    pairs = Pairs(query, key, value, positions, positions)
    assert (as_numpy(pattern.mask(positions, positions)) == mask).all()
    expected, _ = ka.Mechanism().attend_with_weights(pairs.with_mask(ops.convert_to_tensor(mask)))
    output = ka.Mechanism(pattern=pattern).attend(pairs)
    np.testing.assert_allclose(as_numpy(output), as_numpy(expected), atol=1e-5)


@pytest.mark.parametrize("shift", [1, 2, 3])
def test_the_mask_is_that_of_a_cyclic_shift(shift):
    """As Swin makes it: a grid is rolled and cut into windows, in which regions that were apart
    before do not see each other."""
    number, regions = np.arange(96).reshape(8, 12), np.zeros((8, 12), int)
    for i, rows in enumerate([slice(-4), slice(-4, -shift), slice(-shift, None)]):
        for j, columns in enumerate([slice(-4), slice(-4, -shift), slice(-shift, None)]):
            regions[rows, columns] = 3 * i + j
    rolled = np.roll(number, (-shift, -shift), axis=(0, 1))
    mask = np.zeros((96, 96), bool)
    for row, column in np.ndindex(2, 3):
        square = slice(4 * row, 4 * row + 4), slice(4 * column, 4 * column + 4)
        tokens, region = rolled[square].ravel(), regions[square].ravel()
        mask[np.ix_(tokens, tokens)] = region[:, None] == region
    positions = ops.arange(96, dtype="int32")
    pattern = ka.GridWindow(4, shift, grid=(8, 12))
    np.testing.assert_array_equal(as_numpy(pattern.mask(positions, positions)), mask)


class Recording(ka.ScaledDotProduct):
    """A score that counts the pairs of query and key that it compares."""

    count = 0

    def compare(self, query, prepared, previous=None):
        scores = super().compare(query, prepared, previous)
        self.count += np.prod(scores.shape)
        return scores


@pytest.mark.parametrize(
    ("shift", "num_prefix", "pairs"),
    [
        (0, 0, 6 * 16 * 16),
        (2, 0, 6 * 16 * 16),  # as many windows, shifted or not
        (2, 1, (1 + 8 * 12) + 6 * 16 * (1 + 16)),
    ],
)
def test_the_work_is_that_of_the_windows(shift, num_prefix, pairs):
    score = Recording()
    pattern = ka.GridWindow(4, shift, (8, 12), num_prefix)
    x = normal(1, 1, num_prefix + 96, 4)
    positions = ops.arange(num_prefix + 96, dtype="int32")
    ka.Mechanism(score=score, pattern=pattern).attend(Pairs(x, x, x, positions, positions))
    assert score.count == pairs


@pytest.mark.parametrize("num_prefix", [0, 1])
def test_a_block_of_swin(num_prefix):
    """Windows with a relative bias: with the weights asked for or not, compiled or not."""
    mechanism = ka.Mechanism(
        position_scheme=ka.RelativeBias2D(window=4, grid=(8, 12), num_prefix=num_prefix),
        pattern=ka.GridWindow(4, 2, (8, 12), num_prefix),
    )
    layer = ka.EncoderLayer(12, 3, 17, dropout=0.0, attention=mechanism)
    x = normal(2, num_prefix + 96, 12)
    layer.build(x.shape)
    for i, weight in enumerate(layer.trainable_weights):
        weight.assign(normal(*weight.shape, seed=i) / 3)
    whole, weights = layer(x, return_attention_scores=True)
    np.testing.assert_allclose(as_numpy(layer(x)), as_numpy(whole), atol=1e-4)
    seen = (as_numpy(weights) > 0).sum(-1)
    assert (seen[:, :, num_prefix:] <= num_prefix + 16).all()
    assert (seen[:, :, :num_prefix] == num_prefix + 96).all()


@pytest.mark.tensorflow
def test_gradients_of_windows_and_their_bias_compiled():
    import tensorflow as tf

    scheme = ka.RelativeBias2D(window=4, grid=(8, 12), num_prefix=1)
    mechanism = ka.Mechanism(position_scheme=scheme, pattern=ka.GridWindow(4, 2, (8, 12), 1))
    layer, x = ka.MultiHeadAttention(3, 4, **mechanism.parts()), tf.constant(normal(2, 97, 12))
    layer.build(x.shape, x.shape)

    def gradients(with_weights):
        with tf.GradientTape() as tape:
            tape.watch(x)
            output = layer(x, x, return_attention_scores=with_weights)
            loss = tf.reduce_sum(tf.sin(output[0] if with_weights else output))
        sources = [x, *(weight.value for weight in layer.trainable_weights)]
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, sources)]

    expected = gradients(True)
    for way in (gradients, tf.function(gradients, jit_compile=True)):
        for ours, theirs in zip(way(False), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_part_is_told_its_grid():
    mechanism = ka.Mechanism(position_scheme=ka.Rotary2D(), pattern=ka.GridWindow(2, 1))
    placed = mechanism.on_grid((3, 5), num_prefix=1)
    for part in (placed.position_scheme, placed.pattern):
        assert (part.grid, part.num_prefix) == ((3, 5), 1)
    assert mechanism.position_scheme.grid is None
    assert mechanism.knows_grid
    assert placed.on_grid((3, 5), num_prefix=1).pattern.grid == (3, 5)
    with pytest.raises(ValueError, match=r"`Rotary2D` must be that of the tokens.*grid=\(3, 5\)"):
        placed.on_grid((5, 3), num_prefix=1)
    assert not ka.Mechanism(position_scheme=ka.Rotary()).knows_grid


@pytest.mark.parametrize(
    "part",
    [
        dict(position_scheme=ka.Rotary2D()),
        dict(position_scheme=ka.RelativeBias2D()),
        dict(pattern=ka.GridWindow(2)),
    ],
    ids=lambda part: type(*part.values()).__name__,
)
def test_a_grid_that_nobody_knows(part):
    layer = ka.MultiHeadAttention(3, 4, **part)
    with pytest.raises(ValueError, match=r"must know the grid.*give grid=\(rows, columns\)"):
        layer.build((2, 15, 12), (2, 15, 12))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.Rotary2D(max_wavelength=0), "argument `max_wavelength`"),
        (lambda: ka.Rotary2D(grid=(3,)), "argument `grid`, expected a pair.*grid="),
        (lambda: ka.Rotary2D(grid=(3, 0)), "argument `grid`, expected a positive integer"),
        (
            lambda: ka.Rotary2D(num_prefix=-1),
            "argument `num_prefix`, expected an integer, 0 or more",
        ),
        (lambda: ka.RelativeBias2D(window=0), "argument `window`"),
        (lambda: ka.GridWindow(0), "argument `window`"),
        (lambda: ka.GridWindow(2, 2), "`shift` must be .* shift=2, window=2"),
        (lambda: ka.GridWindow(2, -1), "`shift` must be .* shift=-1, window=2"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_sizes_that_do_not_fit():
    layer = ka.MultiHeadAttention(3, 6, position_scheme=ka.Rotary2D(grid=(3, 5)))
    with pytest.raises(ValueError, match=r"multiple of 4\. Received: key_dim=6"):
        layer.build((2, 15, 12), (2, 15, 12))
    layer = ka.MultiHeadAttention(3, 4, pattern=ka.GridWindow(2, grid=(3, 5), num_prefix=1))
    with pytest.raises(ValueError, match=r"16 for grid=\(3, 5\), num_prefix=1. Received: 15 tok"):
        layer.build((2, 15, 12), (2, 15, 12))
