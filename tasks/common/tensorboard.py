"""What TensorBoard shows: curves, none of them lost, and tables as Markdown."""

from collections.abc import Iterable, Sequence

import keras
import tensorflow as tf


class TensorBoard(keras.callbacks.TensorBoard):
    """Keras' callback, with the curves over epochs whatever `update_freq` is.

    With a number there, Keras 3.15 turns recording off between two multiples of it, and at the end
    of an epoch that is not at one loses what the epoch has to say.
    """

    def on_epoch_end(self, epoch, logs=None):
        with tf.summary.record_if(True):
            super().on_epoch_end(epoch, logs)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; what would end a cell or mean something else is escaped."""
    lines = [header, ["---"] * len(header), *([_cell(text) for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    for character in "\\|`*_<>[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
