"""Predictions for inputs of many lengths with few compilations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from keras_attention.decoding.buckets import ascending, check_length, smallest_that_holds
from keras_attention.decoding.compilation import compiled_for
from keras_attention.ops.tensordot import blocks_up_to

# Measured on CPUs: with so few tokens in a batch XLA is faster than a graph, and blocks of weights
# are worth their compilation. XLA gains nothing from bfloat16, the products of a graph twice the
# speed.
_MOST_TOKENS_BY_XLA = {"float32": 512}
_MOST_TOKENS_OF_OTHER_TYPES = 64
_MOST_TOKENS_IN_BLOCKS = 64


class BucketedPredictor:
    """Pads inputs to a few shapes, compiles a model once for each, weights included, and calls it.

    For a service that answers again and again, often one input at a time. Inputs are sorted by
    length, the longest first, cut into batches of the largest batch size, and padded to the
    smallest length and batch size that hold them, so there are never more compilations than
    `len(lengths) * len(batch_sizes)`. On TensorFlow weights are constants of what is compiled: they
    are laid out once, in the order in which they will be read.

    Args:
        model: A model, such as a `TextClassifier`, whose input is a dictionary of integers `[batch,
            length]`, padded with 0, and whose output is a tensor `[batch, ...]` or several.
        lengths: The lengths to which inputs are padded.
        batch_sizes: The batch sizes to which batches are padded.
        jit_compile: Whether XLA compiles on TensorFlow; `"auto"` for few tokens only, where it is
            the faster way on a CPU. On JAX it always does.

    Call arguments:
        inputs: Dictionary of sequences of rows of integers, `[inputs, (length)]`; the rows of an
            input have the same length in all entries.

    Returns:
        List of the model's outputs for each input as NumPy arrays, in the order of the inputs. What
        a model says of each token, it says of the padding, too.

    Raises:
        ValueError: If an input is too long, entries differ in their lengths, or `lengths` or
            `batch_sizes` are not positive.

    Example:

    >>> encoder = keras_attention.TextEncoder(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> model = keras_attention.TextClassifier(encoder, keras_attention.SequenceHead(3))
    >>> predict = keras_attention.BucketedPredictor(model, lengths=(4, 8), batch_sizes=(1, 2))
    >>> [logits.shape for logits in predict({"token_ids": [[5, 7, 3], [2, 4, 6, 8, 9]]})]
    [(3,), (3,)]
    >>> predict.compilations
    1
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        lengths: Iterable[int] = (16, 32, 64, 128, 256),
        batch_sizes: Iterable[int] = (1, 64),
        jit_compile: bool | Literal["auto"] = "auto",
    ):
        self.model = model
        self.lengths = ascending("lengths", lengths)
        self.batch_sizes = ascending("batch_sizes", batch_sizes)
        self.jit_compile = jit_compile
        self._compiled = {}

    @property
    def compilations(self) -> int:
        """How many shapes the model has been compiled for."""
        return len(self._compiled)

    def __call__(self, inputs: Mapping[str, Sequence]) -> list[Any]:
        lengths = self._lengths_of(inputs)
        order = np.argsort([-length for length in lengths], kind="stable")
        size = self.batch_sizes[-1]
        found: list[Any] = [None] * len(lengths)
        for start in range(0, len(order), size):
            members = order[start : start + size]
            batch_size = smallest_that_holds(self.batch_sizes, len(members))
            length = smallest_that_holds(self.lengths, lengths[members[0]])
            arrays = {
                name: _padded([rows[i] for i in members], batch_size, length)
                for name, rows in inputs.items()
            }
            outputs = keras.tree.map_structure(ops.convert_to_numpy, self._run(arrays))
            for row, i in enumerate(members):
                found[i] = keras.tree.map_structure(lambda output, row=row: output[row], outputs)
        return found

    def _run(self, arrays):
        names, shape = tuple(sorted(arrays)), next(iter(arrays.values())).shape
        arguments = [ops.convert_to_tensor(arrays[name]) for name in names]
        if (names, shape) not in self._compiled:

            def predict(*arguments):
                with blocks_up_to(_MOST_TOKENS_IN_BLOCKS):
                    return self.model(dict(zip(names, arguments, strict=True)), training=False)

            self._compiled[names, shape] = compiled_for(
                arguments, predict, self._by_xla(shape), self.model.variables
            )
        return self._compiled[names, shape](*arguments)

    def _by_xla(self, shape):
        if self.jit_compile != "auto":
            return self.jit_compile
        most = _MOST_TOKENS_BY_XLA.get(self.model.compute_dtype, _MOST_TOKENS_OF_OTHER_TYPES)
        return shape[0] * shape[1] <= most

    def _lengths_of(self, inputs):
        lengths = {name: [len(row) for row in rows] for name, rows in inputs.items()}
        first = next(iter(lengths.values()), [])
        for name, other in lengths.items():
            if other != first:
                raise ValueError(
                    "All entries of `inputs` must have rows of the same lengths. Received: "
                    f"{next(iter(lengths))} of lengths {first}, {name} of lengths {other}."
                )
        for i, length in enumerate(first):
            check_length(self.lengths, i, length)
        return first


def _padded(rows, batch_size, length):
    """Rows as an int32 matrix, filled up with 0."""
    matrix = np.zeros((batch_size, length), "int32")
    for row, values in zip(matrix, rows, strict=False):
        row[: len(values)] = values
    return matrix
