"""Checkpoint files: named arrays in an `.npz`, never half-written, never partly loaded.

A file holds `weights/<path>` for every weight of the model (the path without the model's name),
`random/<path>` for the state of every dropout, `optimizer/<index>` for every variable of the
optimizer, and `about`, a JSON text that the writer chose.
"""

import json
import os
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import keras
import numpy as np


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint file holds.

    Attributes:
        weights: Path of the weight, without the model's name -> array.
        random: Path of a random state -> array.
        optimizer: Arrays in the order of the optimizer's variables.
        about: Anything that JSON can hold.
    """

    weights: dict[str, np.ndarray]
    random: dict[str, np.ndarray] = field(default_factory=dict)
    optimizer: list[np.ndarray] = field(default_factory=list)
    about: dict = field(default_factory=dict)


def checkpoint_of(model: keras.Model, about: dict) -> Checkpoint:
    """The present state of a compiled, built model."""
    return Checkpoint(
        weights={name: _array(v) for name, v in named_weights(model).items()},
        random={name: _array(v) for name, v in named_random_states(model).items()},
        optimizer=[_array(v) for v in model.optimizer.variables],
        about=about,
    )


def write_checkpoint(path: str | os.PathLike, checkpoint: Checkpoint) -> None:
    """Writes a file under a temporary name and renames it once it is complete."""
    path = Path(path)
    arrays = {f"weights/{name}": value for name, value in checkpoint.weights.items()}
    arrays |= {f"random/{name}": value for name, value in checkpoint.random.items()}
    arrays |= {f"optimizer/{i}": value for i, value in enumerate(checkpoint.optimizer)}
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(checkpoint.about)), **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_checkpoint(path: str | os.PathLike) -> Checkpoint:
    """Reads a whole file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If the file is damaged or not a checkpoint.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("about").item())
    except FileNotFoundError:
        raise FileNotFoundError(f"There is no checkpoint {os.fspath(path)}.") from None
    # All that a truncated or overwritten file was seen to raise.
    except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, OSError, EOFError) as error:
        raise ValueError(
            f"The checkpoint {os.fspath(path)} is damaged or is no checkpoint ({error}). "
            "Take another file of the run, or train anew."
        ) from error
    parts: dict[str, dict] = {"weights": {}, "random": {}, "optimizer": {}}
    for name, value in arrays.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = value
    optimizer = [parts["optimizer"][str(i)] for i in range(len(parts["optimizer"]))]
    return Checkpoint(parts["weights"], parts["random"], optimizer, about)


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
    faults = [f"missing: {name}" for name in variables if name not in weights]
    faults += [f"unexpected: {name}" for name in weights if name not in variables]
    for name in variables.keys() & weights.keys():
        wanted, found = tuple(variables[name].shape), np.shape(weights[name])
        if wanted != found:
            faults.append(f"wrong shape: {name}, the model has {wanted}, the checkpoint {found}")
    if faults:
        where = "These weights do" if named else f"The checkpoint {os.fspath(source)} does"
        raise ValueError(
            "\n  ".join([f"{where} not fit the model `{model.name}`:", *sorted(faults)])
        )
    for name, variable in variables.items():
        variable.assign(weights[name])


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
    >>> from keras_attention.training.checkpoint_file import Checkpoint, write_checkpoint
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for value in (1.0, 2.0):
    ...     write_checkpoint(folder / f"{value}.npz", Checkpoint({"bias": np.full(2, value)}))
    >>> keras_attention.average_weights(sorted(folder.glob("*.npz")))
    {'bias': array([1.5, 1.5])}
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
    """The weights of a built model by path, without the model's own name."""
    if not model.built or not model.weights:
        raise ValueError(
            f"The model `{model.name}` is not built, so it has no weights yet. "
            "Call it on one batch first, or `build` it."
        )
    names = [variable.path.removeprefix(f"{model.name}/") for variable in model.weights]
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


def _array(variable: keras.Variable) -> np.ndarray:
    array = keras.ops.convert_to_numpy(variable)
    # NumPy writes no bfloat16; float32 holds it exactly.
    return array if array.dtype.kind in "fiub" else array.astype("float32")
