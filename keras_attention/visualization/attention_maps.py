"""Heat maps of attention weights, with the tokens on both axes."""

import math

import numpy as np
from matplotlib.figure import Figure

from keras_attention.visualization.fonts import families_for

_CELL = 0.32  # inches per token
_MARGIN = 0.9  # inches for the tokens' names and the title
_COLORS = "Blues"


def attention_figure(weights, source_tokens, target_tokens, title=None):
    """Draws what each target token attends to, as one heat map.

    Args:
        weights: Array `[target, source]` of numbers from 0 to 1; padding beyond the tokens is cut.
        source_tokens: Strings, the columns.
        target_tokens: Strings, the rows.
        title: Text above the map, or `None`.

    Returns:
        A `matplotlib.figure.Figure`, for `figure_to_image` and `save_figure`.

    Raises:
        ValueError: If there are more tokens than weights, or no tokens.

    Example:

    >>> from keras_attention import visualization
    >>> weights = np.array([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    >>> figure = visualization.attention_figure(weights, ["the", "red", "house"], ["la", "casa"])
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['la', 'casa']
    """
    titles = None if title is None else [title]
    return attention_grid(np.asarray(weights)[None], source_tokens, target_tokens, titles, 1)


def attention_grid(weights, source_tokens, target_tokens, titles=None, columns=4):
    """Draws several heat maps of the same tokens side by side, such as heads or layers.

    Args:
        weights: Array `[maps, target, source]`, as in `attention_figure`.
        source_tokens: Strings, the columns of each map.
        target_tokens: Strings, the rows of each map.
        titles: One text per map, or `None`.
        columns: Most maps in a row.

    Returns:
        A `matplotlib.figure.Figure`.

    Raises:
        ValueError: If the numbers of maps, titles and tokens do not fit.

    Example:

    >>> from keras_attention import visualization
    >>> weights = np.full((3, 2, 2), 0.5)
    >>> figure = visualization.attention_grid(weights, ["a", "b"], ["x", "y"], columns=2)
    >>> len(figure.axes)
    3
    """
    weights = np.asarray(weights, "float32")
    titles = [None] * len(weights) if titles is None else list(titles)
    _check(weights, source_tokens, target_tokens, titles)
    columns = min(columns, len(weights))
    rows = math.ceil(len(weights) / columns)
    width = columns * (_CELL * len(source_tokens) + _MARGIN)
    height = rows * (_CELL * len(target_tokens) + _MARGIN)
    figure = Figure(figsize=(max(width, 2.5), max(height, 2.0)), layout="constrained")
    fonts = families_for([*source_tokens, *target_tokens, *filter(None, titles)])
    for number, (one, title) in enumerate(zip(weights, titles, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, number)
        _draw(axes, one[: len(target_tokens), : len(source_tokens)])
        axes.set_xticks(range(len(source_tokens)), source_tokens, rotation=90, family=fonts)
        axes.set_yticks(range(len(target_tokens)), target_tokens, family=fonts)
        if title:
            axes.set_title(title, family=fonts, fontsize="medium")
    return figure


def layers_and_heads(weights):
    """Chooses the maps that tell most: each layer's mean over heads, each head of the last layer.

    Args:
        weights: Array `[layers, heads, target, source]`, such as one sentence of
            `Transformer.cross_attention`.

    Returns:
        `(maps, titles)` for `attention_grid`: an array `[layers + heads, target, source]` and a
        text for each.

    Example:

    >>> from keras_attention import visualization
    >>> maps, titles = visualization.layers_and_heads(np.ones((2, 3, 5, 7)))
    >>> maps.shape, titles[0], titles[-1]
    ((5, 5, 7), 'layer 1, mean of heads', 'layer 2, head 3')
    """
    weights = np.asarray(weights)
    layers, heads = weights.shape[:2]
    titles = [f"layer {layer}, mean of heads" for layer in range(1, layers + 1)]
    titles += [f"layer {layers}, head {head}" for head in range(1, heads + 1)]
    return np.concatenate([weights.mean(axis=1), weights[-1]]), titles


def _draw(axes, weights):
    # One scale for all maps, so that they can be compared.
    axes.imshow(weights, cmap=_COLORS, vmin=0.0, vmax=1.0, aspect="auto")
    axes.tick_params(length=0, labelsize="small", labeltop=True, labelbottom=False, top=False)
    axes.set_xticks(np.arange(0.5, weights.shape[1] - 1), minor=True)
    axes.set_yticks(np.arange(0.5, weights.shape[0] - 1), minor=True)
    axes.grid(which="minor", color="white", linewidth=1)
    axes.tick_params(which="minor", length=0)


def _check(weights, source_tokens, target_tokens, titles):
    tokens = len(target_tokens), len(source_tokens)
    fits = weights.ndim == 3 and len(weights) == len(titles) and len(weights) > 0 and min(tokens)
    if not fits or any(have < need for have, need in zip(weights.shape[1:], tokens, strict=True)):
        raise ValueError(
            "Weights must be maps of `[target, source]` with a row and a column for each token, "
            f"and as many titles as maps. Received: weights of shape {weights.shape}, "
            f"{tokens[0]} target tokens, {tokens[1]} source tokens, {len(titles)} titles."
        )
