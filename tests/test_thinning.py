"""Which cases are left out."""

from pathlib import Path
from types import SimpleNamespace

from thinning import every_nth_case


class Item(SimpleNamespace):
    __hash__ = object.__hash__


def test_of_tests_with_many_cases_every_nth_is_kept():
    many = [Item(path=Path("t.py"), nodeid=f"t.py::many[{i}-a[0]]") for i in range(8)]
    few = [Item(path=Path("t.py"), nodeid=f"t.py::few[{i}]") for i in range(2)]
    other_file = [Item(path=Path("u.py"), nodeid="u.py::many[0]")]
    kept, left_out = every_nth_case(3, [*many, *few, *other_file])
    assert kept == [many[0], many[3], many[6], *few, *other_file]
    assert left_out == [many[1], many[2], many[4], many[5], many[7]]


def test_every_case_is_kept_by_default():
    many = [Item(path=Path("t.py"), nodeid=f"t.py::many[{i}]") for i in range(9)]
    assert every_nth_case(1, many) == (many, [])
