"""Maps over pictures, such as what a vision transformer looks at, and pictures in a grid."""

import math
import textwrap

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from PIL import Image

from keras_attention.visualization.fonts import families_for

_CELL = 1.6  # inches, the longer side of a picture
_TITLE = 0.3  # inches above a picture
_LINE = 0.15  # inches for a line of small text under a picture
_LINE_LENGTH = 24  # characters of small text that are as wide as a picture
_BAR = 0.7  # inches for the scale of colours
_ENLARGED = 224  # pixels, so that a map over a small picture is smooth
_COLORS = "inferno"
# How much of the colour covers the grey picture, where the map is least and where it is greatest.
_LEAST_COVER, _GREATEST_COVER = 0.35, 0.7
_ROUNDING = 1e-3  # by how much floats may leave 0..1


def picture_figure(image, maps, titles=None, columns=4, title=None):
    """Draws a picture, and beside it the picture under each of some maps.

    A map is resampled to the size of the picture and lies as a translucent layer of colour over a
    grey one. All maps share one scale, from the least number of all to the greatest, so that they
    can be compared; maps of different units are best brought to one before.

    Args:
        image: uint8 array, or floats from 0 to 1, `[height, width, channels]`, 1 or 3 channels.
        maps: Array `[maps, rows, columns]`, such as how much attention each patch gets.
        titles: One text per map, or `None`.
        columns: Most maps in a row.
        title: Text above the picture itself, or `None`.

    Returns:
        A `matplotlib.figure.Figure`, for `figure_to_image` and `save_figure`.

    Raises:
        ValueError: If `image` is no such picture, or there are no maps, maps that are not of
            numbers `[rows, columns]`, or more or fewer titles than maps.

    Example:

    >>> from keras_attention import visualization
    >>> image, maps = np.full((28, 28, 1), 0.5), np.eye(7)[None]
    >>> figure = visualization.picture_figure(image, maps, ["layer 1"], title="said: coat")
    >>> [axes.get_title() for axes in figure.axes[:2]]
    ['said: coat', 'layer 1']
    """
    picture, maps = _enlarged(_picture(image)), _maps(maps)
    titles = [None] * len(maps) if titles is None else list(titles)
    _check_counts(maps, titles, columns)
    columns = min(columns, len(maps))
    rows = math.ceil(len(maps) / columns)
    width, height = _cell_size(picture)
    size = ((columns + 1) * width + _BAR, rows * (height + _TITLE))
    figure = Figure(figsize=size, layout="constrained")
    fonts = families_for(filter(None, [title, *titles]))
    grid = figure.add_gridspec(rows, columns + 1)
    _draw(figure.add_subplot(grid[0, 0]), picture, title, fonts)
    scale = Normalize(maps.min(), maps.max())
    covered = []
    for number, (one, name) in enumerate(zip(maps, titles, strict=True)):
        row, column = divmod(number, columns)
        axes = figure.add_subplot(grid[row, column + 1])
        _draw(axes, _covered(picture, one, scale), name, fonts)
        covered.append(axes)
    bar = figure.colorbar(ScalarMappable(scale, _COLORS), ax=covered, aspect=15 * rows, pad=0.02)
    bar.ax.tick_params(labelsize="x-small")
    return figure


def picture_grid(images, titles, columns=8):
    """Draws pictures in a grid, each with a text under it, such as the mistakes of a model.

    Args:
        images: Pictures as in `picture_figure`, an array or a list; a list may hold several sizes.
        titles: One text per picture, of one or more lines.
        columns: Most pictures in a row.

    Returns:
        A `matplotlib.figure.Figure`, for `figure_to_image` and `save_figure`.

    Raises:
        ValueError: If there are no pictures, an array is none, or there is not one text for each.

    Example:

    >>> from keras_attention import visualization
    >>> figure = visualization.picture_grid(np.zeros((3, 8, 8, 3)), ["cat", "dog", "cow"])
    >>> [axes.get_xlabel() for axes in figure.axes]
    ['cat', 'dog', 'cow']
    """
    pictures, titles = [_picture(image) for image in images], list(titles)
    if not pictures or len(pictures) != len(titles) or columns < 1:
        raise ValueError(
            "There must be at least one picture, a title for each, and at least one column. "
            f"Received: {len(pictures)} pictures, {len(titles)} titles, columns={columns}."
        )
    texts = [_in_lines(text) for text in titles]
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    width, height = (max(sides) for sides in zip(*map(_cell_size, pictures), strict=True))
    height += _LINE * max(text.count("\n") + 2 for text in texts)
    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    fonts = families_for(texts)
    for number, (picture, text) in enumerate(zip(pictures, texts, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, number)
        _draw(axes, picture, None, fonts)
        axes.set_xlabel(text, family=fonts, fontsize="x-small")
    return figure


def overlay(image, heat):
    """Lays a map over a picture, as `picture_figure` does, for a file of its own.

    Args:
        image: A picture as in `picture_figure`.
        heat: Array `[rows, columns]`; its least number gets the darkest colour, its greatest the
            brightest.

    Returns:
        uint8 array `[height, width, 3]`, of the size of the picture.

    Raises:
        ValueError: If `image` is no picture, or `heat` is not of numbers `[rows, columns]`.

    Example:

    >>> from keras_attention import visualization
    >>> visualization.overlay(np.full((28, 30, 1), 0.5), np.eye(7)).shape
    (28, 30, 3)
    """
    heat = _maps(np.asarray(heat)[None])[0]
    return _covered(_picture(image), heat, Normalize(heat.min(), heat.max()))


def _covered(picture, heat, scale):
    """The picture in grey under the colours of a map, uint8 `[height, width, 3]`."""
    height, width = picture.shape[:2]
    smooth = Image.fromarray(heat.astype("float32")).resize((width, height), Image.BICUBIC)
    # A smooth curve leaves the range of its points a little.
    share = np.clip(scale(np.clip(np.asarray(smooth), heat.min(), heat.max())), 0.0, 1.0)
    share = np.asarray(share)[..., None]  # [height, width, 1]
    color = colormaps[_COLORS](share[..., 0])[..., :3]
    grey = np.asarray(Image.fromarray(picture).convert("L"))[..., None] / 255
    cover = _LEAST_COVER + (_GREATEST_COVER - _LEAST_COVER) * share
    return np.round(255 * ((1.0 - cover) * grey + cover * color)).astype("uint8")


def _draw(axes, picture, title, fonts):
    axes.imshow(picture, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    if title:
        axes.set_title(title, family=fonts, fontsize="small")


def _cell_size(picture):
    """Width and height in inches."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    return _CELL * width / longest, _CELL * height / longest


def _enlarged(picture):
    """A small picture with each of its pixels as a square of several."""
    factor = max(1, _ENLARGED // max(picture.shape[:2]))
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def _in_lines(text):
    """A text in lines that are no longer than a picture is wide."""
    lines = [textwrap.wrap(line, _LINE_LENGTH) or [""] for line in text.split("\n")]
    return "\n".join(part for parts in lines for part in parts)


def _picture(image):
    """A picture that a user gave, as uint8 `[height, width, 3]`."""
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] not in (1, 3) or 0 in image.shape:
        raise ValueError(
            "A picture must have the shape [height, width, channels] with 1 or 3 channels. "
            f"Received: shape {image.shape}."
        )
    if image.dtype != np.uint8:
        image = _bytes(image)
    return np.broadcast_to(image, (*image.shape[:2], 3))


def _bytes(image):
    fractions = np.issubdtype(image.dtype, np.floating)
    if not fractions or not (image.min() >= -_ROUNDING and image.max() <= 1.0 + _ROUNDING):
        raise ValueError(
            "A picture must hold uint8 numbers, or floats from 0 to 1; divide floats from 0 to "
            f"255 by 255. Received: {image.dtype} from {image.min()} to {image.max()}."
        )
    return np.round(255 * np.clip(image.astype("float64"), 0.0, 1.0)).astype("uint8")


def _maps(maps):
    """Maps that a user gave, as float64 `[maps, rows, columns]`."""
    maps = np.asarray(maps, "float64")
    if maps.ndim != 3 or 0 in maps.shape or not np.isfinite(maps).all():
        raise ValueError(
            "A map must be an array [rows, columns] of finite numbers, and there must be at least "
            f"one. Received: {len(maps) if maps.ndim else 0} maps of shape {maps.shape[1:]}, of "
            f"which {np.count_nonzero(~np.isfinite(maps))} numbers are not finite."
        )
    return maps


def _check_counts(maps, titles, columns):
    if len(maps) != len(titles) or columns < 1:
        raise ValueError(
            "There must be a title for each map, and at least one column. Received: "
            f"{len(maps)} maps, {len(titles)} titles, columns={columns}."
        )
