"""How the answers of a classifier are printed."""

from collections.abc import Iterable, Mapping


def best_classes(probabilities: Mapping[str, float], count: int) -> list[str]:
    """The names of the likeliest classes, the best first."""
    return sorted(probabilities, key=probabilities.__getitem__, reverse=True)[:count]


def with_probabilities(probabilities: Mapping[str, float], names: Iterable[str]) -> str:
    """These classes with their probabilities.

    Example:

    >>> probabilities = {"good": 0.9, "bad": 0.1}
    >>> with_probabilities(probabilities, best_classes(probabilities, 2))
    'good 90.0 %, bad 10.0 %'
    """
    return ", ".join(f"{name} {100 * probabilities[name]:.1f} %" for name in names)
