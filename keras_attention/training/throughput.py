"""The callback that tells how many tokens per second a run learns from."""

import time

import keras


class Throughput(keras.callbacks.Callback):
    """Adds `tokens_per_second` to the logs, for the progress bar, the history and TensorBoard.

    It counts what the loss counts, over all replicas: for `MaskedCrossEntropy` the real target
    tokens, without padding. Time is the epoch's training time so far, without validation; the
    first step of a run, which traces and compiles, is left out.

    Stand it before `keras.callbacks.TensorBoard`, which logs what earlier callbacks have added. The
    model must be a `training.Model` on the TensorFlow backend.

    Args:
        unit: What is counted, the first part of the name in the logs.

    Raises:
        ValueError: If the model does not count.

    Example:

    >>> class Classifier(keras_attention.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.logits = keras.layers.Dense(3)
    ...
    ...     def call(self, inputs):
    ...         return self.logits(inputs)
    >>> model = Classifier()
    >>> model.compile("adam", "mse")
    >>> data, throughput = (np.ones((5, 2)), np.ones((5, 3))), keras_attention.Throughput("values")
    >>> history = model.fit(*data, epochs=2, callbacks=[throughput], verbose=0)
    >>> sorted(history.history)
    ['loss', 'values_per_second']
    """

    def __init__(self, unit: str = "tokens"):
        super().__init__()
        self.unit = unit
        self._started = None
        self._rate = 0.0
        self._compiled = False

    def set_model(self, model):
        if not hasattr(model, "labels_seen"):
            raise ValueError(
                "Throughput needs a `keras_attention.training.Model` on the TensorFlow backend. "
                f"Received: a model of class {type(model).__name__}."
            )
        super().set_model(model)

    def on_train_begin(self, logs=None):  # noqa: ARG002 - the arguments are Keras'
        self._compiled = False

    def on_epoch_begin(self, epoch, logs=None):  # noqa: ARG002
        self._started = self._now()

    def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
        seconds, labels = (
            now - start for now, start in zip(self._now(), self._started, strict=True)
        )
        self._rate = labels / seconds
        if not self._compiled:
            self._compiled = True
            self._started = self._now()
        if logs is not None:
            logs[f"{self.unit}_per_second"] = self._rate

    def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
        if logs is not None:
            logs[f"{self.unit}_per_second"] = self._rate

    def _now(self):
        return time.perf_counter(), self.model.labels_seen
