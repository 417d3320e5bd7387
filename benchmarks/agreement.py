"""Whether contestants that were given the same work got the same results."""

from collections.abc import Iterable, Mapping, Sequence


def disagreements(
    results: Iterable[tuple[str, str, str, Sequence[float]]], tolerances: Mapping[str, float]
) -> list[str]:
    """Where a contestant's numbers are not those of the first one with the same work.

    Args:
        results: Of each: the work, its dtype, who did it, and some numbers of the result.
        tolerances: By dtype, relative to the largest of the numbers.
    """
    first, found = {}, []
    for work, dtype, contestant, values in results:
        base, expected = first.setdefault(work, (contestant, values))
        scale = max(map(abs, expected))
        distance = max(abs(x - y) for x, y in zip(values, expected, strict=True))
        if not distance <= tolerances[dtype] * scale:
            found.append(f"{work}: {contestant} differs from {base}")
    return sorted(set(found))
