"""Constructor arguments: checks that return what they have checked, and inherited signatures."""

import inspect


def positive_integer(name, value):
    """`value` if it is an integer above zero."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected a positive integer. "
            f"Received: {name}={value}"
        )
    return value


def natural_number(name, value):
    """`value` if it is an integer, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected an integer, 0 or more. "
            f"Received: {name}={value}"
        )
    return value


def positive_number(name, value):
    """`value` if it is a number above zero."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected a positive number. "
            f"Received: {name}={value}"
        )
    return value


def share(name, value):
    """`value` if it is a number from 0 to below 1."""
    if not isinstance(value, (int, float)) or not 0 <= value < 1:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected a number in [0, 1). "
            f"Received: {name}={value}"
        )
    return value


def one_of(name, value, choices):
    """`value` if it is one of `choices`."""
    if value not in choices:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected one of "
            f"{', '.join(map(repr, choices))}. Received: {name}={value!r}"
        )
    return value


def ascending_pair(name, value):
    """`value`, two numbers in ascending order, as a tuple."""
    numbers = isinstance(value, (list, tuple)) and all(isinstance(x, (int, float)) for x in value)
    if not numbers or len(value) != 2 or value[0] > value[1]:
        raise ValueError(
            f"`{name}` must be a pair of numbers in ascending order. Received: {name}={value}."
        )
    return tuple(value)


def pair_of_sizes(name, value):
    """`value`, a pair of positive integers, as a tuple."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(
            f"Received an invalid value for argument `{name}`, expected a pair of positive "
            f"integers. Received: {name}={value}"
        )
    return tuple(positive_integer(name, size) for size in value)


def head_size(d_model, num_heads):
    """Size of each head if `num_heads` heads share `d_model` features."""
    positive_integer("d_model", d_model)
    positive_integer("num_heads", num_heads)
    if d_model % num_heads:
        raise ValueError(
            f"`d_model` must be divisible by `num_heads`. Received: d_model={d_model}, "
            f"num_heads={num_heads}. Choose for example num_heads="
            f"{max(n for n in range(1, num_heads) if d_model % n == 0)}."
        )
    return d_model // num_heads


def signature_of_init(cls):
    """The signature of a class whose `__init__` is inherited.

    Without it, some versions of Python (3.11.2) show that of Keras' `__new__`, `(*args, **kwargs)`.
    """
    signature = inspect.signature(cls.__init__)
    return signature.replace(parameters=list(signature.parameters.values())[1:])
