"""Weights of models in files: saved whole, loaded or refused as a whole, averaged."""

import os
import re

import keras
import numpy as np

from keras_attention.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint


def save_weights(model: keras.Model, path: str | os.PathLike) -> None:
    """Writes the weights of a model; the file gets its name only once it is complete.

    Args:
        model: A built model.
        path: The file, usually `.npz`; its folder is made if need be.

    Returns:
        Nothing.

    Raises:
        ValueError: If the model is not built, or two of its weights have the same path.

    Example:

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="logits")])
    >>> path = tempfile.mkdtemp() + "/model.npz"
    >>> keras_attention.save_weights(model, path)
    >>> keras_attention.load_weights(model, path)
    """
    weights = {name: to_array(variable) for name, variable in named_weights(model).items()}
    write_checkpoint(path, Checkpoint(weights))


def load_weights(model: keras.Model, source: str | os.PathLike | dict[str, np.ndarray]) -> None:
    """Loads the weights of a checkpoint file, or weights by name, into a built model.

    Either every weight is loaded or, with an error that lists all that does not fit, none.

    Args:
        model: A built model.
        source: A checkpoint file, or weights by name such as `average_weights` returns.

    Returns:
        Nothing; the model is changed.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the model is not built, the file is damaged, or the weights do not fit.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="logits")])
    >>> ones = {"logits/kernel": np.ones((2, 3)), "logits/bias": np.ones(3)}
    >>> keras_attention.load_weights(model, ones)
    >>> np.array(model(np.ones((1, 2))))
    array([[3., 3., 3.]], dtype=float32)
    """
    named = isinstance(source, dict)
    weights = source if named else read_checkpoint(source).weights
    variables = named_weights(model)
    where = "These weights do" if named else f"The checkpoint {os.fspath(source)} does"
    shapes = {name: variable.shape for name, variable in variables.items()}
    check_fit(shapes, weights, f"{where} not fit the model `{model.name}`:")
    for name, variable in variables.items():
        variable.assign(weights[name])


def check_fit(wanted: dict[str, tuple], weights: dict[str, np.ndarray], complaint: str) -> None:
    """Refuses weights of other names or shapes than the wanted, with all faults in one error."""
    faults = [f"missing: {name}" for name in wanted if name not in weights]
    faults += [f"unexpected: {name}" for name in weights if name not in wanted]
    for name in wanted.keys() & weights.keys():
        shape, found = tuple(wanted[name]), tuple(np.shape(weights[name]))
        if shape != found:
            faults.append(f"wrong shape: {name}, the model has {shape}, the checkpoint {found}")
    if faults:
        raise ValueError("\n  ".join([complaint, *sorted(faults)]))


def average_weights(files: list[str | os.PathLike]) -> dict[str, np.ndarray]:
    """The mean of the weights of several checkpoints of one run, often better than each of them.

    Args:
        files: Checkpoint files of the same model, at least one.

    Returns:
        Weights by name, for `load_weights`.

    Raises:
        ValueError: If there is no file, or the files do not hold the same weights.

    Example:

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="logits")])
    >>> for value in (1.0, 2.0):
    ...     keras_attention.load_weights(
    ...         model, {"logits/kernel": np.full((2, 1), value), "logits/bias": np.zeros(1)}
    ...     )
    ...     keras_attention.save_weights(model, folder / f"{value}.npz")
    >>> keras_attention.average_weights(sorted(folder.glob("*.npz")))["logits/kernel"]
    array([[1.5],
           [1.5]], dtype=float32)
    """
    if not files:
        raise ValueError("`files` must name at least one checkpoint. Received: files=[].")
    first, total = None, {}
    for path in files:
        weights = read_checkpoint(path).weights
        shapes = {name: value.shape for name, value in weights.items()}
        first = first or (path, shapes)
        if shapes != first[1]:
            raise ValueError(f"{path} holds other weights than {first[0]}: no mean can be taken.")
        total = {
            name: total.get(name, 0) + value.astype("float64") for name, value in weights.items()
        }
    return {name: (total[name] / len(files)).astype(weights[name].dtype) for name in weights}


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """The weights of a built model, or part of one, by path, without the model's own path."""
    if not model.built or not model.weights:
        raise ValueError(
            f"The model `{model.name}` is not built, so it has no weights yet. "
            "Call it on one batch first, or `build` it."
        )
    own = f"{model.path or model.name}/"
    names = [variable.path.removeprefix(own) for variable in model.weights]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(
            f"Give these layers names of their own; their weights share paths: {repeated}."
        )
    return dict(zip(names, model.weights, strict=True))


def named_random_states(model: keras.Model) -> dict[str, keras.Variable]:
    """The states of the model's dropouts and the like, by path."""
    states = [v for v in model.variables if v.name == "seed_generator_state"]
    # Keras numbers its seed generators through the whole process.
    names = [re.sub(r"seed_generator_\d+", "seed_generator", v.path) for v in states]
    names = [name.removeprefix(f"{model.name}/") for name in names]
    return {f"{name}#{names[:i].count(name)}": states[i] for i, name in enumerate(names)}


def to_array(variable: keras.Variable) -> np.ndarray:
    """The value of a variable, as a file holds it."""
    array = keras.ops.convert_to_numpy(variable)
    # NumPy writes no bfloat16; float32 holds it exactly.
    return array if array.dtype.kind in "fiub" else array.astype("float32")
