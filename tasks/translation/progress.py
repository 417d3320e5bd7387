"""What a run shows while it trains: validation BLEU, sample translations, pictures of attention."""

from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf

from keras_attention.visualization.attention_maps import attention_grid, layers_and_heads
from keras_attention.visualization.images import figure_to_image
from tasks.common.spread import spread
from tasks.common.tensorboard import markdown_table
from tasks.translation.corpora import Pair
from tasks.translation.model import Translator
from tasks.translation.scoring import bleu

_SAMPLES = 10  # rows of the table


class TranslationProgress(keras.callbacks.Callback):
    """Translates validation sentences after an epoch, and writes what comes out for TensorBoard.

    Adds `val_bleu` to the logs of every epoch (that of the last measurement), so that other
    callbacks, which come after this one, can show it or choose by it.

    Args:
        translator: what translates with the model that is being trained.
        pairs: validation pairs.
        language: code of the language translated into.
        folder: where TensorBoard's events are written; None writes none.
        every: epochs between measurements; the first epoch is always measured.
        pictures: sentences whose attention is drawn.
    """

    def __init__(
        self,
        translator: Translator,
        pairs: Sequence[Pair],
        language: str,
        folder: Path | None,
        every: int = 1,
        pictures: int = 2,
    ):
        super().__init__()
        self.translator = translator
        self.pairs = list(pairs)
        self.language = language
        self.every = every
        self.pictures = pictures
        self._bleu = 0.0
        self._measured = False
        self._writer = tf.summary.create_file_writer(str(folder)) if folder else None

    def on_epoch_end(self, epoch, logs=None):
        if not self._measured or (epoch + 1) % self.every == 0:
            self._measure(epoch)
        if logs is not None:
            logs["val_bleu"] = self._bleu

    def on_train_end(self, logs=None):  # noqa: ARG002 - Keras' signature
        if self._writer:
            self._writer.close()

    def _measure(self, epoch: int) -> None:
        sources, references = ([*side] for side in zip(*self.pairs, strict=True))
        translations = self.translator(sources)
        self._bleu = bleu(translations, references, self.language)
        self._measured = True
        if self._writer:
            # Keras' TensorBoard callback turns recording off between its updates.
            with tf.summary.record_if(True), self._writer.as_default(step=epoch):
                self._write_table(sources, translations, references)
                self._write_pictures(sources, translations)
            self._writer.flush()

    def _write_table(self, sources, translations, references) -> None:
        rows = spread(list(zip(sources, translations, references, strict=True)), _SAMPLES)
        table = markdown_table(["source", "translation", "reference"], rows)
        tf.summary.text("translations", table)

    def _write_pictures(self, sources, translations) -> None:
        alignments = self.translator.alignments(
            spread(sources, self.pictures), spread(translations, self.pictures)
        )
        for number, one in enumerate(alignments, start=1):
            maps, titles = layers_and_heads(one.weights)
            figure = attention_grid(maps, one.source, one.target, titles)
            tf.summary.image(f"attention/sentence {number}", figure_to_image(figure, dpi=80)[None])
