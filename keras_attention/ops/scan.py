"""A loop over a sequence."""

import keras
from keras import ops


def scan(step, carry, sequence, dtypes):
    """Carries a state along a sequence and collects what each step returns.

    `keras.ops.scan` does that, but on TensorFlow not for outputs that differ from the state, nor
    for several sequences of a length that is unknown while tracing.

    Args:
        step: Function `(carry, here) -> (carry, output)`, where `here` is the structure of
            `sequence` at one place.
        carry: Nested structure of tensors, what the first step is given.
        sequence: Nested structure of tensors `[length, ...]`.
        dtypes: The structure of `output` with a dtype, a string, for each tensor.

    Returns:
        `(carry, outputs)`: what the last step returned, and the structure of `output` with tensors
        `[length, ...]`.

    Example:

    >>> from keras_attention.ops.scan import scan
    >>> def step(total, x):
    ...     return total + x, {"running": total + x}
    >>> total, outputs = scan(step, np.zeros((), "float32"), np.arange(4.0, dtype="float32"),
    ...                       {"running": "float32"})
    >>> float(total), keras.ops.convert_to_numpy(outputs["running"]).tolist()
    (6.0, [0.0, 1.0, 3.0, 6.0])
    """
    if keras.backend.backend() == "tensorflow":
        from keras_attention.ops.backend import tensorflow_scan

        return tensorflow_scan.scan(step, carry, sequence, dtypes)
    return ops.scan(step, carry, sequence)
