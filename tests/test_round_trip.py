"""Every public class with a `get_config` survives `.keras` with its arguments and weights."""

import inspect
import json

import keras
import numpy as np
import pytest
from round_trip_cases import CASES

import keras_attention

KERAS_ARGUMENTS = {"name", "dtype", "trainable"}
BASE_CLASSES = {"Model"}  # have no arguments of their own
CASE_OF = {case.name: case for case in CASES}


def test_the_table_is_complete():
    things = {name: getattr(keras_attention, name) for name in keras_attention.__all__}
    serializable = {name for name, thing in things.items() if hasattr(thing, "get_config")}
    assert serializable - BASE_CLASSES == set(CASE_OF)


@pytest.mark.parametrize("case", CASES, ids=CASE_OF)
def test_every_argument_survives(case, tmp_path):
    cls = getattr(keras_attention, case.name)
    check_arguments(case, cls)

    thing = cls(**case.arguments)
    holder = model_that_holds(thing, case.inputs)
    before = holder(case.inputs) if case.inputs else None
    config = thing.get_config()
    holder.save(tmp_path / "model.keras")
    loaded_holder = keras.saving.load_model(tmp_path / "model.keras")
    loaded = thing_held_by(loaded_holder, thing)

    assert type(loaded) is cls
    assert set(case.arguments) <= set(config)
    assert as_json(loaded.get_config()) == as_json(config)
    plain = {name: v for name, v in case.arguments.items() if isinstance(v, int | float)}
    assert {name: config[name] for name in plain} == plain
    if before is not None:
        np.testing.assert_array_equal(loaded_holder(case.inputs), before)


def as_json(config):
    """What a file can hold: it knows no tuples."""
    return json.loads(json.dumps(config))


def check_arguments(case, cls):
    """A case names every argument, each at a value that is not its default."""
    parameters = inspect.signature(cls).parameters
    named = {name for name, p in parameters.items() if p.kind is not p.VAR_KEYWORD}
    passed_on = named != set(parameters)
    assert named - KERAS_ARGUMENTS - set(case.arguments) - set(case.left_out) == set()
    assert passed_on or set(case.arguments) <= named
    defaults = {name: parameters[name].default for name in named & set(case.arguments)}
    assert [name for name, default in defaults.items() if default == case.arguments[name]] == []


def model_that_holds(thing, inputs):
    """A model that saves `thing`: in itself, in its layers or in what it was compiled with."""
    if isinstance(thing, keras.Model):
        return thing
    if isinstance(thing, keras.layers.Layer):
        symbols = [keras.Input(x.shape[1:], dtype=x.dtype.name) for x in inputs]
        return keras.Model(symbols, thing(*symbols))
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    if isinstance(thing, keras.losses.Loss):
        model.compile("sgd", loss=thing)
    elif isinstance(thing, keras.metrics.Metric):
        model.compile("sgd", "mse", metrics=[thing])
    elif isinstance(thing, keras.optimizers.Optimizer):
        thing.build(model.trainable_variables)
        model.compile(thing, "mse")
    else:
        model.compile(keras.optimizers.SGD(learning_rate=thing), "mse")
    return model


def thing_held_by(model, like):
    if isinstance(like, keras.Model):
        return model
    if isinstance(like, keras.layers.Layer):
        return model.get_layer(like.name)
    if isinstance(like, keras.losses.Loss):
        return model.loss
    if isinstance(like, keras.metrics.Metric):
        (metric,) = model.get_compile_config()["metrics"]
        return keras.saving.deserialize_keras_object(metric)
    if isinstance(like, keras.optimizers.Optimizer):
        return model.optimizer
    schedule = keras.saving.serialize_keras_object(model.optimizer)["config"]["learning_rate"]
    return keras.saving.deserialize_keras_object(schedule)
