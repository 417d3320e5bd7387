"""Decoding many inputs of many lengths with few compilations."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np
from keras import ops

from keras_attention.decoding.buckets import ascending, check_length, smallest_that_holds
from keras_attention.decoding.compilation import compiled_for
from keras_attention.decoding.hypotheses import Hypotheses

_logger = logging.getLogger(__name__)


class BucketedDecoder:
    """Pads inputs to a few shapes, compiles a function once for each, and calls it.

    Inputs are sorted by length, the longest first, cut into batches of the largest batch size, and
    padded to the smallest length and batch size that hold them. Missing rows of the last batch get
    the limit 0. So there are never more compilations than `len(lengths) * len(batch_sizes)`; each
    is logged, and `compilations` counts them.

    On TensorFlow the function is traced without AutoGraph, and compiled by XLA unless `jit_compile`
    is false; on JAX it is compiled by `jax.jit`, which keeps the weights of the first call. Other
    backends just call it.

    Args:
        function: `(inputs, limits) -> Hypotheses`, which calls `decode`. `inputs` is a tensor
            `[batch, length, ...]`, int32 or float32, and `limits` int32 `[batch]`, both of known
            shape. The `max_length` of its hypotheses may depend on the length.
        lengths: The lengths to which inputs are padded.
        batch_sizes: The batch sizes to which batches are padded.
        pad_id: What fills inputs and hypotheses after their end.
        jit_compile: Whether XLA compiles the function on TensorFlow.
        constants: Variables, such as the weights of a model, that are compiled in with their
            present values, on TensorFlow. Faster, but training them further has no effect on what
            has been compiled.

    Call arguments:
        inputs: Sequence of arrays `[length, ...]` or lists.
        limits: Integers, one for each input: most tokens to generate. Defaults to the `max_length`
            of the function.

    Returns:
        `Hypotheses` of NumPy arrays, in the order of the inputs. `token_ids` has the `max_length`
        of the longest input.

    Raises:
        ValueError: If an input is too long or has another shape than the others, there is not one
            limit for each input, or `lengths` or `batch_sizes` are not positive.

    Example:

    >>> def function(source_ids, limits):
    ...     def step(token_ids, state, lineage):  # counts upwards from the first source id
    ...         return 9 * keras.ops.one_hot(token_ids + 1, 7), state
    ...
    ...     return keras_attention.decode(
    ...         step, (), keras_attention.Greedy(), batch_size=source_ids.shape[0],
    ...         max_length=source_ids.shape[1], start_id=0, end_id=4, limits=limits
    ...     )
    >>> decoder = keras_attention.BucketedDecoder(function, lengths=(3, 5), batch_sizes=(2,))
    >>> decoder([[1, 1], [1, 1, 1, 1], [1]]).token_ids[:, 0].tolist()
    [[1, 2, 3, 4, 0], [1, 2, 3, 4, 0], [1, 2, 3, 0, 0]]
    >>> decoder.compilations
    2
    """

    def __init__(
        self,
        function: Callable,
        *,
        lengths: Iterable[int] = (16, 32, 64, 128),
        batch_sizes: Iterable[int] = (1, 32),
        pad_id: int = 0,
        jit_compile: bool = True,
        constants: Iterable[keras.Variable] = (),
    ):
        self.function = function
        self.lengths = ascending("lengths", lengths)
        self.batch_sizes = ascending("batch_sizes", batch_sizes)
        self.pad_id = pad_id
        self.jit_compile = jit_compile
        self.constants = tuple(constants)
        self._compiled = {}

    @property
    def compilations(self) -> int:
        """How many shapes the function has been compiled for."""
        return len(self._compiled)

    def __call__(self, inputs: Sequence, limits: Sequence[int] | None = None) -> Hypotheses:
        inputs = [_as_array(x) for x in inputs]
        self._check(inputs, limits)
        if not inputs:
            none = np.zeros((0, 0), "int32")
            return Hypotheses(none[:, :, None], none, none.astype("float32"))
        limits = np.full(len(inputs), _NO_LIMIT) if limits is None else np.asarray(limits, "int32")
        order = np.argsort([-len(x) for x in inputs], kind="stable")
        size = self.batch_sizes[-1]
        batches = [order[start : start + size] for start in range(0, len(order), size)]
        found = [self._decode([inputs[i] for i in batch], limits[batch]) for batch in batches]
        return self._merged(found, order)

    def _decode(self, inputs, limits):
        batch_size = smallest_that_holds(self.batch_sizes, len(inputs))
        length = smallest_that_holds(self.lengths, len(inputs[0]))
        padded = np.full((batch_size, length, *inputs[0].shape[1:]), self.pad_id, inputs[0].dtype)
        for row, x in zip(padded, inputs, strict=False):
            row[: len(x)] = x
        padded_limits = np.zeros(batch_size, "int32")
        padded_limits[: len(inputs)] = limits
        hypotheses = self._run(padded, padded_limits)
        return [ops.convert_to_numpy(x)[: len(inputs)] for x in hypotheses]

    def _run(self, inputs, limits):
        key = (inputs.shape, inputs.dtype)
        arguments = ops.convert_to_tensor(inputs), ops.convert_to_tensor(limits)
        if key in self._compiled:
            return self._compiled[key](*arguments)
        started = time.perf_counter()
        compiled = compiled_for(arguments, self.function, self.jit_compile, self.constants)
        hypotheses = compiled(*arguments)
        self._compiled[key] = compiled
        _logger.info(
            "Compiled for batches of %d inputs of length %d and ran it in %.1f s (compilation %d)",
            *inputs.shape[:2],
            time.perf_counter() - started,
            self.compilations,
        )
        return hypotheses

    def _merged(self, found, order):
        token_ids, lengths, scores = zip(*found, strict=True)
        longest = max(x.shape[-1] for x in token_ids)
        token_ids = [
            np.pad(x, [(0, 0), (0, 0), (0, longest - x.shape[-1])], constant_values=self.pad_id)
            for x in token_ids
        ]
        back = np.argsort(order)
        return Hypotheses(*(np.concatenate(x)[back] for x in (token_ids, lengths, scores)))

    def _check(self, inputs, limits):
        for i, x in enumerate(inputs):
            check_length(self.lengths, i, len(x))
            if x.shape[1:] != inputs[0].shape[1:] or x.dtype != inputs[0].dtype:
                raise ValueError(
                    "Inputs must agree in dtype and in all axes but the first. Received: "
                    f"{inputs[0].dtype} {inputs[0].shape} and, as input {i}, {x.dtype} {x.shape}."
                )
        if limits is not None and len(limits) != len(inputs):
            raise ValueError(
                "There must be one limit for each input. "
                f"Received: {len(limits)} limits, {len(inputs)} inputs."
            )


# More than any `max_length`; `decode` takes the smaller one.
_NO_LIMIT = np.int32(2**31 - 1)


def _as_array(x):
    x = np.asarray(x)
    return x.astype("float32" if np.issubdtype(x.dtype, np.floating) else "int32")
