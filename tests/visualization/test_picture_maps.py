"""Maps over pictures, and pictures in a grid."""

import numpy as np
import pytest

from keras_attention.visualization import (
    figure_to_image,
    overlay,
    picture_figure,
    picture_grid,
)

draw = np.random.default_rng(3)
IMAGE = draw.integers(0, 256, (20, 30, 3), dtype=np.uint8)
GREY = np.full((28, 35, 1), 0.5)


def at(row, column, shape=(4, 5)):
    """A map with one place that matters."""
    heat = np.zeros(shape)
    heat[row, column] = 1.0
    return heat


def brightest(picture):
    """Row and column of the brightest pixel."""
    return np.unravel_index(picture.sum(axis=-1, dtype=int).argmax(), picture.shape[:2])


def shown(axes):
    return np.asarray(axes.images[0].get_array())


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 3), (3, 4), (2, 0)])
def test_the_colour_is_where_the_map_is_great(row, column):
    pixel = brightest(overlay(GREY, at(row, column)))
    # Patches of 7 x 7 pixels.
    assert (pixel[0] // 7, pixel[1] // 7) == (row, column)


def test_a_map_changes_smoothly_over_the_picture():
    covered = overlay(np.zeros((40, 50, 1)), at(2, 2)).astype(int)
    assert np.abs(np.diff(covered, axis=0)).max() < 64
    assert len(np.unique(covered[25])) > 10


def test_an_overlay_has_the_size_of_the_picture_and_shows_it():
    light, dark = IMAGE.copy(), IMAGE.copy()
    light[5, 6], dark[5, 6] = 255, 0
    covered = [overlay(image, at(3, 4)) for image in (light, dark)]
    assert covered[0].dtype == np.uint8
    assert covered[0].shape == (20, 30, 3)
    different = (covered[0] != covered[1]).any(axis=-1)
    assert np.argwhere(different).tolist() == [[5, 6]]


def test_where_nothing_is_attended_to_the_picture_is_grey():
    covered = overlay(IMAGE, at(0, 4)).astype(int)
    assert np.ptp(covered[-3:, :3], axis=-1).max() <= 2  # black is a little blue


def test_only_differences_of_a_map_count():
    heat = draw.random((4, 5))
    np.testing.assert_array_equal(overlay(IMAGE, heat), overlay(IMAGE, 2.0 * heat + 4.0))


def test_a_map_without_differences_is_no_colour():
    covered = overlay(IMAGE, np.ones((4, 5)))
    np.testing.assert_array_equal(covered, overlay(IMAGE, np.zeros((4, 5))))
    assert np.ptp(covered.astype(int), axis=-1).max() <= 2


def test_bytes_and_floats_of_one_or_three_channels_are_the_same_picture():
    heat, grey = at(1, 2), IMAGE[..., :1]
    np.testing.assert_array_equal(overlay(IMAGE, heat), overlay(IMAGE / 255, heat))
    np.testing.assert_array_equal(
        overlay(IMAGE, heat), overlay((IMAGE / 255).astype("float32"), heat)
    )
    np.testing.assert_array_equal(overlay(grey, heat), overlay(grey.repeat(3, axis=-1), heat))


def test_a_figure_shows_the_picture_and_each_map():
    maps = np.stack([at(0, 0), at(3, 4), 0.5 * at(3, 4)])
    figure = picture_figure(GREY, maps, ["one", "two", "three"], columns=2, title="said: coat")

    picture, *covered, bar = figure.axes
    assert [axes.get_title() for axes in (picture, *covered)] == [
        "said: coat",
        "one",
        "two",
        "three",
    ]
    assert picture.get_gridspec().get_geometry() == (2, 3)
    assert np.unique(shown(picture)).tolist() == [128]
    places = [brightest(shown(axes)) for axes in covered]
    assert places[1] == places[2] > places[0]
    # One scale for all maps: half as much attention is less bright.
    assert shown(covered[2]).max() < shown(covered[1]).max()
    assert bar.get_ylim() == (0.0, 1.0)
    assert figure_to_image(figure).ndim == 3


def test_a_map_over_a_small_picture_is_smooth_in_a_figure():
    figure = picture_figure(GREY, at(1, 1)[None])
    assert min(shown(figure.axes[1]).shape[:2]) > 100


def test_maps_need_no_titles():
    figure = picture_figure(IMAGE, draw.random((2, 4, 5)))
    assert [axes.get_title() for axes in figure.axes[:3]] == ["", "", ""]


def test_a_grid_has_each_picture_with_its_text():
    images = draw.integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    titles = ["said cat\nright dog", "b", "c", "a name that is much too long for one line", "e"]
    figure = picture_grid(images, titles, columns=3)

    assert figure.axes[0].get_gridspec().get_geometry() == (2, 3)
    for axes, image in zip(figure.axes, images, strict=True):
        np.testing.assert_array_equal(shown(axes), image)
    texts = [axes.get_xlabel() for axes in figure.axes]
    assert texts[:2] == titles[:2]
    assert texts[3].count("\n") == 1
    assert texts[3].split() == titles[3].split()
    assert figure_to_image(figure).ndim == 3


def test_a_grid_takes_pictures_of_several_sizes():
    figure = picture_grid([IMAGE, GREY], ["coloured", "grey"])
    assert [shown(axes).shape for axes in figure.axes] == [(20, 30, 3), (28, 35, 3)]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (IMAGE[..., 0], r"\[height, width, channels\] with 1 or 3.*shape \(20, 30\)"),
        (IMAGE[..., :2], r"1 or 3 channels. Received: shape \(20, 30, 2\)"),
        (IMAGE[:0], r"Received: shape \(0, 30, 3\)"),
        (IMAGE.astype("float32"), r"divide floats from 0 to 255 by 255. Received: float32 from"),
        (IMAGE.astype("int32"), r"must hold uint8 numbers.*Received: int32 from"),
        (GREY - 0.6, r"Received: float64 from -0.\d+ to -0.\d+"),
        (np.full((4, 4, 1), np.nan), r"Received: float64 from nan to nan"),
    ],
)
def test_what_is_no_picture_is_refused(image, message):
    with pytest.raises(ValueError, match=message):
        overlay(image, at(0, 0))
    with pytest.raises(ValueError, match=message):
        picture_grid([image], ["a"])


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (np.zeros((4, 5)), r"\[rows, columns\] of finite numbers.*4 maps of shape \(5,\)"),
        (np.zeros((0, 4, 5)), r"at least one. Received: 0 maps of shape \(4, 5\)"),
        (np.full((1, 2, 2), np.nan), r"4 numbers are not finite"),
    ],
)
def test_what_are_no_maps_is_refused(maps, message):
    with pytest.raises(ValueError, match=message):
        picture_figure(IMAGE, maps)


def test_numbers_that_do_not_fit_are_refused():
    maps = np.zeros((2, 4, 5))
    with pytest.raises(ValueError, match="Received: 2 maps, 1 titles, columns=4"):
        picture_figure(IMAGE, maps, ["one"])
    with pytest.raises(ValueError, match="Received: 2 maps, 2 titles, columns=0"):
        picture_figure(IMAGE, maps, columns=0)
    with pytest.raises(ValueError, match="Received: 1 pictures, 2 titles, columns=8"):
        picture_grid([IMAGE], ["a", "b"])
    with pytest.raises(ValueError, match="Received: 0 pictures, 0 titles, columns=8"):
        picture_grid([], [])
    with pytest.raises(ValueError, match=r"1 maps of shape \(3,\)"):
        overlay(IMAGE, np.zeros(3))
