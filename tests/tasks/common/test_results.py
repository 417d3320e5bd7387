import json
import re

import pytest

from tasks.common import provenance, results
from tasks.common.tensorboard import markdown_table

pytestmark = pytest.mark.tensorflow


def test_a_result_is_a_line_with_what_is_needed_to_repeat_it(tmp_path):
    for seed in (3, 5):
        start = results.Start()
        facts = {"seed": seed, "scores": {"BLEU": 41.5}}
        path = results.record("translation", start, facts, tmp_path)

    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert path == tmp_path / "translation.jsonl"
    assert [line["seed"] for line in lines] == [3, 5]
    assert set(lines[0]) >= {"date", "command", "commit", "scores", "hardware", "versions"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", lines[0]["date"])
    assert lines[0]["wall_seconds"] >= 0
    assert re.fullmatch(r"[0-9a-f]{12,}\+?|unknown", lines[0]["commit"])
    assert re.match(r"\d+ cores of .", lines[0]["hardware"])
    assert lines[0]["command"].startswith("python ")


def test_the_commit_is_that_of_the_start(tmp_path):
    path = results.record("translation", results.Start(commit="0123456789ab"), {}, tmp_path)

    assert json.loads(path.read_text(encoding="utf-8"))["commit"] == "0123456789ab"


def test_without_git_the_commit_is_unknown(monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert provenance.commit() == "unknown"


def test_a_table_is_markdown_and_its_cells_are_plain_text():
    table = markdown_table(["source", "target"], [["a|b", "<i>c</i>\nd"], ["*e*", "_f_"]])

    assert table.splitlines() == [
        "| source | target |",
        "| --- | --- |",
        r"| a\|b | \<i\>c\</i\> d |",
        r"| \*e\* | \_f\_ |",
    ]
