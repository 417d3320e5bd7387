"""The mean of several checkpoints, which often generalises better than each of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from tasks.common.run_folder import load_weights


class RecentWeights(keras.callbacks.Callback):
    """Keeps the weights of the last epochs in a folder, one file each.

    Args:
        folder: where; what another run left there beyond `count` is removed.
        count: how many epochs.
    """

    def __init__(self, folder: Path, count: int):
        super().__init__()
        self.folder = folder
        self.count = count

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002 - Keras' signature
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"epoch-{epoch + 1:05d}.weights.h5"
        partial = path.with_name(f"partial-{path.name}")
        self.model.save_weights(partial)
        partial.replace(path)
        for old in recent_weights(self.folder)[self.count :]:
            old.unlink()


def recent_weights(folder: Path) -> list[Path]:
    """The files that `RecentWeights` keeps, the latest first."""
    return sorted(folder.glob("epoch-*.weights.h5"), reverse=True)


def average_weights(model: keras.Model, paths: Sequence[Path]) -> None:
    """Give `model` the mean of several weights files."""
    totals: list[np.ndarray] = []
    for path in paths:
        load_weights(model, path)
        weights = [np.asarray(weight, "float64") for weight in model.get_weights()]
        totals = [a + b for a, b in zip(totals, weights, strict=True)] if totals else weights
    model.set_weights([(total / len(paths)).astype("float32") for total in totals])


def choose_average(
    model: keras.Model, best: Path, recent: Sequence[Path], loss: Callable[[], float]
) -> str:
    """Give `model` the best of: the best epoch alone, means of the last 2, 3, 5, 8, 13 … epochs.

    Args:
        model: what to set the weights of.
        best: weights of the best epoch.
        recent: weights of the last epochs, the latest first.
        loss: measures the model on the validation split; less is better.

    Returns:
        What was chosen, in words.
    """
    candidates = {"best epoch": [best]}
    count, following = 2, 3
    while count < len(recent):
        candidates[f"mean of the last {count} epochs"] = list(recent[:count])
        count, following = following, count + following
    if len(recent) > 1:
        candidates[f"mean of the last {len(recent)} epochs"] = list(recent)
    losses = {}
    for name, paths in candidates.items():
        average_weights(model, paths)
        losses[name] = loss()
    chosen = min(losses, key=losses.__getitem__)
    average_weights(model, candidates[chosen])
    return chosen
