"""Fewer cases of slow tests in the fast suite."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def every_nth(n: int, cases: Iterable[Any], label: Callable[[Any], str] = str) -> list:
    """Parameters of a test: each n-th is in the fast suite, the others are left to CI."""
    return [
        pytest.param(case, id=label(case), marks=[pytest.mark.slow] * (i % n > 0))
        for i, case in enumerate(cases)
    ]
