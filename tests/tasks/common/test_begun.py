"""How a run begins: who looks at its folder, and who writes there."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from tasks.common import begun
from tasks.common.begun import begin
from tasks.common.run_folder import RunFolder
from tasks.common.training import CommonTrainConfig

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Config:
    """The least that a run has."""

    train: CommonTrainConfig = field(default_factory=CommonTrainConfig)


@pytest.fixture(params=[True, False], ids=["first worker", "another worker"])
def writes(request, monkeypatch):
    """Whether this process is the worker that writes."""
    strategy = SimpleNamespace(extended=SimpleNamespace(should_checkpoint=request.param))
    monkeypatch.setattr(begun, "make_strategy", lambda _: strategy)
    return request.param


def test_one_worker_writes_the_settings(writes, tmp_path):
    folder = RunFolder(tmp_path / "run")

    run = begin(Config(), folder, lambda: ["a", "b"])

    assert (run.writes, run.data) == (writes, ["a", "b"])
    assert folder.is_started is writes


def test_only_who_writes_minds_what_is_in_the_folder(writes, tmp_path):
    """The others may come when the settings are half written."""
    (tmp_path / "config.json.part").touch()
    if writes:
        with pytest.raises(ValueError, match="is not empty and holds no run"):
            begin(Config(), RunFolder(tmp_path), list)
    else:
        begin(Config(), RunFolder(tmp_path), list)


def test_a_wrong_folder_is_told_before_the_data_is_read(tmp_path):
    (tmp_path / "letter.txt").touch()

    def load():
        pytest.fail("read the data")

    with pytest.raises(ValueError, match="is not empty"):
        begin(Config(), RunFolder(tmp_path), load)
