"""The callback that keeps the best and the last state of a run, and resumes from the last."""

import math
import os
from contextlib import nullcontext
from pathlib import Path

import keras

from keras_attention.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from keras_attention.training.weight_files import (
    load_weights,
    named_random_states,
    named_weights,
    to_array,
)


class Checkpoints(keras.callbacks.Callback):
    """Writes `last.npz` after every epoch, and `best.npz` when the monitored value has improved.

    A file holds weights, optimizer state, random states, the epoch and the best value so far, and
    gets its name only once it is complete: after a crash, `last.npz` is the epoch before. A run
    that is restored goes on as if it had never stopped, if its data do. Under a multi-worker
    strategy the chief writes; all workers must see the folder to restore from it.

    Args:
        folder: Where the files go; made if need be.
        monitor: Name of the value, such as `val_loss`, in the logs of an epoch. A callback that
            adds the value must stand before this one.
        mode: `"min"` if less is better, `"max"` if more is better.
        keep: Also keep the weights of the newest `keep` epochs, as `epoch_00001.npz` and so on,
            for `average_weights`.

    Raises:
        ValueError: If an argument is out of range; in training, if the logs lack the value.

    Example:

    >>> import tempfile
    >>> checkpoints = keras_attention.Checkpoints(tempfile.mkdtemp(), monitor="loss")
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="logits")])
    >>> model.compile("adam", "mse")
    >>> data = np.ones((5, 2)), np.ones((5, 3))
    >>> history = model.fit(*data, epochs=2, callbacks=[checkpoints], verbose=0)
    >>> checkpoints.restore(model)  # the epoch to go on with: fit(..., initial_epoch=2)
    2
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        monitor: str = "val_loss",
        mode: str = "min",
        keep: int = 0,
    ):
        super().__init__()
        if mode not in ("min", "max"):
            raise ValueError(f'`mode` must be "min" or "max". Received: mode={mode!r}.')
        if keep < 0:
            raise ValueError(f"`keep` must not be negative. Received: keep={keep}.")
        self.folder = Path(folder)
        self.monitor = monitor
        self.mode = mode
        self.keep = keep
        self.best: float | None = None

    @property
    def last_file(self) -> Path:
        """The state after the latest epoch."""
        return self.folder / "last.npz"

    @property
    def best_file(self) -> Path:
        """The state after the best epoch."""
        return self.folder / "best.npz"

    @property
    def kept_files(self) -> list[Path]:
        """The newest epochs, the oldest of them first."""
        return sorted(self.folder.glob("epoch_*.npz"))

    def epochs_done(self) -> int:
        """How many epochs a run in this folder has finished: with which epoch it goes on.

        Raises:
            ValueError: If `last.npz` is damaged.
        """
        if not self.last_file.exists():
            return 0
        return read_checkpoint(self.last_file).about["epoch"] + 1

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor not in (logs or {}):
            raise ValueError(
                f"`monitor` must be one of {sorted(logs or {})}. "
                f"Received: monitor={self.monitor!r}."
            )
        value = float(logs[self.monitor])
        improved = not math.isnan(value) and (
            self.best is None or (value < self.best if self.mode == "min" else value > self.best)
        )
        if improved:
            self.best = value
        if not _is_chief(self.model):
            return
        about = {
            "epoch": epoch,
            "monitor": self.monitor,
            "value": value,
            "best": self.best,
            "optimizer": type(self.model.optimizer).__name__,
        }
        state = _state_of(self.model, about)
        # The last file at last: whatever it says is already in the others, should we be killed.
        if improved:
            write_checkpoint(self.best_file, state)
        if self.keep:
            only_weights = Checkpoint(state.weights, about=about)
            write_checkpoint(self.folder / f"epoch_{epoch + 1:05d}.npz", only_weights)
            for outdated in self.kept_files[: -self.keep]:
                outdated.unlink()
        write_checkpoint(self.last_file, state)

    def restore(self, model: keras.Model) -> int:
        """Puts a built and compiled model into the state of `last.npz`.

        Args:
            model: The model, or another one of the same configuration.

        Returns:
            The epoch to go on with, for `fit(initial_epoch=...)`; 0 if there is no file yet.

        Raises:
            ValueError: If the file is damaged or does not fit the model or its optimizer.
        """
        if not self.last_file.exists():
            return 0
        checkpoint = read_checkpoint(self.last_file)
        _check_optimizer(self.last_file, checkpoint, model)
        load_weights(model, checkpoint.weights)
        for variable, value in zip(model.optimizer.variables, checkpoint.optimizer, strict=True):
            variable.assign(value)
        for name, variable in named_random_states(model).items():
            if name in checkpoint.random:
                variable.assign(checkpoint.random[name])
        self.best = checkpoint.about["best"]
        return checkpoint.about["epoch"] + 1


def _state_of(model: keras.Model, about: dict) -> Checkpoint:
    """The present state of a compiled, built model."""
    return Checkpoint(
        weights={name: to_array(v) for name, v in named_weights(model).items()},
        random={name: to_array(v) for name, v in named_random_states(model).items()},
        optimizer=[to_array(v) for v in model.optimizer.variables],
        about=about,
    )


def _check_optimizer(path, checkpoint, model):
    optimizer = model.optimizer
    if not optimizer.built:
        strategy = getattr(model, "distribute_strategy", None)
        with strategy.scope() if strategy else nullcontext():
            optimizer.build(model.trainable_variables)
    wanted = [tuple(variable.shape) for variable in optimizer.variables]
    found = [value.shape for value in checkpoint.optimizer]
    if type(optimizer).__name__ != checkpoint.about["optimizer"] or wanted != found:
        raise ValueError(
            f"The checkpoint {path} cannot be resumed: it holds the state of an optimizer "
            f"{checkpoint.about['optimizer']} with {len(found)} variables, and the model was "
            f"compiled with {type(optimizer).__name__} with {len(wanted)} variables. "
            "Resume with the configuration of the run, or load only the weights."
        )


def _is_chief(model: keras.Model) -> bool:
    """Whether this process writes: the only one, or the chief of the cluster."""
    strategy = getattr(model, "distribute_strategy", None)
    resolver = getattr(strategy, "cluster_resolver", None)
    if resolver is None or not resolver.task_type:
        return True
    has_chief = "chief" in resolver.cluster_spec().jobs
    return resolver.task_type == "chief" or (not has_chief and resolver.task_id == 0)
