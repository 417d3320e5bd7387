"""Fewer cases of slow tests in the fast suite, and fewer tests on a second backend."""

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


def every_nth_of_each_file(n: int, items: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Collected tests to run and to leave out: of each file the first, and every n-th after it."""
    kept, left_out, seen = [], [], Counter()
    for item in items:
        (left_out if seen[item.path] % n else kept).append(item)
        seen[item.path] += 1
    return kept, left_out
