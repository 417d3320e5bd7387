"""Image tokenizers beside slices, loops and convolutions by hand; sizes that do not fit."""

import keras
import numpy as np
import pytest

import keras_attention as ka


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize(("stride", "grid"), [(None, (3, 5)), (1, (7, 13)), (2, (4, 7))])
def test_patches_are_slices_times_a_matrix(stride, grid):
    layer, images = ka.Patches(7, patch_size=3, stride=stride), normal(2, 9, 15, 5)
    tokens = as_numpy(layer(images))
    assert tokens.shape == (2, *grid, 7)
    assert layer.grid((9, 15)) == grid
    kernel, bias = layer.get_weights()
    step = stride or 3
    for row, column in np.ndindex(*grid):
        patch = images[:, step * row : step * row + 3, step * column : step * column + 3]
        expected = patch.reshape(2, -1) @ kernel.reshape(-1, 7) + bias
        np.testing.assert_allclose(tokens[:, row, column], expected, atol=1e-5)


def test_shifted_patches_are_their_formula():
    layer, images = ka.ShiftedPatches(7, patch_size=3), normal(2, 6, 9, 2)
    tokens = as_numpy(layer(images))
    gamma, beta, kernel, bias = layer.get_weights()
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    corners = [(2, 2), (2, 0), (0, 2), (0, 0)]
    copies = [images, *(padded[:, row : row + 6, column : column + 9] for row, column in corners)]
    copies = np.concatenate(copies, axis=-1)
    for row, column in np.ndindex(2, 3):
        patch = copies[:, 3 * row : 3 * row + 3, 3 * column : 3 * column + 3].reshape(2, -1)
        scaled = (patch - patch.mean(-1, keepdims=True)) / np.sqrt(patch.var(-1, keepdims=True))
        expected = (scaled * gamma + beta) @ kernel + bias
        np.testing.assert_allclose(tokens[:, row, column], expected, atol=1e-4)


def convolved(x, kernel):
    """The convolution of odd kernels that keeps the size, one place after the other."""
    size = len(kernel)
    padded = np.pad(x, [(0, 0), (size // 2,) * 2, (size // 2,) * 2, (0, 0)])
    output = np.zeros((*x.shape[:3], kernel.shape[-1]))
    for row, column in np.ndindex(*x.shape[1:3]):
        square = padded[:, row : row + size, column : column + size]
        output[:, row, column] = np.einsum("bijc,ijcd->bd", square, kernel)
    return output


def pooled(x):
    """The largest of 3 x 3 places, two apart; the first stands in the corner if sides are even."""
    rows, columns = (-(-length // 2) for length in x.shape[1:3])
    first = [length % 2 for length in x.shape[1:3]]
    padded = np.pad(x, [(0, 0), (first[0], 2), (first[1], 2), (0, 0)], constant_values=-np.inf)
    places = [padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] for i, j in np.ndindex(rows, columns)]
    largest = np.stack([place.max(axis=(1, 2)) for place in places], axis=1)
    return largest.reshape(len(x), rows, columns, -1)


def test_convolutional_tokens_are_those_of_loops():
    layer = ka.ConvolutionalTokenizer(7, num_convolutions=2, kernel_size=3, filters=5)
    images = normal(2, 8, 13, 3)
    x = images
    tokens = as_numpy(layer(images))
    for kernel in layer.get_weights():
        x = pooled(np.maximum(convolved(x, kernel), 0))
    assert tokens.shape == (2, 2, 4, 7)
    np.testing.assert_allclose(tokens, x, atol=1e-4)


TOKENIZERS = {
    "Patches": lambda: ka.Patches(7, 3, remainder="pad"),
    "overlapping Patches": lambda: ka.Patches(7, 5, stride=3, remainder="pad"),
    "ShiftedPatches": lambda: ka.ShiftedPatches(7, 3, remainder="pad"),
    "ConvolutionalTokenizer": lambda: ka.ConvolutionalTokenizer(7, kernel_size=7, filters=5),
}
every_tokenizer = pytest.mark.parametrize("make", TOKENIZERS.values(), ids=TOKENIZERS)


@every_tokenizer
@pytest.mark.parametrize("image_size", [(2, 3), (11, 13), (9, 15), (23, 19)])
def test_the_grid_is_what_comes(make, image_size):
    layer = make()
    tokens = layer(normal(2, *image_size, 3))
    assert tuple(tokens.shape) == (2, *layer.grid(image_size), 7)
    assert layer.compute_output_shape((None, *image_size, 3)) == (None, *layer.grid(image_size), 7)


@pytest.mark.parametrize("make", list(TOKENIZERS.values())[:3], ids=list(TOKENIZERS)[:3])
def test_what_pads_is_zero(make):
    layer, images = make(), normal(2, 11, 13, 3)
    padded = np.pad(images, [(0, 0), (0, 1), (0, 2), (0, 0)])
    if layer.grid((11, 13)) != layer.grid((12, 15)):
        padded = np.pad(images, [(0, 0), (0, 0), (0, 1), (0, 0)])
    np.testing.assert_allclose(as_numpy(layer(images)), as_numpy(layer(padded)), atol=1e-6)


@pytest.mark.parametrize(
    ("make", "image_size", "message"),
    [
        (lambda: ka.Patches(7, 3), (9, 11), "a side of 11, patch_size=3, stride=3.*`remainder|pad"),
        (lambda: ka.Patches(7, 3, 2), (9, 12), "a side of 12, patch_size=3, stride=2"),
        (lambda: ka.Patches(7, 5, 2), (3, 9), "a side of 3, patch_size=5, stride=2"),
        (lambda: ka.ShiftedPatches(7, 3), (9, 11), "a side of 11, patch_size=3"),
    ],
)
def test_a_picture_that_patches_do_not_cover_is_refused(make, image_size, message):
    with pytest.raises(ValueError, match=f"must cover a picture exactly.*{message}"):
        make()(normal(2, *image_size, 3))


@every_tokenizer
def test_a_picture_of_unknown_size_is_refused(make):
    with pytest.raises(ValueError, match=r"need its size.*image_size=\(None, 9\)"):
        make()(keras.Input((None, 9, 3)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ka.Patches(0, 3), "argument `d_model`"),
        (lambda: ka.Patches(7, 0), "argument `patch_size`"),
        (lambda: ka.Patches(7, 3, 0), "argument `stride`"),
        (lambda: ka.Patches(7, 3, 5), "`stride` must not be more .* stride=5, patch_size=3"),
        (lambda: ka.Patches(7, 3, remainder="crop"), "argument `remainder`.*'crop'"),
        (lambda: ka.ShiftedPatches(7, 1), "`patch_size` must be at least 2.* patch_size=1"),
        (lambda: ka.ShiftedPatches(7, 3, "crop"), "argument `remainder`.*'crop'"),
        (lambda: ka.ConvolutionalTokenizer(7, 0), "argument `num_convolutions`"),
        (lambda: ka.ConvolutionalTokenizer(7, 1, 0), "argument `kernel_size`"),
        (lambda: ka.ConvolutionalTokenizer(7, 1, 3, 0), "argument `stride`"),
        (lambda: ka.ConvolutionalTokenizer(7, filters=0), "argument `filters`"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make()
