"""Which tests are left out."""

from pathlib import Path
from types import SimpleNamespace

from thinning import every_nth_of_each_file

MANY = [SimpleNamespace(path=Path("t.py"), name=i) for i in range(8)]
FEW = [SimpleNamespace(path=Path("u.py"), name=i) for i in range(2)]


def test_of_each_file_the_first_and_every_nth_test_is_kept():
    kept, left_out = every_nth_of_each_file(3, [*MANY, *FEW])
    assert kept == [MANY[0], MANY[3], MANY[6], FEW[0]]
    assert left_out == [MANY[1], MANY[2], MANY[4], MANY[5], MANY[7], FEW[1]]


def test_every_test_is_kept_by_default():
    assert every_nth_of_each_file(1, MANY) == (MANY, [])
