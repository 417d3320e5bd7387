"""Text whose tokens are coloured by what they did for an answer: terminal, HTML, picture."""

import html

import numpy as np
from matplotlib.figure import Figure

from keras_attention.visualization.fonts import families_for

_FOR, _AGAINST = (31, 119, 180), (214, 96, 30)  # blue and orange, also for the colour-blind
_SPACE = "\u2581"  # what SentencePiece writes for one
_LINE_WIDTH, _LINE_HEIGHT = 9.0, 0.32  # inches
_CHARACTER = 0.082  # inches, of a monospaced letter


def token_scores_ansi(tokens, scores):
    """A line for a terminal: blue behind the tokens that speak for the answer, orange against.

    Args:
        tokens: Strings; a `▁` at the beginning of one is a space.
        scores: Array `[tokens]`; the greatest size gets the full colour.

    Returns:
        A string with ANSI colours.

    Raises:
        ValueError: If there is not one score for each token.

    Example:

    >>> from keras_attention import visualization
    >>> line = visualization.token_scores_ansi(["▁not", "▁bad"], np.array([0.5, -0.1]))
    >>> line.count("48;2;"), "not" in line
    (2, True)
    """
    parts = []
    for token, score in _shares(tokens, scores):
        red, green, blue = _shade(score)
        parts.append(f"\x1b[38;2;0;0;0;48;2;{red};{green};{blue}m{token.replace(_SPACE, ' ')}")
    return "".join(parts) + "\x1b[0m"


def token_scores_html(tokens, scores):
    """A paragraph of HTML, coloured as `token_scores_ansi` says; the numbers are its tooltips.

    Args:
        tokens, scores: As for `token_scores_ansi`.

    Returns:
        A string; what the tokens hold is escaped.

    Raises:
        ValueError: If there is not one score for each token.

    Example:

    >>> from keras_attention import visualization
    >>> print(visualization.token_scores_html(["▁<b>"], np.array([1.0])))
    <p><span style="background:rgb(31,119,180)" title="1.000"> &lt;b&gt;</span></p>
    """
    numbers = np.asarray(scores, float)
    parts = []
    for (token, score), number in zip(_shares(tokens, scores), numbers, strict=True):
        color = ",".join(map(str, _shade(score)))
        text = html.escape(token.replace(_SPACE, " "))
        parts.append(f'<span style="background:rgb({color})" title="{number:.3f}">{text}</span>')
    return f"<p>{''.join(parts)}</p>"


def token_scores_figure(rows):
    """A picture of several texts, coloured as `token_scores_ansi` says, one below the other.

    Args:
        rows: Triples of a title, tokens and scores.

    Returns:
        A `matplotlib.figure.Figure`, for `figure_to_image` and `save_figure`.

    Raises:
        ValueError: If there are no rows, or not one score for each token.

    Example:

    >>> from keras_attention import visualization
    >>> figure = visualization.token_scores_figure([("said: good", ["▁not", "▁bad"], [0.5, -0.1])])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['said: good', 'not', 'bad']
    """
    if not rows:
        raise ValueError("`rows` must hold at least one text. Received: rows=[].")
    placed, line = [], 0
    for title, tokens, scores in rows:
        placed.append((0.0, line, title, None))
        line, left = line + 1, 0.0
        for token, score in _shares(tokens, scores):
            text = token.removeprefix(_SPACE)
            left += _CHARACTER * token.startswith(_SPACE)
            width = _CHARACTER * len(text)
            if left + width > _LINE_WIDTH:
                line, left = line + 1, 0.0
            placed.append((left, line, text, score))
            left += width
        line += 2
    figure = Figure(figsize=(_LINE_WIDTH + 0.2, _LINE_HEIGHT * line))
    axes = figure.add_axes((0.01, 0.0, 0.98, 1.0))
    axes.set_xlim(0.0, _LINE_WIDTH)
    axes.set_ylim(line - 0.5, -0.5)
    axes.axis("off")
    fonts = families_for(text for _, _, text, _ in placed)
    for left, line, text, score in placed:
        style = {"family": fonts, "weight": "bold", "fontsize": 9}
        if score is not None:
            color = [value / 255 for value in _shade(score)]
            box = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
            style = {"family": ["DejaVu Sans Mono", *fonts], "fontsize": 9, "bbox": box}
        axes.text(left, line, text, va="center", **style)
    return figure


def _shares(tokens, scores):
    """Each token with its score as a share of the greatest, from -1 to 1."""
    scores = np.asarray(scores, float)
    if scores.shape != (len(tokens),):
        raise ValueError(
            f"There must be one score for each token. Received: {len(tokens)} tokens and scores "
            f"of shape {scores.shape}."
        )
    greatest = np.abs(scores).max(initial=0.0)
    return zip(tokens, scores / greatest if greatest else scores, strict=True)


def _shade(share):
    """Red, green and blue from 0 to 255: white for 0, the full colour for 1 and -1."""
    color = np.array(_FOR if share > 0 else _AGAINST)
    return tuple(int(value) for value in np.round(255 + abs(share) * (color - 255)))
