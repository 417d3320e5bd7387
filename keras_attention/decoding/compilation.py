"""The one place of this package that names backends: how a function is compiled."""

import keras
from keras import ops


def compiled_for(arguments, function, jit_compile, constants=()):
    """`function`, compiled for arguments of exactly the shapes of `arguments`.

    Args:
        arguments: Tensors.
        function: Function of so many tensors.
        jit_compile: Whether XLA compiles it on TensorFlow; otherwise it becomes a graph. On JAX it
            is always compiled, on other backends never.
        constants: Variables whose present values are compiled in, on TensorFlow.

    Returns:
        The compiled function, traced at once on TensorFlow; else, and to compile it, it must be
        called.
    """
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend != "tensorflow":
        return function

    import tensorflow as tf

    values = [ops.convert_to_numpy(variable) for variable in constants]

    def with_constants(*arguments):
        constant_values = [tf.constant(value) for value in values]
        mapping = list(zip(constants, constant_values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return function(*arguments)

    compiled = tf.function(
        with_constants if constants else function,
        input_signature=[tf.TensorSpec(x.shape, x.dtype) for x in arguments],
        jit_compile=jit_compile,
        autograph=False,  # converting the source takes four times as long as tracing
        reduce_retracing=False,
    )
    # Which checks its arguments less: a tenth of a millisecond in each call.
    return compiled.get_concrete_function()


def graph_of(function):
    """`function` of tensors as a graph of TensorFlow for whatever lengths; elsewhere as it is."""
    if keras.backend.backend() != "tensorflow":
        return function

    import tensorflow as tf

    return tf.function(function, autograph=False, reduce_retracing=True)
