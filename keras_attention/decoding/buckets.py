"""The few shapes to which inputs are padded, so that few programs are compiled."""

from collections.abc import Iterable, Sequence


def ascending(name: str, sizes: Iterable[int]) -> tuple[int, ...]:
    """Sizes without repetition, the smallest first.

    Raises:
        ValueError: If there are none, or one is not positive. It calls them `name`.
    """
    sizes = tuple(sorted(set(sizes)))
    if not sizes or sizes[0] < 1:
        raise ValueError(f"`{name}` must be positive integers. Received: {sizes}.")
    return sizes


def smallest_that_holds(sizes: Sequence[int], size: int) -> int:
    """The first of ascending `sizes` that is at least `size`."""
    return next(one for one in sizes if one >= size)


def check_length(lengths: Sequence[int], number: int, length: int) -> None:
    """Raise ValueError if an input is longer than the last of `lengths`."""
    if length > lengths[-1]:
        raise ValueError(
            f"Inputs must not be longer than the last of `lengths`, {lengths[-1]}: cut them, or "
            f"pass greater `lengths`. Received: input {number} of length {length}."
        )
