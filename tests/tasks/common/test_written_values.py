"""Values that a user writes as Python does: parsed, and never run."""

from dataclasses import dataclass

import pytest

from tasks.common.written_values import parse


@dataclass(frozen=True)
class Point:
    x: int = 0
    y: object = None


CLASSES = {"Point": Point}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Point", Point()),
        (" Point() ", Point()),
        ("Point(x=3)", Point(3)),
        ("Point(y=Point(x=-1))", Point(y=Point(-1))),
        ("Point(y=[1, 'two', None])", Point(y=[1, "two", None])),
        ("3.5", 3.5),
    ],
)
def test_what_it_stands_for(text, expected):
    assert parse(text, CLASSES, "where") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Piont", "`where` cannot be made: there is no Piont: did you mean Point"),
        ("Other", "there is no Other: there are Point"),
        ("Point(3)", "arguments are given by name"),
        ("Point(**{'x': 3})", "arguments are given by name"),
        ("Point(z=3)", "unexpected keyword argument 'z'"),
        ("Point(", "`where` cannot be made"),
        ("__import__('os')", "arguments are given by name"),
        ("Point(x=open(file='x'))", "there is no open"),
        ("Point.x", "`where` cannot be made"),
    ],
)
def test_what_cannot_be_made(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text, CLASSES, "where")
