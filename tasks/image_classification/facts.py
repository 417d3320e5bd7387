"""What a run has learned from its data besides weights."""

from dataclasses import dataclass

import numpy as np

from tasks.image_classification.pictures import Splits

_LARGEST = 255.0  # pixel
_PORTION = 2**23  # pixels that are added up at once


@dataclass(frozen=True)
class Facts:
    """Of the training split.

    Args:
        classes: their names, in the order of the model's outputs.
        image_shape: `(height, width, channels)` of the pictures.
        mean: of the pixels of each channel, from 0 to 255, which is taken away.
        deviation: their standard deviation, which they are divided by.
        temperature: what logits are divided by, see `tasks.common.scores.best_temperature`.
    """

    classes: tuple[str, ...]
    image_shape: tuple[int, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    temperature: float = 1.0

    @classmethod
    def of(cls, splits: Splits) -> "Facts":
        """The facts of a data set."""
        images = splits.train.images
        step = max(1, _PORTION // images[0].size)
        portions = [images[i : i + step] for i in range(0, len(images), step)]
        count = images.size / images.shape[-1]
        mean = sum(part.sum(axis=(0, 1, 2), dtype=float) for part in portions) / count
        square = sum(np.square(part, dtype=float).sum(axis=(0, 1, 2)) for part in portions) / count
        deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
        deviation = np.where(deviation > 0, deviation, _LARGEST)  # all pixels may be the same
        return cls(
            splits.classes, images.shape[1:], tuple(mean.tolist()), tuple(deviation.tolist())
        )

    def check(self, expected: "Facts", where: str) -> None:
        """Raise ValueError unless classes and pictures are those that `where` was made with."""
        for name in ("classes", "image_shape"):
            mine, theirs = getattr(self, name), getattr(expected, name)
            if mine != theirs:
                raise ValueError(
                    f"The data has another `{name}` than {where}. Expected {_shown(theirs)}. "
                    f"Received: {_shown(mine)}."
                )


def _shown(values, most: int = 8) -> str:
    rest = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(str, values[:most])) + rest
