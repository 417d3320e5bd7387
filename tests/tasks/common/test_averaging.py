import keras
import numpy as np
import pytest

from keras_attention.training.checkpoint_file import Checkpoint, write_checkpoint
from tasks.common.averaging import choose_average

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def model():
    """A model whose only weight is a number."""
    layer = keras.layers.Dense(1, use_bias=False, name="number")
    return keras.Sequential([keras.layers.Input((1,)), layer])


def value_of(model):
    return float(model.get_weights()[0].squeeze())


def saved(folder, *values):
    """A checkpoint for each value."""
    files = [folder / f"{value}.npz" for value in values]
    for file, value in zip(files, values, strict=True):
        write_checkpoint(file, Checkpoint({"number/kernel": np.full((1, 1), value, "float32")}))
    return files


@pytest.mark.parametrize(
    ("wanted", "expected", "name"),
    [
        (10.0, 10.0, "the best epoch"),
        (1.5, 1.5, "the mean of the last 2 epochs"),
        (2.1, 2.0, "the mean of the last 3 epochs"),
        (4.9, 5.2, "the mean of the last 5 epochs"),
        (6.5, 6.0, "the mean of the last 6 epochs"),
    ],
)
def test_the_mean_nearest_to_what_validation_wants_is_chosen(
    model, tmp_path, wanted, expected, name
):
    recent = saved(tmp_path, 1.0, 2.0, 3.0, 8.0, 12.0, 10.0)
    best = recent[-1]

    chosen, checkpoint = choose_average(model, best, recent, lambda: abs(value_of(model) - wanted))

    assert chosen == name
    assert value_of(model) == pytest.approx(expected)
    np.testing.assert_allclose(checkpoint.weights["number/kernel"], expected, rtol=1e-6)
    assert checkpoint.about["values"][name] == pytest.approx(abs(expected - wanted))


def test_the_greatest_value_is_chosen_when_more_is_better(model, tmp_path):
    recent = saved(tmp_path, 1.0, 2.0, 3.0)

    chosen, _ = choose_average(model, recent[0], recent, lambda: value_of(model), mode="max")

    assert chosen == "the mean of the last 3 epochs"


def test_a_single_epoch_is_the_best(model, tmp_path):
    (only,) = saved(tmp_path, 3.0)

    chosen, _ = choose_average(model, only, [only], lambda: 0.0)

    assert chosen == "the best epoch"
    assert value_of(model) == 3.0
