"""Pictures to tokens: what stands before the grid, positions, other sizes of picture."""

import keras
import numpy as np
import pytest

import keras_attention as ka

IMAGES = np.random.default_rng(0).normal(size=(2, 6, 9, 5)).astype("float32")
SIZES = dict(num_layers=2, num_heads=3, dff=17)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def patches():
    return ka.Patches(12, patch_size=3)


SCHEMES = {
    "learned": ka.LearnedPositionEmbedding2D,
    "sinusoidal": ka.SinusoidalPositionEmbedding2D,
    "none": ka.NoPositionEmbedding,
}


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("num_prefix", [0, 1, 3])
def test_an_embedding_is_its_parts(name, num_prefix):
    layer = ka.PatchEmbedding(patches(), SCHEMES[name](), num_prefix)
    output = as_numpy(layer(IMAGES))
    assert output.shape == layer.compute_output_shape((2, 6, 9, 5)) == (2, num_prefix + 6, 12)
    tokens = as_numpy(layer.position_scheme(layer.tokenizer(IMAGES)))
    np.testing.assert_allclose(output[:, num_prefix:], tokens.reshape(2, 6, 12), atol=1e-6)
    if num_prefix:
        prefix = np.broadcast_to(as_numpy(layer.prefix), (2, num_prefix, 12))
        np.testing.assert_array_equal(output[:, :num_prefix], prefix)


def test_learned_positions_of_a_grid_are_added_and_resampled():
    scheme, x = ka.LearnedPositionEmbedding2D("bilinear"), np.zeros((2, 3, 5, 7), "float32")
    table = as_numpy(scheme(x))
    np.testing.assert_array_equal(table[0], as_numpy(scheme.embeddings))
    np.testing.assert_array_equal(as_numpy(scheme(x + 1)), table + 1)
    larger = as_numpy(scheme(np.zeros((2, 11, 5, 7), "float32")))
    expected = ka.ops.resample_grid(scheme.embeddings, (11, 5), "bilinear")
    np.testing.assert_array_equal(larger[1], as_numpy(expected))


@pytest.mark.parametrize("shape", [(2, 15, 8), (2, None, 5, 8)])
def test_learned_positions_need_a_grid_of_known_size(shape):
    with pytest.raises(ValueError, match=r"all but the batch known\. Received: x\.shape=\(2, "):
        ka.LearnedPositionEmbedding2D().build(shape)


def test_weights_have_the_same_paths_in_every_embedding():
    paths = []
    for _ in range(2):
        layer = ka.PatchEmbedding(patches(), name="embedding")
        layer.build(IMAGES.shape)
        paths.append([weight.path for weight in layer.weights])
    assert paths[0] == paths[1]


def encoder_with(**arguments):
    encoder = ka.ImageEncoder(patches(), (6, 9, 5), **{**SIZES, **arguments})
    encoder.build()
    for i, weight in enumerate(encoder.trainable_weights):
        weight.assign(normal(*weight.shape, seed=i) / 3)
    return encoder


POSITIONS = {
    "learned": {},
    "Rotary2D": dict(position_scheme=ka.Rotary2D()),
    "RelativeBias2D": dict(position_scheme=ka.RelativeBias2D()),
    "windows in turn": dict(
        position_scheme=ka.RelativeBias2D(window=2),
        attention=[ka.Mechanism(pattern=ka.GridWindow(2, shift)) for shift in (0, 1)],
    ),
}
every_position = pytest.mark.parametrize("arguments", POSITIONS.values(), ids=POSITIONS)


@every_position
def test_an_encoder_is_its_parts(arguments):
    encoder = encoder_with(**arguments)
    x, weights = encoder(IMAGES, return_attention_scores=True)
    assert tuple(weights.shape) == (2, 2, 3, 7, 7)
    expected = encoder.encoder(encoder.patch_embedding(IMAGES))
    np.testing.assert_allclose(as_numpy(x), as_numpy(expected), atol=1e-4)
    np.testing.assert_allclose(as_numpy(encoder(IMAGES)), as_numpy(expected), atol=1e-4)


@every_position
def test_the_places_of_patches_count(arguments):
    """A picture whose columns of patches change places is another one."""
    encoder = encoder_with(num_prefix=0, **arguments)
    moved = np.concatenate([IMAGES[:, :, 3:], IMAGES[:, :, :3]], axis=2)
    order = [1, 2, 0, 4, 5, 3]
    before, after = as_numpy(encoder(IMAGES)), as_numpy(encoder(moved))
    assert np.abs(before[:, order] - after).max() > 1e-2
    without = encoder_with(num_prefix=0, position_scheme=ka.NoPositionEmbedding())
    before, after = as_numpy(without(IMAGES)), as_numpy(without(moved))
    np.testing.assert_allclose(before[:, order], after, atol=1e-4)


@every_position
def test_resized_to_the_same_size_it_is_the_same(arguments):
    encoder = encoder_with(**arguments)
    same = encoder.resized((6, 9))
    np.testing.assert_allclose(as_numpy(same(IMAGES)), as_numpy(encoder(IMAGES)), atol=1e-5)
    same.weights[0].assign(0 * same.weights[0])
    assert np.abs(as_numpy(encoder.weights[0])).max() > 0


@every_position
def test_resized_to_another_size_tables_are_resampled(arguments):
    encoder = encoder_with(**arguments)
    larger = encoder.resized((12, 15))
    assert (larger.grid, larger.image_shape) == ((4, 5), (12, 15, 5))
    assert tuple(larger(normal(2, 12, 15, 5)).shape) == (2, 21, 12)
    for new, old in zip(larger.weights, encoder.weights, strict=True):
        expected = as_numpy(old)
        if new.shape != old.shape:
            expected = as_numpy(ka.ops.resample_grid(old, new.shape[:2]))
        np.testing.assert_array_equal(as_numpy(new), expected)


def test_another_size_without_resizing():
    larger = normal(2, 12, 15, 5)
    encoder = encoder_with()
    resized = encoder.resized((12, 15))
    np.testing.assert_allclose(as_numpy(encoder(larger)), as_numpy(resized(larger)), atol=1e-4)
    encoder = encoder_with(position_scheme=ka.Rotary2D())
    with pytest.raises(ValueError, match=r"`resized` gives a model.*\(2, 12, 15, 5\), image_sha"):
        encoder(larger)


def test_a_rotary_encoder_knows_offsets_at_any_size():
    """A part of a picture, alone or as all that the attention of a larger one may see."""
    small = encoder_with(num_prefix=0, position_scheme=ka.Rotary2D(), num_layers=1)
    large = small.resized((9, 15))
    images = normal(2, 9, 15, 5)
    x = large.patch_embedding(images)
    inside = np.zeros((3, 5), bool)
    inside[1:, 2:] = True  # of 3 x 5 patches the last 2 x 3
    mask = np.broadcast_to(inside.ravel(), (2, 1, 15))
    whole = as_numpy(large.encoder(x, attention_mask=mask))
    alone = as_numpy(small(images[:, 3:, 6:]))
    np.testing.assert_allclose(whole[:, inside.ravel()], alone, atol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.PatchEmbedding("patches"), "subclass of `ImageTokenizer`.*'patches'"),
        (
            lambda: ka.PatchEmbedding(patches(), num_prefix=-1),
            "argument `num_prefix`, expected an int.*=-1",
        ),
        (lambda: ka.ImageEncoder(patches(), (6, 9)), r"`image_shape` must be .*\(6, 9\)"),
        (lambda: ka.ImageEncoder(patches(), (6, 9, 0)), "argument `image_shape`"),
        (lambda: ka.ImageEncoder(patches(), (6, 9, 5)).resized((6, 9)), "before the encoder is b"),
        (lambda: encoder_with().resized(6), "argument `image_size`, expected a pair"),
        (lambda: ka.LearnedPositionEmbedding2D("nearest"), "argument `interpolation`.*'nearest'"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
