"""An end to training after so many updates or minutes."""

import logging
import time

import keras

logger = logging.getLogger(__name__)


class Budget(keras.callbacks.Callback):
    """Ends `fit` at the first batch after a number of updates or minutes; the epoch is closed.

    Args:
        max_steps: most updates, those before a resume included; None for any number.
        max_minutes: most minutes of this `fit`; None for any number.
    """

    def __init__(self, max_steps: int | None = None, max_minutes: float | None = None):
        super().__init__()
        self.max_steps = max_steps
        self.max_minutes = max_minutes

    def on_train_begin(self, logs=None):  # noqa: ARG002 - Keras' signature
        self._steps = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        self._started = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        self._steps += 1
        if self.max_steps is not None and self._steps >= self.max_steps:
            self._stop(f"{self.max_steps} updates")
        elif self.max_minutes and time.monotonic() - self._started >= 60 * self.max_minutes:
            self._stop(f"{self.max_minutes:g} minutes")

    def _stop(self, reason: str) -> None:
        logger.info("\nTraining ends after %s.", reason)
        self.model.stop_training = True
