"""Tokens per second: real tokens over training time."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

from training.runs import make_model, sentences  # noqa: E402

from keras_attention.training import Throughput, make_strategy  # noqa: E402
from keras_attention.training import throughput as module  # noqa: E402
from keras_attention.training.loss_weight import default_loss_weight  # noqa: E402


def test_counts_real_tokens_and_training_time_only(monkeypatch):
    model = make_model(make_strategy("one_device"), metrics=[])
    clock, seen = [0.0], []
    monkeypatch.setattr(module.time, "perf_counter", lambda: clock[0])

    class Clock(keras.callbacks.Callback):
        """A step takes 2 seconds, the first 100 more; validation takes 50."""

        def on_train_batch_end(self, batch, logs=None):
            clock[0] += 2.0 + (100.0 if not seen else 0.0)
            seen.append(model.labels_seen)

        def on_test_end(self, logs=None):
            clock[0] += 50.0

    ids, labels = sentences()
    history = model.fit(
        ids,
        labels,
        batch_size=5,
        epochs=2,
        shuffle=False,
        validation_data=(ids, labels),
        callbacks=[Clock(), Throughput()],
        verbose=0,
    ).history
    tokens = int((labels > 0).sum())
    first = int((labels[:5] > 0).sum())
    assert seen[0] == first
    assert seen[-1] == 2 * tokens
    assert history["tokens_per_second"] == [(tokens - first) / 6.0, tokens / 8.0]


def test_the_progress_bar_shows_it(capsys):
    model = make_model(make_strategy("one_device"), metrics=[])
    model.fit(*sentences(), batch_size=5, callbacks=[Throughput()], verbose=1)
    assert "tokens_per_second" in capsys.readouterr().out


def test_a_plain_keras_model_does_not_count():
    model = keras.Sequential([keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="Received: a model of class Sequential"):
        Throughput().set_model(model)


def test_a_distribution_over_classes_counts_once():
    x, labels = np.zeros((3, 7)), np.eye(5)[[1, 2, 4]]
    assert float(default_loss_weight(keras.losses.CategoricalCrossentropy(), x, labels)) == 3
    assert float(default_loss_weight(keras.losses.BinaryCrossentropy(), x, labels)) == 15
