"""What TensorBoard shows: curves, none of them lost, and tables as Markdown."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import keras
import tensorflow as tf
from matplotlib.figure import Figure

from keras_attention.visualization.images import figure_to_image

_DPI = 80  # of pictures


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras' callback, with the curves over epochs whatever `update_freq` is.

    With a number there, Keras 3.15 turns recording off between two multiples of it, and at the end
    of an epoch that is not at one loses what the epoch has to say.
    """

    def on_epoch_end(self, epoch, logs=None):
        with tf.summary.record_if(True):
            super().on_epoch_end(epoch, logs)


class EpochEvents(keras.callbacks.Callback):
    """Writes for TensorBoard after each epoch; a subclass says in `write` what.

    Args:
        folder: where the events are written; None writes none.
    """

    def __init__(self, folder: Path | None):
        super().__init__()
        self._writer = tf.summary.create_file_writer(str(folder)) if folder else None

    def write(self) -> None:
        """Adds what there is to see to TensorFlow's default writer."""
        raise NotImplementedError

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 - Keras' signature
        if not self._writer:
            return
        # Keras' TensorBoard callback turns recording off between its updates.
        with tf.summary.record_if(True), self._writer.as_default(step=epoch):
            self.write()
        self._writer.flush()

    def on_train_end(self, logs=None):  # noqa: ARG002
        if self._writer:
            self._writer.close()


def write_figure(name: str, figure: Figure) -> None:
    """A figure of matplotlib as a picture among the events."""
    tf.summary.image(name, figure_to_image(figure, dpi=_DPI)[None])


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; what would end a cell or mean something else is escaped."""
    lines = [header, ["---"] * len(header), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    for character in "\\|`*_<>[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
