"""Export a classifier: `python -m tasks.image_classification.export RUN_FOLDER`."""

import logging
from pathlib import Path
from typing import Literal

import tensorflow as tf
import tyro

from keras_attention.export import export_function
from tasks.common import console
from tasks.image_classification.model import ImageClassifier
from tasks.image_classification.sizing import SizeConfig, as_input

logger = logging.getLogger(__name__)


def main(
    run_folder: tyro.conf.Positional[Path],
    output: Path | None = None,
    weights: Literal["final", "best", "last"] = "final",
) -> None:
    """Write a SavedModel that takes the bytes of JPEG and PNG files and returns probabilities.

    Args:
        run_folder: what `train` made.
        output: the folder to write, by default saved_model in the run folder.
        weights: those that the finished run has chosen, or its best or last checkpoint.
    """
    classifier = ImageClassifier.load(run_folder, weights)
    path = export(classifier, output or run_folder / "saved_model")
    logger.info(
        "Written to %s. Use it with nothing but TensorFlow:\n\n"
        "  import tensorflow as tf\n"
        '  classify = tf.saved_model.load("%s").signatures["serving_default"]\n'
        '  classify(image=tf.constant([open("picture.jpg", "rb").read()]))',
        path,
        path,
    )


def export(classifier: ImageClassifier, path: Path) -> Path:
    """Write decoder and model of `classifier` as one SavedModel.

    It takes `image`, strings `[batch]`, each the bytes of a JPEG, PNG, GIF (its first frame) or BMP
    file of any size, and returns `label`, strings `[batch]`, and `probabilities`
    `[batch, classes]`, whose columns are the `classes` `[classes]`.
    """
    facts = classifier.facts
    height, width, channels = facts.image_shape
    size = SizeConfig(height, width, channels, classifier.size.fit)

    def pixels(content: tf.Tensor) -> tf.Tensor:
        image = tf.io.decode_image(content, channels=3, expand_animations=False)
        image.set_shape([None, None, 3])  # grey is made of colours as it is in training
        image = tf.cast(as_input(image, size), tf.float32)
        return tf.ensure_shape(image, facts.image_shape)

    def classify(image: tf.Tensor) -> dict[str, tf.Tensor]:
        images = tf.map_fn(
            pixels, image, fn_output_signature=tf.TensorSpec(facts.image_shape, tf.float32)
        )
        logits = classifier.forward(images)
        classes = tf.constant(facts.classes)
        return {
            "label": tf.gather(classes, tf.argmax(logits, axis=-1)),
            "probabilities": tf.nn.softmax(logits / facts.temperature),
            "classes": classes,
        }

    specs = [tf.TensorSpec([None], tf.string, name="image")]
    return export_function(classify, path, classifier.model, specs)


if __name__ == "__main__":
    console.run(main)
