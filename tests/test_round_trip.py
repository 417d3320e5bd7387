"""Every public class with a `get_config` survives `.keras` with its arguments and weights."""

import inspect

import keras
import numpy as np
import pytest
from round_trip_cases import CASES

import keras_attention

FREE_ARGUMENTS = {"self", "args", "kwargs", "name", "dtype", "trainable"}
CASE_OF = {case.name: case for case in CASES}


def serializable_names():
    things = {name: getattr(keras_attention, name) for name in keras_attention.__all__}
    return [name for name, thing in things.items() if hasattr(thing, "get_config")]


def round_trip(thing, case, folder):
    """`thing` after a journey through a `.keras` file, and one output before and after it."""
    path = folder / "model.keras"
    if isinstance(thing, keras.Model):
        inputs = case.inputs
        before = thing(inputs)
        thing.save(path)
        after = keras.saving.load_model(path)
        return after, before, after(inputs)
    if isinstance(thing, keras.layers.Layer):
        symbols = [keras.Input(shape) for shape in case.inputs]
        model = keras.Model(symbols, thing(*symbols))
        draw = np.random.default_rng(3)
        inputs = [draw.normal(size=(2, *shape)).astype("float32") for shape in case.inputs]
        before = model(inputs)
        model.save(path)
        after = keras.saving.load_model(path)
        return after.get_layer(thing.name), before, after(inputs)
    # A loss, a metric or a schedule travels in what its model was compiled with.
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    if isinstance(thing, keras.losses.Loss):
        model.compile("sgd", loss=thing)
        model.save(path)
        return keras.saving.load_model(path).loss, None, None
    if isinstance(thing, keras.metrics.Metric):
        model.compile("sgd", "mse", metrics=[thing])
        model.save(path)
        after = keras.saving.load_model(path).get_compile_config()["metrics"][0]
        return keras.saving.deserialize_keras_object(after), None, None
    model.compile(keras.optimizers.SGD(thing), "mse")
    model.save(path)
    return keras.saving.load_model(path).optimizer._learning_rate, None, None


@pytest.mark.parametrize("name", CASE_OF)
def test_every_argument_survives(name, tmp_path):
    case = CASE_OF[name]
    cls = getattr(keras_attention, name)
    parameters = inspect.signature(cls).parameters
    wanted = set(parameters) - FREE_ARGUMENTS - set(case.left_out)
    assert set(case.arguments) == wanted, "the case names every argument"
    defaults = [n for n, value in case.arguments.items() if parameters[n].default == value]
    assert defaults == [], "every argument has a value that is not its default"

    thing = cls(**case.arguments)
    config = thing.get_config()
    after, output_before, output_after = round_trip(thing, case, tmp_path)

    assert type(after) is cls
    assert wanted <= set(config)
    assert after.get_config() == config
    plain = {n: v for n, v in case.arguments.items() if isinstance(v, int | float | bool)}
    assert {n: after.get_config()[n] for n in plain} == plain
    if output_before is not None:
        np.testing.assert_array_equal(output_after, output_before)


def test_the_table_is_complete():
    assert set(serializable_names()) == set(CASE_OF)
