"""A picture of how often each class was taken for each other."""

import numpy as np
from matplotlib.figure import Figure

from keras_attention.visualization.fonts import families_for

_CELL = 0.45  # inches per class
_MARGIN = 1.6  # inches for the names
_MOST_NUMBERED = 30  # classes; beyond, a cell is too small for its number


def confusion_figure(counts, names):
    """Draws a confusion matrix: a row for each right class, a column for each that was said.

    Each row is coloured by its shares, so that rare classes are seen as well as frequent ones.

    Args:
        counts: Integer array `[classes, classes]`.
        names: Strings, of the classes.

    Returns:
        A `matplotlib.figure.Figure`, for `figure_to_image` and `save_figure`.

    Raises:
        ValueError: If there is not one row and one column for each name.

    Example:

    >>> from keras_attention import visualization
    >>> figure = visualization.confusion_figure(np.array([[9, 1], [2, 8]]), ["good", "bad"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['9', '1', '2', '8']
    """
    counts = np.asarray(counts)
    if counts.shape != (len(names), len(names)) or not len(names):
        raise ValueError(
            "`counts` must have a row and a column for each name. Received: shape "
            f"{counts.shape}, {len(names)} names."
        )
    size = max(_CELL * len(names), 1.0) + _MARGIN
    figure = Figure(figsize=(size, size), layout="constrained")
    axes, fonts = figure.add_subplot(), families_for(names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(names)), names, rotation=90, family=fonts)
    axes.set_yticks(range(len(names)), names, family=fonts)
    axes.set_xlabel("said")
    axes.set_ylabel("right")
    if len(names) <= _MOST_NUMBERED:
        for (row, column), share in np.ndenumerate(shares):
            color = "white" if share > 0.5 else "black"
            axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=color)
    return figure
