"""Export a classifier: `python -m tasks.text_classification.export RUN_FOLDER`."""

import logging
from pathlib import Path
from typing import Literal

import tensorflow as tf
import tyro

from keras_attention.export import export_function
from tasks.common import console
from tasks.text_classification.facts import Facts
from tasks.text_classification.model import Classifier
from tasks.text_classification.text import Encoded

logger = logging.getLogger(__name__)


def main(
    run_folder: tyro.conf.Positional[Path],
    output: Path | None = None,
    weights: Literal["final", "best", "last"] = "final",
    task: str | None = None,
) -> None:
    """Write a SavedModel that takes a batch of strings and returns the probability of each class.

    Args:
        run_folder: what `train` made.
        output: the folder to write, by default saved_model in the run folder.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        task: which of several tasks of the run, by default the one that it is for.
    """
    classifier = Classifier.load(run_folder, weights, task)
    path = export(classifier, output or run_folder / "saved_model")
    second = ', second=tf.constant(["..."])' if classifier.facts.num_segments > 1 else ""
    logger.info(
        "Written to %s. Use it with nothing but TensorFlow:\n\n"
        "  import tensorflow as tf, tensorflow_text\n"
        '  classify = tf.saved_model.load("%s").signatures["serving_default"]\n'
        '  classify(text=tf.constant(["..."])%s)',
        path,
        path,
        second,
    )


def export(classifier: Classifier, path: Path) -> Path:
    """Write tokenizer and model of `classifier` as one SavedModel.

    It takes `text`, strings `[batch]` (and `second` if the model was trained on pairs), and returns
    `label`, strings `[batch]`, and `probabilities` `[batch, classes]`, whose columns are the
    `classes` `[classes]`. Of several classes `label` has those that apply, separated by tabs; of
    words there is only `label`, a class for each, separated by spaces; of numbers only `number`
    `[batch]`.
    """
    text, facts = classifier.text, classifier.facts
    columns = ["text", "second"][: facts.num_segments]

    def classify(**strings):
        encoded = text.encode(*(strings[name] for name in columns))
        inputs = {
            "token_ids": encoded.token_ids.to_tensor(),
            "segment_ids": encoded.segment_ids.to_tensor(),
        }
        return _ANSWERS[facts.labels.kind](facts, classifier.forward(inputs), encoded)

    specs = [tf.TensorSpec([None], tf.string, name=name) for name in columns]
    return export_function(classify, path, classifier.model, specs, [text.vocabulary])


def _one(facts: Facts, logits, _) -> dict[str, tf.Tensor]:
    names = tf.constant(facts.labels.names)
    return {
        "label": tf.gather(names, tf.argmax(logits, axis=-1)),
        "probabilities": tf.nn.softmax(logits / facts.temperature),
        "classes": names,
    }


def _several(facts: Facts, logits, _) -> dict[str, tf.Tensor]:
    names = tf.constant(facts.labels.names)
    applies = tf.ragged.boolean_mask(tf.broadcast_to(names, tf.shape(logits)), logits > 0)
    return {
        "label": tf.strings.reduce_join(applies, axis=-1, separator="\t"),
        "probabilities": tf.sigmoid(logits),
        "classes": names,
    }


def _number(facts: Facts, logits, _) -> dict[str, tf.Tensor]:
    return {"number": facts.labels.offset + facts.labels.scale * logits[:, 0]}


def _words(facts: Facts, logits, encoded: Encoded) -> dict[str, tf.Tensor]:
    names = tf.gather(tf.constant(facts.labels.names), tf.argmax(logits, axis=-1))
    starts = encoded.is_word_start.to_tensor(False)
    of_words = tf.ragged.boolean_mask(names, starts)
    return {"label": tf.strings.reduce_join(of_words, axis=-1, separator=" ")}


_ANSWERS = {"one": _one, "several": _several, "number": _number, "words": _words}


if __name__ == "__main__":
    console.run(main)
