"""Fewer cases of slow tests in the fast suite, and of all tests on a second backend."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def every_nth(n: int, cases: Iterable[Any], label: Callable[[Any], str] = str) -> list:
    """Parameters of a test: each n-th is in the fast suite, the others are left to CI."""
    return [
        pytest.param(case, id=label(case), marks=[pytest.mark.slow] * (i % n > 0))
        for i, case in enumerate(cases)
    ]


def every_nth_case(n: int, items: list[Any], few: int = 2) -> tuple[list[Any], list[Any]]:
    """Collected tests to run and to leave out: of each with more than `few` cases, every n-th."""
    name = {item: (item.path, item.nodeid.split("[")[0]) for item in items}
    totals, seen = Counter(name.values()), Counter()
    kept, left_out = [], []
    for item in items:
        of_test = name[item]
        stays = totals[of_test] <= few or seen[of_test] % n == 0
        (kept if stays else left_out).append(item)
        seen[of_test] += 1
    return kept, left_out
