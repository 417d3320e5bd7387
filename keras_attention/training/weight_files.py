"""Weight files that are whole or absent, and errors that say all that does not fit."""

import os
import tempfile
from pathlib import Path

import h5py

_NOT_OF_THE_MODEL = "optimizer/"


def save_weights(model, path, **facts):
    """Writes the weights of a model, and of its optimizer if it has one, in one step.

    The file gets its name only when it is complete, so an interruption leaves the old one.

    Args:
        model: A built Keras model.
        path: File to write; its name ends with `.weights.h5`.
        **facts: Numbers or arrays to keep with the weights, for `read_facts`.

    Example:

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/last.weights.h5"
    >>> model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    >>> keras_attention.save_weights(model, path, epochs=5)
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"partial-{os.getpid()}-{path.name}")
    try:
        model.save_weights(partial)
        with h5py.File(partial, "a") as file:
            file.attrs.update(facts)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_facts(path):
    """What `save_weights` kept with the weights.

    Args:
        path: A `.weights.h5` file.

    Returns:
        Dictionary, name -> number or array.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged.

    Example:

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/last.weights.h5"
    >>> model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    >>> keras_attention.save_weights(model, path, epochs=5)
    >>> keras_attention.read_facts(path)["epochs"]
    5
    """
    with _opened(path) as file:
        return {name: v if v.ndim else v.item() for name, v in file.attrs.items()}


def load_weights(model, path):
    """Reads a weight file into a model, and into its optimizer if both have one.

    Args:
        model: A built Keras model.
        path: A `.weights.h5` file of a model of the same structure.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is damaged, or if its weights are not those of the model: one error names
            all that are missing, unexpected or of another shape. The model is then unchanged.

    Example:

    >>> import tempfile
    >>> path = tempfile.mkdtemp() + "/last.weights.h5"
    >>> model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)])
    >>> keras_attention.save_weights(model, path)
    >>> keras_attention.load_weights(model, path)
    """
    with _opened(path) as file:
        found = _shapes(file)
    with tempfile.TemporaryDirectory() as folder:
        like = Path(folder, "like.weights.h5")
        model.save_weights(like)
        with h5py.File(like, "r") as file:
            expected = _shapes(file)
    problems = [f"  missing: {name} {expected[name]}" for name in expected if name not in found]
    problems += [f"  unexpected: {name} {found[name]}" for name in found if name not in expected]
    problems += [
        f"  other shape: {name} is {found[name]}, the model has {expected[name]}"
        for name in expected
        if name in found and found[name] != expected[name]
    ]
    if problems:
        raise ValueError(
            f"{path} does not belong to this model:\n"
            + "\n".join(problems)
            + "\nBuild the model with the settings that the file was written with."
        )
    model.load_weights(path)


def _opened(path):
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There are no weights at {path}.")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise ValueError(
            f"{path} is damaged or half-written ({error}). Take another checkpoint, or train again."
        ) from error


def _shapes(file):
    """Path -> shape of every weight in a file, those of an optimizer left out."""
    shapes = {}

    def note(name, item):
        if isinstance(item, h5py.Dataset) and not name.startswith(_NOT_OF_THE_MODEL):
            shapes[name] = tuple(item.shape)

    file.visititems(note)
    return shapes
