"""Export a translator: `python -m tasks.translation.export runs/translation-tiny`."""

import logging
from pathlib import Path
from typing import Literal

import tensorflow as tf
import tyro

from keras_attention.export import export_text_model
from tasks.common import console
from tasks.translation.config import AS_TRAINED, DecodeOptions
from tasks.translation.model import Translator, make_search, translation_limit

logger = logging.getLogger(__name__)


def main(
    run_folder: tyro.conf.Positional[Path],
    output: Path | None = None,
    weights: Literal["final", "best", "last"] = "final",
    decode: DecodeOptions = AS_TRAINED,
) -> None:
    """Write a SavedModel that takes a batch of strings and returns their translations.

    Args:
        run_folder: what `train` made.
        output: the folder to write, by default saved_model in the run folder.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        decode: the search that becomes part of the SavedModel.
    """
    translator = Translator.load(run_folder, decode, weights=weights)
    path = export(translator, output or run_folder / "saved_model")
    logger.info(
        "Written to %s. Use it with nothing but TensorFlow:\n\n"
        "  import tensorflow as tf, tensorflow_text\n"
        '  translate = tf.saved_model.load("%s").signatures["serving_default"]\n'
        '  translate(text=tf.constant(["..."]))["text"]',
        path,
        path,
    )


def export(translator: Translator, path: Path) -> Path:
    """Write tokenizer, model and search of `translator` as one SavedModel of strings to strings."""
    text, config = translator.text, translator.config
    search = make_search(translator.model, config)

    def translate(sentences: tf.Tensor) -> tf.Tensor:
        source_ids = text.encode_source(sentences, config.max_length)
        # An empty sentence is a padding row: nothing is searched and its translation is empty.
        has_text = tf.strings.length(tf.strings.strip(sentences)) > 0
        limits = translation_limit(tf.cast(source_ids.row_lengths(), tf.int32), config)
        hypotheses = search(source_ids.to_tensor(), tf.where(has_text, limits, 0))
        return text.decode(hypotheses.token_ids[:, 0])

    return export_text_model(translate, path, translator.model, [text.vocabulary])


if __name__ == "__main__":
    console.run(main)
