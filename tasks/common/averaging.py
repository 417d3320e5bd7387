"""The mean of several checkpoints, which often generalises better than each of them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import keras

from keras_attention.training.checkpoint_file import Checkpoint
from keras_attention.training.weight_files import average_weights, load_weights


def choose_average(
    model: keras.Model,
    best: Path,
    recent: Sequence[Path],
    measure: Callable[[], float],
    mode: str = "min",
    others: Mapping[str, Path] | None = None,
) -> tuple[str, Checkpoint]:
    """Give `model` the best of: the best epoch alone, means of the last 2, 3, 5, 8, 13 … epochs.

    Args:
        model: what to set the weights of.
        best: checkpoint of the best epoch.
        recent: checkpoints of the last epochs, the latest first.
        measure: measures the model on the validation split.
        mode: whether the least value is the best, `"min"`, or the greatest, `"max"`.
        others: more checkpoints to choose from, by what they are called.

    Returns:
        What was chosen, in words, and as a checkpoint.
    """
    candidates = {"the best epoch": [best]}
    for count in _fibonacci(len(recent)):
        candidates[f"the mean of the last {count} epochs"] = list(recent[:count])
    candidates |= {name: [file] for name, file in (others or {}).items()}
    values = {}
    for name, files in candidates.items():
        load_weights(model, average_weights(files))
        values[name] = measure()
    chosen = {"min": min, "max": max}[mode](values, key=values.__getitem__)
    weights = average_weights(candidates[chosen])
    load_weights(model, weights)
    about = {"chosen": chosen, "values": values}
    return chosen, Checkpoint(weights, about=about)


def _fibonacci(most: int) -> list[int]:
    """2, 3, 5, 8 … below `most`, and `most` itself."""
    counts, following = [], (2, 3)
    while following[0] < most:
        counts.append(following[0])
        following = following[1], sum(following)
    return [*counts, most] if most > 1 else counts
