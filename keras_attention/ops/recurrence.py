"""Sums in which everything earlier fades."""

from keras import ops


def linear_recurrence(factors, inputs):
    r"""All values of a linear recurrence of first order, over the last axis.

    $$ x_j = f_j x_{j-1} + b_j, \qquad x_{-1} = 0 $$

    Exact, in about `log2(length)` steps over the whole axis.

    Args:
        factors: Float tensor `[..., length]`; the first plays no part.
        inputs: Float tensor of the same shape.

    Returns:
        Tensor of the same shape.

    Example:

    >>> from keras_attention.ops.recurrence import linear_recurrence
    >>> factors, inputs = np.full((4,), 0.5, "float32"), np.array([8, 0, 0, 2], "float32")
    >>> keras.ops.convert_to_numpy(linear_recurrence(factors, inputs)).tolist()
    [8.0, 4.0, 2.0, 3.0]
    """
    length = inputs.shape[-1]
    if length is None:
        return _of_unknown_length(factors, inputs)
    distance = 1
    while distance < length:
        # So far each value knows the inputs at less than this distance: ask the one before them.
        inputs = inputs + factors * _shifted(inputs, distance)
        factors = factors * _shifted(factors, distance)
        distance *= 2
    return inputs


def _shifted(x, distance):
    """Each value moved to the right; zeros follow."""
    padding = [[0, 0]] * (len(x.shape) - 1) + [[distance, 0]]
    return ops.pad(x[..., :-distance], padding)


def _of_unknown_length(factors, inputs):
    place = ops.arange(ops.shape(inputs)[-1], dtype="int32")

    def unfinished(distance, factors, inputs):  # noqa: ARG001 - as all loop variables
        return distance < ops.shape(inputs)[-1]

    def double(distance, factors, inputs):
        earlier_factors, earlier_inputs = (
            ops.where(place >= distance, ops.roll(x, distance, axis=-1), 0.0)
            for x in (factors, inputs)
        )
        return distance * 2, factors * earlier_factors, inputs + factors * earlier_inputs

    variables = (ops.ones((), "int32"), factors, inputs)
    # XLA needs to know how much a gradient must remember: no tensor is longer than 2 ** 31.
    return ops.while_loop(unfinished, double, variables, maximum_iterations=31)[2]
