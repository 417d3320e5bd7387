import keras
import numpy as np
import pytest

from tasks.common.averaging import RecentWeights, average_weights, choose_average, recent_weights

pytestmark = pytest.mark.tensorflow


def model_with(value):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.full((1, 1), value, "float32")])
    return model


def value_of(model):
    return float(model.get_weights()[0].squeeze())


def saved(folder, *values):
    """A weights file per value, the latest first."""
    callback = RecentWeights(folder, count=97)
    for epoch, value in enumerate(reversed(values)):
        callback.set_model(model_with(value))
        callback.on_epoch_end(epoch)
    return recent_weights(folder)


def test_the_last_epochs_are_kept(tmp_path):
    callback = RecentWeights(tmp_path, count=3)
    for epoch in range(5):
        callback.set_model(model_with(epoch))
        callback.on_epoch_end(epoch)

    kept = recent_weights(tmp_path)
    model = model_with(0)
    values = []
    for path in kept:
        model.load_weights(path)
        values.append(value_of(model))
    assert values == [4.0, 3.0, 2.0]
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_the_average_is_the_mean(tmp_path):
    model = model_with(0)

    average_weights(model, saved(tmp_path, 1.0, 2.0, 6.0))

    assert value_of(model) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("wanted", "expected", "name"),
    [
        (10.0, 10.0, "best epoch"),
        (1.5, 1.5, "mean of the last 2 epochs"),
        (2.1, 2.0, "mean of the last 3 epochs"),
        (4.9, 5.2, "mean of the last 5 epochs"),
    ],
)
def test_the_average_nearest_to_what_validation_wants_is_chosen(tmp_path, wanted, expected, name):
    recent = saved(tmp_path / "recent", 1.0, 2.0, 3.0, 8.0, 12.0)
    (best,) = saved(tmp_path / "best", 10.0)
    model = model_with(0)

    chosen = choose_average(model, best, recent, lambda: abs(value_of(model) - wanted))

    assert chosen == name
    assert value_of(model) == pytest.approx(expected)
