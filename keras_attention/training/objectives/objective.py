"""What an objective is."""

from collections.abc import Callable
from typing import Any


class Objective:
    """Base of what a `Model` may have as its `objective`.

    A subclass is a frozen dataclass that defines `__call__`, which makes the forward passes of one
    training step and returns the predictions, for the metrics, and the loss.
    """

    def __call__(self, model: Any, x: Any, loss_of: Callable) -> tuple[Any, Any]:
        """One training step's predictions and loss.

        Args:
            model: the model, to be called with `training=True`.
            x: its inputs.
            loss_of: `predictions -> loss`: the compiled loss and the layers' penalties of the
                latest call of the model.
        """
        raise NotImplementedError
