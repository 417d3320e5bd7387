"""Whose result is recorded, and whose model is published: small presets as they stand."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import pytest

from tasks.common import finished
from tasks.common.finished import record_and_publish
from tasks.common.training import CommonTrainConfig

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Config:
    """The least that a run has."""

    name: str = "small"
    train: CommonTrainConfig = field(default_factory=CommonTrainConfig)


@pytest.fixture
def published(monkeypatch, tmp_path):
    """A function that ends a run and says where its model was published, if it was."""
    rows = []

    def record(task, start, row):
        rows.append((task, start, row))
        return tmp_path / f"{task}.jsonl"

    def ends(config, parameters=1_000):
        paths = []
        folder = SimpleNamespace(publish=paths.append)
        row = {"parameters": parameters}
        record_and_publish("task", "start", row, config, {"small": Config}, folder)
        assert rows.pop() == ("task", "start", row)
        return paths

    monkeypatch.setattr(finished, "record", record)
    return ends


def test_a_preset_as_it_stands_is_published(published, tmp_path):
    recorded = replace(Config(), train=CommonTrainConfig(record=True))
    assert published(recorded) == [tmp_path / "task" / "small"]


@pytest.mark.parametrize("settings", [{"label_smoothing": 0.2}, {"average": 3}, {"seed": 1}])
def test_a_variation_of_it_does_not_take_its_place(published, settings):
    assert published(replace(Config(), train=CommonTrainConfig(record=True, **settings))) == []


def test_what_is_no_preset_is_not_published(published):
    assert published(Config(name="mine")) == []


def test_what_is_large_is_not_published(published):
    assert published(Config(), parameters=3_000_001) == []
