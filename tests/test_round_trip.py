"""Every public class with a `get_config` survives `.keras` with its arguments and weights."""

import inspect
import json

import keras
import numpy as np
import pytest
from round_trip_cases import CASES

import keras_attention

KERAS_ARGUMENTS = {"name", "dtype", "trainable"}
# Have no arguments of their own, or are no use alone.
BASE_CLASSES = {
    "AttentionRegularizer",
    "ImageTokenizer",
    "LinearKernel",
    "Model",
    "Normalizer",
    "Pattern",
    "RelativePositions",
    "Score",
}
# Which argument of a layer takes a value that is no layer to call.
ARGUMENT_FOR = {
    keras_attention.RelativePositions: "position_scheme",
    keras_attention.Pattern: "pattern",
    keras_attention.AttentionRegularizer: "attention_regularizer",
    keras_attention.Mechanism: "attention",
}
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
    inputs = case.inputs
    if isinstance(thing, keras.Model) and isinstance(inputs, list):
        (inputs,) = inputs
    before = holder(inputs) if case.inputs else None
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
        after = loaded_holder(inputs)
        for tensors in zip(*map(keras.tree.flatten, (after, before)), strict=True):
            np.testing.assert_array_equal(*tensors)


def as_json(config):
    """What a file can hold: it knows no tuples."""
    return json.loads(json.dumps(config))


def check_arguments(case, cls):
    """A case names every argument, each at a value that is not its default."""
    parameters = inspect.signature(cls).parameters
    named = {n for n, p in parameters.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    passed_on = named != set(parameters)
    assert named - KERAS_ARGUMENTS - set(case.arguments) - set(case.left_out) == set()
    assert passed_on or set(case.arguments) <= named
    defaults = {name: parameters[name].default for name in named & set(case.arguments)}
    assert [name for name, default in defaults.items() if default == case.arguments[name]] == []


def model_that_holds(thing, inputs):
    """A model that saves `thing`: in itself, in its layers or in what it was compiled with."""
    if isinstance(thing, keras.Model):
        return thing
    thing = layer_with(thing)
    if isinstance(thing, keras.layers.Layer):
        if isinstance(inputs, dict):
            named = {name: symbol_like(x, name) for name, x in inputs.items()}
            return keras.Model(named, thing(named))
        symbols = keras.tree.map_structure(symbol_like, inputs)
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


def symbol_like(x, name=None):
    return keras.Input(x.shape[1:], dtype=x.dtype.name, name=name)


def layer_with(thing):
    """A layer that has `thing` as its argument, if `thing` is made for that, else `thing`."""
    argument = argument_for(thing)
    if argument == "attention":
        return keras_attention.EncoderLayer(12, 6, 17, attention=thing, name="holder")
    if argument is not None:
        return keras_attention.MultiHeadAttention(6, 4, **{argument: thing}, name="holder")
    return thing


def argument_for(thing):
    names = (name for kind, name in ARGUMENT_FOR.items() if isinstance(thing, kind))
    return next(names, None)


def thing_held_by(model, like):
    if argument_for(like) is not None:
        return getattr(model.get_layer("holder"), argument_for(like))
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
