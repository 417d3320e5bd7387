"""Figures as arrays of pixels and as files."""

import warnings
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def figure_to_image(figure, dpi=100):
    """Draws a figure into an array, as `tf.summary.image` and notebooks take it.

    Args:
        figure: `matplotlib.figure.Figure`.
        dpi: Pixels per inch.

    Returns:
        uint8 array `[height, width, 3]`, red, green and blue.

    Example:

    >>> from keras_attention import visualization
    >>> figure = visualization.attention_figure(np.eye(2), ["a", "b"], ["x", "y"])
    >>> visualization.figure_to_image(figure).shape[-1]
    3
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with _quiet_about_glyphs():
        canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def save_figure(figure, path, dpi=150):
    """Writes a figure to a file; the ending of the name chooses the format.

    Args:
        figure: `matplotlib.figure.Figure`.
        path: `.png`, `.svg`, `.pdf` or another ending that matplotlib knows.
        dpi: Pixels per inch of formats that have pixels.

    Returns:
        The path, a `Path`.

    Raises:
        ValueError: If the ending is none that matplotlib writes.

    Example:

    >>> import tempfile
    >>> from keras_attention import visualization
    >>> figure = visualization.attention_figure(np.eye(2), ["a", "b"], ["x", "y"])
    >>> folder = tempfile.mkdtemp()
    >>> visualization.save_figure(figure, f"{folder}/map.png").name
    'map.png'
    """
    path = Path(path)
    check_picture_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _quiet_about_glyphs():
        figure.savefig(path, dpi=dpi)
    return path


def check_picture_path(path):
    """Raises ValueError unless matplotlib writes files of that ending."""
    formats = FigureCanvasAgg(Figure()).get_supported_filetypes()
    ending = Path(path).suffix.removeprefix(".").lower()
    if ending not in formats:
        raise ValueError(
            f"A picture's name must end in one of {', '.join('.' + f for f in sorted(formats))}. "
            f"Received: {path}."
        )


@contextmanager
def _quiet_about_glyphs():
    """`fonts.families_for` has warned already, once and with what to do."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield
