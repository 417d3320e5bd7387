import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from tasks.common.config_json import differences, flatten, from_json, to_json


@dataclass(frozen=True)
class Generated:
    count: int = 7


@dataclass(frozen=True)
class File:
    path: Path
    columns: tuple[int, ...] = (1, 2)


@dataclass(frozen=True)
class Search:
    kind: Literal["beam", "greedy"] = "beam"
    penalty: float = 0.6
    limit: int | None = None


@dataclass(frozen=True)
class Config:
    name: str
    data: Generated | File = field(default_factory=Generated)
    search: Search = field(default_factory=Search)
    exact: bool = False


@pytest.mark.parametrize(
    "config",
    [
        Config("a"),
        Config("b", File(Path("some/file.tsv"), (3, 5)), Search("greedy", 1.5, 11), True),
    ],
)
def test_a_configuration_survives_json(config):
    text = json.dumps(to_json(config))

    assert from_json(Config, json.loads(text)) == config


def test_an_integer_is_a_float_where_a_float_is_meant():
    values = to_json(Config("a")) | {"search": to_json(Search()) | {"penalty": 1}}

    assert from_json(Config, values).search.penalty == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exact": "yes"}, r"config\.json: `exact` must be bool\. Received: 'yes'"),
        ({"exact": 1}, "`exact` must be bool"),
        ({"name": None}, "`name` must be str"),
        ({"search": 3}, "`search` must be the settings of Search"),
        ({"search": to_json(Search()) | {"penalty": "x"}}, r"`search\.penalty` must be float"),
        ({"search": to_json(Search()) | {"kind": "best"}}, "must be one of .*'greedy'"),
        ({"search": to_json(Search()) | {"limit": "x"}}, r"`search\.limit` must be int"),
        ({"search": {"penalty": 0.1}}, r"`search` lacks \['kind', 'limit'\]"),
        ({"data": {"class": "Url"}}, "`data` must be one of Generated, File. Received: 'Url'"),
        ({"data": None}, "`data` must be one of Generated, File"),
        ({"data": {"class": "File", "path": 3, "columns": [1]}}, r"`data\.path` must be a path"),
        ({"data": {"class": "File", "path": "p", "columns": 1}}, r"`data\.columns` must be a list"),
        ({"colour": "red"}, r"has the unknown settings \['colour'\]"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        from_json(Config, to_json(Config("a")) | change, "config.json")


def test_settings_are_named_as_on_the_command_line():
    assert flatten(Config("a")) == {
        "name": "a",
        "data.count": 7,
        "search.kind": "beam",
        "search.penalty": 0.6,
        "search.limit": None,
        "exact": False,
    }


def test_differences_name_both_values():
    saved = Config("a")

    assert differences(saved, saved) == {}
    assert differences(saved, replace(saved, search=Search(limit=5))) == {"search.limit": (None, 5)}
    assert differences(saved, replace(saved, data=File(Path("p")))) == {
        "data.count": (7, None),
        "data.path": (None, Path("p")),
        "data.columns": (None, (1, 2)),
    }
