import keras
import numpy as np
import pytest

from tasks.common import budget
from tasks.common.budget import Budget

pytestmark = pytest.mark.tensorflow


def fit(model, callback, batches=7):
    inputs = np.ones((batches, 1), "float32")
    return model.fit(inputs, inputs, batch_size=1, epochs=2, verbose=0, callbacks=[callback])


@pytest.fixture
def model():
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_training_ends_after_so_many_updates_with_the_epoch_closed(model):
    history = fit(model, Budget(max_steps=3))

    assert int(model.optimizer.iterations) == 3
    assert history.epoch == [0]


def test_updates_before_a_resume_count(model):
    fit(model, Budget(max_steps=3))
    fit(model, Budget(max_steps=5))

    assert int(model.optimizer.iterations) == 5


def test_training_ends_after_so_many_minutes(model, monkeypatch):
    seconds = iter(range(0, 1000, 11))
    monkeypatch.setattr(budget.time, "monotonic", lambda: next(seconds))

    fit(model, Budget(max_minutes=0.5))

    assert int(model.optimizer.iterations) == 3


def test_without_a_budget_training_goes_on(model):
    fit(model, Budget())

    assert int(model.optimizer.iterations) == 14
