"""Medians, ratios, table and results file, from made-up timings."""

import json
import math

import pytest

from benchmarks.measuring import Measurement
from benchmarks.reporting import append_line, markdown, run_facts, summarize


def measurement(case, contestant, speed, result=0.5, setting="2 threads", first=1.25):
    return Measurement(case, contestant, setting, speed, 0.5, 0.25, first, result)


def rows_by_name(measurements, ours=("ours",), own_weights=()):
    return {(row.case, row.contestant): row for row in summarize(measurements, ours, own_weights)}


def test_medians_and_ratios():
    rounds = [
        *(measurement("train", "ours", speed) for speed in (300, 100, 200)),
        *(measurement("train", "peer", speed, first=7) for speed in (40, 60, 50)),
    ]
    rows = rows_by_name(rounds)
    ours, peer = rows["train", "ours"], rows["train", "peer"]
    assert (ours.tokens_per_second, ours.lowest, ours.highest, ours.rounds) == (200, 100, 300, 3)
    assert (ours.ours_over_it, peer.ours_over_it) == (1.0, 4.0)
    assert (ours.first_seconds, peer.first_seconds) == (1.25, 7)


def test_ratios_are_to_our_faster_variant_of_each_case():
    rows = rows_by_name(
        [
            measurement("short", "ours, XLA", 50),
            measurement("short", "ours", 20),
            measurement("short", "peer", 100),
            measurement("long", "ours, XLA", 10),
            measurement("long", "ours", 40),
            measurement("long", "peer", 80),
        ],
        ours=("ours", "ours, XLA"),
    )
    assert rows["short", "peer"].ours_over_it == 0.5
    assert rows["short", "ours"].ours_over_it == 2.5
    assert rows["long", "peer"].ours_over_it == 0.5


def test_without_ours_there_is_no_ratio():
    rows = rows_by_name([measurement("greedy", "peer", 100, [[5, 7]])])
    assert math.isnan(rows["greedy", "peer"].ours_over_it)
    assert rows["greedy", "peer"].equal is None


def test_sentences_are_compared_with_ours():
    rows = rows_by_name(
        [
            measurement("greedy", "ours", 3, [[5, 7], [11, 13]]),
            measurement("greedy", "same", 2, [[5, 7], [11, 13]]),
            measurement("greedy", "other", 1, [[5, 7], [11, 17]]),
            measurement("greedy", "own", 1, [[2, 2], [2, 2]]),
        ],
        own_weights=["own"],
    )
    equal = [rows["greedy", name].equal for name in ("ours", "same", "other", "own")]
    assert equal == [None, 1.0, 0.5, None]
    assert rows["greedy", "other"].check == "50% equal ours"


def test_table_has_the_fastest_first_and_names_a_case_once():
    measurements = [
        measurement("greedy ×1", "slow", 10, [[5]]),
        measurement("greedy ×1", "ours", 40, [[5]]),
        measurement("train", "ours", 80, 6.25),
    ]
    lines = markdown(summarize(measurements, ["ours"])).splitlines()
    assert lines[2].startswith("| greedy ×1 | ours | 2 threads | 40 (40–40) | 1.00 | 0.5 | 0.2 |")
    assert lines[3].startswith("|  | slow | 2 threads | 10 (10–10) | 4.00 |")
    assert lines[4].endswith("| loss 6.250 |")
    assert len({line.count("|") for line in lines}) == 1


def test_every_run_is_a_line_with_what_makes_it_reproducible(tmp_path):
    path = tmp_path / "results" / "benchmark.jsonl"
    rows = summarize([measurement("train", "ours", 80)], ["ours"])
    for _ in range(2):
        append_line(path, run_facts(["keras"]), rows)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2
    assert {"date", "command", "commit", "hardware", "versions", "rows"} == set(lines[0])
    assert lines[0]["hardware"]["cores"] >= 1
    assert lines[0]["rows"][0]["tokens_per_second"] == pytest.approx(80)
