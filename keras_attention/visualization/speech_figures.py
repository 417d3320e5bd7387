"""Pictures of an utterance: what it sounds like, what CTC says when, what the decoder looks at."""

import numpy as np
from matplotlib.figure import Figure

from keras_attention.visualization.fonts import families_for

_WIDTH, _ROW = 9.0, 2.2  # inches


def speech_figure(features, posteriors, pieces, seconds, attention=None, written=(), title=""):
    """Draws an utterance over time: features, CTC's posteriors and the decoder's attention.

    Args:
        features: Float array `[frames, features]`, such as log-mels.
        posteriors: Float array `[length, vocabulary]`: probabilities; column 0 is the blank.
        pieces: Strings, of the vocabulary; those that are never likely are not drawn.
        seconds: Length of the utterance.
        attention: Float array `[tokens, length]`, a row for each token of `written`, or None.
        written: Strings, the tokens that the decoder has written.
        title: Above all.

    Returns:
        A `matplotlib.figure.Figure`, for `figure_to_image` and `save_figure`.

    Raises:
        ValueError: If there is no piece for each posterior, or no token for each row of attention.

    Example:

    >>> from keras_attention import visualization
    >>> posteriors = np.eye(3)[[0, 1, 0, 2]]
    >>> figure = visualization.speech_figure(
    ...     np.ones((9, 5)), posteriors, ["", "a", "b"], seconds=0.4, title="ab"
    ... )
    >>> len(figure.axes)
    2
    """
    features, posteriors = np.asarray(features), np.asarray(posteriors)
    if posteriors.shape[1] != len(pieces):
        raise ValueError(
            "`pieces` must name each column of `posteriors`. Received: "
            f"{len(pieces)} pieces, {posteriors.shape[1]} columns."
        )
    if attention is not None and len(attention) != len(written):
        raise ValueError(
            "`written` must name each row of `attention`. Received: "
            f"{len(written)} tokens, {len(attention)} rows."
        )
    rows = 2 + (attention is not None)
    figure = Figure(figsize=(_WIDTH, _ROW * rows), layout="constrained")
    axes = figure.subplots(rows, 1, sharex=True)
    fonts = families_for([title, *pieces, *written])
    figure.suptitle(title, family=fonts)
    _image(axes[0], features.T, seconds, "features", origin="lower", cmap="magma")
    _posteriors(axes[1], posteriors, pieces, seconds, fonts)
    if attention is not None:
        _image(axes[2], attention, seconds, "decoder", origin="upper", cmap="Blues")
        step = 1.0 / max(len(written), 1)
        places = [1.0 - (i + 0.5) * step for i in range(len(written))]
        axes[2].set_yticks(places, written, family=fonts, fontsize=7)
    axes[-1].set_xlabel("seconds")
    return figure


def _image(axes, values, seconds, name, origin, cmap):
    axes.imshow(
        values,
        aspect="auto",
        origin=origin,
        cmap=cmap,
        interpolation="nearest",
        extent=(0.0, seconds, 0.0, 1.0),
    )
    axes.set_yticks([])
    axes.set_ylabel(name)


def _posteriors(axes, posteriors, pieces, seconds, fonts):
    """A line for each piece that is likely somewhere, with its name where it is the likeliest."""
    length = len(posteriors)
    times = (np.arange(length) + 0.5) * seconds / max(length, 1)
    axes.plot(times, posteriors[:, 0], color="0.7", linewidth=0.8)
    for piece in range(1, len(pieces)):
        column = posteriors[:, piece]
        if column.max(initial=0.0) < 0.1:
            continue
        (line,) = axes.plot(times, column, linewidth=1.2)
        best = posteriors.argmax(axis=1) == piece
        begins = np.flatnonzero(best & ~np.concatenate([[False], best[:-1]]))
        for place in begins:
            axes.text(
                times[place],
                column[place],
                pieces[piece],
                color=line.get_color(),
                family=fonts,
                fontsize=8,
                ha="center",
                va="bottom",
            )
    axes.set_ylim(0.0, 1.2)
    axes.set_ylabel("CTC")
