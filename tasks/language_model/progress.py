"""What a run shows while it trains: a text that the model writes."""

from pathlib import Path

import keras
import tensorflow as tf

from tasks.language_model.model import Writer


class LanguageModelProgress(keras.callbacks.Callback):
    """Lets the model write after each epoch, for TensorBoard.

    Args:
        writer: what writes with the model that is being trained.
        length: units to write; 0 writes nothing.
        folder: where TensorBoard's events are written; None writes none.
    """

    def __init__(self, writer: Writer, length: int, folder: Path | None):
        super().__init__()
        self.writer = writer
        self.length = length
        self._events = tf.summary.create_file_writer(str(folder)) if folder and length else None

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 - Keras' signature
        if not self._events:
            return
        (text,) = self.writer([""], self.length)
        # Keras' TensorBoard callback turns recording off between its updates.
        with tf.summary.record_if(True), self._events.as_default(step=epoch):
            tf.summary.text("sample", _as_it_is(text))
        self._events.flush()

    def on_train_end(self, logs=None):  # noqa: ARG002
        if self._events:
            self._events.close()


def _as_it_is(text: str) -> str:
    """Markdown that shows a text line by line, without reading it as Markdown."""
    return "".join(f"    {line}\n" for line in text.split("\n"))
