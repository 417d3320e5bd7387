"""What the cases of all classifiers have, and what proves that the work was right."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LEARNING_RATE = 1e-4
# Steps of one timed training call: enough to hide the cost of entering `fit`.
STEPS = 4


@dataclass(frozen=True)
class Case:
    """One step on one batch; a subclass says of what."""

    task: str
    """"train": forward, backward and Adam's update; "predict": from inputs to logits."""
    batch: int

    @property
    def trains(self) -> bool:
        return self.task == "train"

    @property
    def units(self) -> int:
        """What a speed counts."""
        return self.batch


def proof(values: Iterable[Any], parameters: int) -> dict[str, Any]:
    """What shows that the work was right: the logits of a prediction, or the loss of a step, and
    the number of the model's weights."""
    return {"values": [float(value) for value in values], "parameters": int(parameters)}
