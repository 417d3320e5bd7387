"""What every task's training has in common: its settings, its optimizer, its callbacks."""

from dataclasses import dataclass
from typing import Any, Literal

import keras

from keras_attention.training.adam import Adam
from keras_attention.training.checkpoints import Checkpoints
from keras_attention.training.schedules import InverseSquareRoot, WarmupCosine, WarmupLinear
from keras_attention.training.throughput import Throughput
from tasks.common.budget import Budget
from tasks.common.run_folder import RunFolder
from tasks.common.tensorboard import TensorBoard

_LOG_EVERY = 50  # updates between two points of TensorBoard's curves within an epoch


@dataclass(frozen=True)
class OptimizationConfig:
    """How long and how a model is trained."""

    epochs: int = 20
    """Passes over the training examples."""
    max_steps: int | None = None
    """Stop after so many updates, if that is earlier."""
    max_minutes: float | None = None
    """Stop after so many minutes of training, if that is earlier."""
    patience: int | None = None
    """Stop after so many epochs without a better `monitor`."""
    monitor: str = "val_loss"
    """What decides which epoch is the best."""
    peak_learning_rate: float = 1e-3
    """The highest learning rate, reached at the end of the warm-up."""
    schedule: Literal["inverse_square_root", "cosine", "linear"] = "inverse_square_root"
    """How the learning rate falls afterwards. The last two reach 0 after `epochs`."""
    warmup_steps: int = 1000
    """Updates until the learning rate is at its peak."""
    adam_beta_2: float = 0.98
    """How slowly Adam's estimate of the gradients' sizes changes."""
    weight_decay: float = 0.0
    """Decoupled weight decay, as in AdamW."""
    clip_norm: float | None = None
    """Longest gradient; longer ones are shortened to it."""
    label_smoothing: float = 0.1
    """Share of each label's probability that is spread over all classes."""

    @property
    def mode(self) -> Literal["min", "max"]:
        """Whether the least value of `monitor` is the best, or the greatest."""
        return "min" if self.monitor.endswith(("loss", "error")) else "max"


@dataclass(frozen=True)
class CommonTrainConfig(OptimizationConfig):
    """Optimisation, and what a run does besides."""

    average: int = 1
    """Average the weights of up to so many last epochs, as far as validation gains from it."""
    seed: int = 0
    """Of initial weights, dropout and the order of batches."""
    strategy: Literal["auto", "one_device", "mirrored", "multi_worker"] = "auto"
    """Devices to train on, see `keras_attention.make_strategy`."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Of the computations; the weights are always float32."""
    jit: bool = False
    """Compile the training step by XLA; needs `batching.pad_to_multiple_of`."""
    record: bool = False
    """Append the result to the task's file in results."""


# What may change when a run is resumed: how long it trains, where, and what it reports.
MAY_CHANGE = frozenset(
    f"train.{name}"
    for name in ("epochs", "max_steps", "max_minutes", "patience", "strategy", "record", "average")
)


def check(
    settings: CommonTrainConfig, pad_to_multiple_of: int | None, fewest_epochs: int = 1
) -> None:
    """Raise ValueError if settings contradict each other."""
    if settings.jit and not pad_to_multiple_of:
        raise ValueError(
            "`train.jit` needs `batching.pad_to_multiple_of`: XLA compiles each shape anew. "
            "Received: train.jit=True, batching.pad_to_multiple_of=None."
        )
    if settings.strategy == "multi_worker" and settings.max_minutes is not None:
        raise ValueError(
            "`train.max_minutes` cannot end a multi-worker run: the workers' clocks differ, so "
            "they would wait for each other for ever. Use `train.max_steps`. Received: "
            f"train.max_minutes={settings.max_minutes}."
        )
    for name, value, least in (
        ("epochs", settings.epochs, fewest_epochs),
        ("average", settings.average, 1),
    ):
        if value < least:
            raise ValueError(f"`train.{name}` must be at least {least}. Received: {value}.")


def make_optimizer(
    settings: OptimizationConfig,
    steps_per_epoch: int,
    **arguments: Any,
) -> keras.Optimizer:
    """Adam with the schedule of the settings, and more of its arguments, see `Adam`."""
    peak, warmup = settings.peak_learning_rate, settings.warmup_steps
    steps = steps_per_epoch * settings.epochs
    if settings.max_steps is not None:
        steps = min(steps, settings.max_steps)
    if settings.schedule == "inverse_square_root":
        schedule = InverseSquareRoot(peak, warmup)
    else:
        falling = {"cosine": WarmupCosine, "linear": WarmupLinear}[settings.schedule]
        # A run cut short, as a trial is, has a warm-up that is cut as well.
        schedule = falling(peak, min(warmup, steps // 4), steps)
    return Adam(
        schedule,
        weight_decay=settings.weight_decay or None,  # a decay of 0.0 costs as much as any
        beta_2=settings.adam_beta_2,
        clipnorm=settings.clip_norm,
        **arguments,
    )


def make_checkpoints(
    settings: OptimizationConfig, folder: RunFolder, average: int = 1
) -> Checkpoints:
    """The callback that keeps the best epoch, and the last ones if several are averaged."""
    keep = average if average > 1 else 0
    return Checkpoints(folder.checkpoints, settings.monitor, settings.mode, keep)


def make_callbacks(
    settings: OptimizationConfig,
    folder: RunFolder,
    progress: keras.callbacks.Callback,
    checkpoints: Checkpoints,
    writes: bool,
    counted: str = "tokens",
) -> list[keras.callbacks.Callback]:
    """All callbacks, in the order in which they add to the logs and read them.

    Args:
        settings: of the training.
        folder: of the run.
        progress: the task's own callback, which may add to the logs of an epoch.
        checkpoints: see `make_checkpoints`.
        writes: whether this process writes; of several workers one does.
        counted: what the loss counts, see `Throughput`.
    """
    callbacks = [
        Throughput(counted),
        Budget(settings.max_steps, settings.max_minutes),
        progress,
        checkpoints,
    ]
    if writes:
        callbacks.append(TensorBoard(folder.logs, update_freq=_LOG_EVERY, write_graph=False))
    if settings.patience is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                settings.monitor, patience=settings.patience, mode=settings.mode
            )
        )
    return callbacks
