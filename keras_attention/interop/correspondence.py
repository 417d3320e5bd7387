"""What the ways to other people's layers have in common."""

import inspect
import re
from importlib import import_module

from keras_attention.training.weight_files import check_fit, to_array

# Settings that change no output of a trained layer.
WITHOUT_EFFECT = re.compile(
    r"name|trainable|dtype|seed|flash_attention|.*_(initializer|regularizer|constraint)"
)


def kind_of(thing, kinds):
    """Which of `kinds`, name of a class -> its package, the class of `thing` is or inherits from.

    By name, so that a package that is not installed need not be imported.
    """
    for cls in type(thing).__mro__:
        if kinds.get(cls.__name__) == cls.__module__.split(".")[0]:
            return cls.__name__
    expected = ", ".join(f"{name} of {package}" for name, package in kinds.items())
    raise ValueError(
        f"There is no counterpart of {type(thing).__module__}.{type(thing).__name__}. "
        f"Expected one of: {expected}."
    )


def class_of(layer, classes):
    """Which of `classes`, of our own, the class of `layer` is or inherits from."""
    for cls in type(layer).__mro__:
        if cls in classes:
            return cls
    raise ValueError(
        f"There is no counterpart of {type(layer).__name__}. Expected one of: "
        f"{', '.join(cls.__name__ for cls in classes)}."
    )


def weights_by_name(layer):
    """The weights of a built layer by their path within the layer."""
    if not layer.built:
        raise ValueError(
            f"The layer `{layer.name}` is not built, so it has no weights yet. "
            "Call it on one batch first, or `build` it."
        )
    paths = [weight.path.split("/") for weight in layer.weights]
    depth = 0  # of what stands around the layer, which all of its paths begin with
    while len({path[depth] for path in paths}) == 1 and depth < min(map(len, paths)) - 1:
        depth += 1
    return dict(zip(("/".join(path[depth:]) for path in paths), layer.weights, strict=True))


def arrays_by_name(layer):
    """The values of a built layer's weights by their path within the layer, as NumPy arrays."""
    return {name: to_array(weight) for name, weight in weights_by_name(layer).items()}


def assign(layer, arrays, source):
    """Gives a layer the weights of the same names, or none if one does not fit."""
    weights = weights_by_name(layer)
    shapes = {name: weight.shape for name, weight in weights.items()}
    check_fit(shapes, arrays, f"The weights of {source} do not fit `{layer.name}`:")
    for name, weight in weights.items():
        weight.assign(arrays[name])


def refuse_other_settings(layer, plain, theirs):
    """Refuses a layer of which a setting that matters is not that of `plain`."""
    wanted = _settings(plain.get_config())
    other = [
        f"{name}={value['class_name'] if isinstance(value, dict) else repr(value)}"
        for name, value in _settings(layer.get_config()).items()
        if value != wanted.get(name)
    ]
    if other:
        raise ValueError(f"{theirs} has nothing like {', '.join(other)} of `{layer.name}`.")


def _settings(config):
    """What of a configuration has an effect, in its parts too."""
    if not isinstance(config, dict):
        return config
    return {k: _settings(v) for k, v in config.items() if _has_effect(k, v)}


def _has_effect(name, value):
    if name.endswith("dropout"):
        return isinstance(value, dict)  # a schedule, which others have not
    return not WITHOUT_EFFECT.fullmatch(name)


def arguments_for(cls, config):
    """What of a layer's configuration the constructor of `cls` takes."""
    taken = {"name", "trainable", "dtype", *inspect.signature(cls.__init__).parameters}
    return {name: value for name, value in config.items() if name in taken}


def import_or_explain(module):
    """A module of a package that is not among our requirements."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.replace("_", "-")
        raise ImportError(f"This needs {package}. Install it: pip install {package}.") from error
