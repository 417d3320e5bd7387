"""What a run shows while it trains: confusions, the surest mistakes, what the model looks at."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_attention.models.vision_transformer import VisionTransformer
from keras_attention.visualization.confusion import confusion_figure
from keras_attention.visualization.picture_maps import picture_figure, picture_grid
from tasks.common.scores import confusions
from tasks.common.spread import spread
from tasks.common.tensorboard import EpochEvents, write_figure
from tasks.image_classification.explanations import Explainer
from tasks.image_classification.pictures import Pictures

_BATCH_SIZE = 256
_MOST_CLASSES = 50  # of a picture of confusions
_MISTAKES = 32


class ImageProgress(EpochEvents):
    """Classifies validation pictures after each epoch and writes for TensorBoard what comes out.

    Args:
        model: what is being trained; takes pixels from 0 to 255 and returns logits.
        validation: pictures and what they show.
        classes: their names, in the order of the labels.
        folder: where TensorBoard's events are written; None writes none.
        pictures: how many validation pictures, spread over all, are shown with what the model looks
            at; 0 shows none.

    Raises:
        ValueError: if pictures are to be shown of a model that `Explainer` refuses.
    """

    def __init__(
        self,
        model: VisionTransformer,
        validation: Pictures,
        classes: Sequence[str],
        folder: Path | None,
        pictures: int = 3,
    ):
        super().__init__(folder)
        self.validation = validation
        self.classes = tuple(classes)
        self.shown = spread(range(len(validation.labels)), pictures)
        self._explainer = None
        if folder is None:
            return
        if self.shown:
            self._explainer = Explainer(model)
        self._predict = tf.function(
            lambda images: tf.nn.softmax(tf.cast(model(images, training=False), tf.float32)),
            [tf.TensorSpec([None, *validation.images.shape[1:]], tf.float32)],
            autograph=False,
        )

    def write(self) -> None:
        probabilities = self._probabilities()
        truth, said = self.validation.labels, probabilities.argmax(axis=-1)
        if len(self.classes) <= _MOST_CLASSES:
            counts = confusions(len(self.classes), truth, said)
            write_figure("confusions", confusion_figure(counts, self.classes))
        self._write_mistakes(truth, said, probabilities.max(axis=-1))
        if self._explainer:
            for place, number in enumerate(self.shown, start=1):
                self._write_maps(place, number, probabilities[number])

    def _write_mistakes(self, truth, said, sure) -> None:
        wrong = np.flatnonzero(truth != said)
        worst = wrong[np.argsort(-sure[wrong], kind="stable")][:_MISTAKES]
        if not len(worst):
            return
        titles = [self._answer(said[i], sure[i], truth[i]) for i in worst]
        figure = picture_grid(self.validation.images[worst], titles)
        write_figure("surest mistakes", figure)

    def _write_maps(self, place: int, number: int, probabilities: np.ndarray) -> None:
        """Two figures of one picture: a map by each method, and of each layer and head."""
        image, said = self.validation.images[number], probabilities.argmax()
        title = self._answer(said, probabilities[said], self.validation.labels[number])
        methods = self._explainer.methods
        maps = [_scaled(self._explainer.maps(image[None], m, said[None])[0]) for m in methods]
        names = [method.replace("_", " ") for method in methods]
        figure = picture_figure(image, np.stack(maps), names, len(names), title)
        write_figure(f"maps/{place}", figure)
        maps, titles = self._explainer.layers_and_heads(image)
        figure = picture_figure(image, maps, titles, title=title)
        write_figure(f"layers and heads/{place}", figure)

    def _probabilities(self) -> np.ndarray:
        """Of each class, for all validation pictures: `[count, classes]`."""
        images = self.validation.images
        portions = [images[i : i + _BATCH_SIZE] for i in range(0, len(images), _BATCH_SIZE)]
        return np.concatenate(
            [self._predict(portion.astype("float32")).numpy() for portion in portions]
        )

    def _answer(self, said: int, probability: float, truth: int) -> str:
        return f"said {self.classes[said]} {100 * probability:.1f} %\nright {self.classes[truth]}"


def _scaled(heat: np.ndarray) -> np.ndarray:
    """A map from 0 to 1: the numbers of different methods are of different size."""
    heat = heat - heat.min()
    return heat / heat.max() if heat.max() else heat
