"""A few items out of many."""

from collections.abc import Sequence


def spread(items: Sequence, count: int) -> list:
    """`count` of the items, each the middle of as many equal parts.

    Files are often sorted, by length or by class: the first items would all be alike.
    """
    count = min(count, len(items))
    return [items[(2 * i + 1) * len(items) // (2 * count)] for i in range(count)]
