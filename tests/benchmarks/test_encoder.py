"""The benchmark of encoders: its report of made-up timings, its work, and itself at tiny sizes."""

import json
import math

import numpy as np
import pytest
from graphs_alone import leave_out_xla

from benchmarks import encoder
from benchmarks.contestants import PEAK
from benchmarks.encoders.contestants import LONGEST_OF_XLA, contestants
from benchmarks.encoders.reporting import disagreements, markdown
from benchmarks.encoders.workload import Case, Sizes, Workload, proof
from benchmarks.measuring import Measurement
from benchmarks.steps import markdown_of_verdicts, rows_of, verdicts

SIZES = Sizes(num_layers=2, d_model=12, num_heads=3, dff=17)
CASE = Case(5, 7)
OURS = "ours (graph)", "ours (XLA)"


def measurement(contestant, seconds, values=(1.0, 2.0), case=CASE):
    speed = case.units / seconds
    result = {"output": list(values)} if values else None
    return Measurement(str(case), contestant, "2 threads", speed, 0.5, 0.25, 1.5, result)


def rows(*measurements):
    found = rows_of(measurements, [CASE], SIZES, OURS, PEAK.name)
    return {row.contestant: row for row in found}, found


def test_medians_and_ratios_to_the_faster_of_ours():
    by_name, _ = rows(
        *(measurement("ours (graph)", seconds) for seconds in (0.25, 0.5, 4)),
        measurement("ours (XLA)", 2.0),
        measurement("peer", 1.0),
    )
    graph = by_name["ours (graph)"]
    assert (graph.seconds, graph.fastest, graph.slowest, graph.rounds) == (0.5, 0.25, 4, 3)
    ratios = [by_name[name].time_ratio for name in ("ours (graph)", "ours (XLA)", "peer")]
    assert ratios == [1, 4, 2]


def test_the_share_of_the_peak_is_to_the_matrix_product():
    by_name, _ = rows(measurement("peer", 0.5), measurement(PEAK.name, 0.125, values=None))
    assert by_name["peer"].share_of_peak == 0.25
    assert by_name[PEAK.name].share_of_peak == 1
    assert by_name["peer"].gigaflops == pytest.approx(CASE.operations(SIZES) / 0.5 / 1e9)
    without, _ = rows(measurement("peer", 0.5))
    assert math.isnan(without["peer"].share_of_peak)


def test_operations_are_those_of_every_product():
    shapes = [(12, 12)] * 4 + [(12, 17), (17, 12)]  # of a layer's weights
    attention = 2 * (7 * 12)  # query by keys, weights by values
    forward = 2 * (5 * 7) * 2 * (sum(rows * columns for rows, columns in shapes) + attention)
    assert Case(5, 7, direction="forward").operations(SIZES) == forward
    assert CASE.operations(SIZES) == 3 * forward


def test_the_verdict_is_on_our_better_mode_and_the_best_peer():
    _, found = rows(
        measurement("ours (graph)", 0.5),
        measurement("ours (XLA)", 0.25),
        measurement("peer", 0.375),
        measurement("slow peer", 8.0),
        measurement(PEAK.name, 0.125, values=None),
    )
    (verdict,) = verdicts(found, OURS, PEAK.name)
    assert (verdict.ours, verdict.peer) == ("ours (XLA)", "peer")
    assert (verdict.ratio, verdict.share_of_peak) == (1.5, 0.5)
    *_, line = markdown_of_verdicts([verdict]).splitlines()
    assert line == (
        "| 5x7 float32 forward+backward | ours (XLA) | 250.00 | peer | 375.00 | 1.50 | 50% |"
    )


@pytest.mark.parametrize("absent", ["ours", "peer"])
def test_without_one_side_there_is_no_verdict(absent):
    sides = {"ours": "ours (XLA)", "peer": "peer"}
    present = [name for side, name in sides.items() if side != absent]
    _, found = rows(*(measurement(name, 0.5) for name in (*present, PEAK.name)))
    assert verdicts(found, OURS, PEAK.name) == []


def test_table_names_a_case_once():
    _, found = rows(measurement("ours (graph)", 0.5), measurement("peer", 1.0))
    lines = markdown(found).splitlines()
    assert lines[2].startswith("| 5x7 float32 forward+backward | ours (graph) | 2 threads | 500.0 ")
    assert lines[3].startswith("|  | peer | 2 threads | 1000.0 (1000.0–1000.0) | 2.00 |")
    assert len({line.count("|") for line in lines}) == 1


def test_a_contestant_that_computes_something_else_is_found():
    same, other = measurement("ours (graph)", 0.5), measurement("peer", 0.5, values=(1.0, 2.1))
    peak = measurement(PEAK.name, 0.5, values=None)
    assert disagreements([same, peak, other], [CASE]) == [
        "5x7 float32 forward+backward, output: peer differs from ours (graph)"
    ]
    assert disagreements([same, peak, same], [CASE]) == []
    rounded = Case(5, 7, "bfloat16")
    close = [measurement("a", 1, case=rounded), measurement("b", 1, (1.0, 2.05), case=rounded)]
    assert disagreements(close, [rounded]) == []


def test_the_proof_does_not_depend_on_the_order_of_weights():
    output, of_input = np.ones((2, 3, 11), "float32"), np.zeros((2, 3, 11), "float32")
    weights = [np.full((2, 2), 2.0, "float32"), np.full(9, 1.0, "float32")]
    found = proof(output, [of_input, *weights])
    assert found == proof(output, [of_input, weights[1], weights[0].ravel()])
    assert found["norm of the gradient"] == [5.0]
    assert list(proof(output)) == ["output"]


def test_work_follows_from_the_seed_alone():
    first, again, other = Workload(SIZES, 5), Workload(SIZES, 5), Workload(SIZES, 7)
    assert all(map(np.array_equal, first.arrays(CASE), again.arrays(CASE)))
    assert not np.array_equal(first.arrays(CASE)[0], other.arrays(CASE)[0])
    weights, same = first.weights(), again.weights()
    assert all(np.array_equal(weights[name], same[name]) for name in weights)
    layers = [weights[f"layers.{index}.linear1.weight"] for index in range(2)]
    assert not np.array_equal(*layers)


def test_cases_of_the_default_run():
    groups = list(encoder.case_groups(encoder.Config()))
    assert len(groups) == 2 * 4
    assert [str(case) for case in groups[0]] == [
        "64x32 float32 forward",
        "64x32 float32 forward+backward",
    ]


def test_every_contestant_takes_part_somewhere_and_xla_only_in_short_cases():
    cases = [case for group in encoder.case_groups(encoder.Config()) for case in group]
    assert all(any(map(one.supports, cases)) for one in contestants())
    long = Case(1, LONGEST_OF_XLA + 1)
    taking_part = {one.name for one in contestants() if one.supports(long)}
    assert "ours (graph)" in taking_part
    assert not any("XLA" in name for name in taking_part)


def test_unknown_contestant_is_named():
    with pytest.raises(SystemExit, match="Unknown contestants: \\['martian'\\]"):
        encoder.choose(["ours", "martian"])


@pytest.mark.slow
@pytest.mark.tensorflow
def test_stock_keras_and_ours_compute_the_same(tmp_path, capsys, monkeypatch):
    leave_out_xla(monkeypatch, encoder)
    output = tmp_path / "results.jsonl"
    config = encoder.Config(
        contestants=("ours", "keras_layers"),
        shapes=("3x11",),
        dtypes=("float32",),
        rounds=1,
        seconds=0.0,
        sizes=encoder.QUICK_SIZES,
        output=output,
    )
    encoder.main(config)
    line = json.loads(output.read_text(encoding="utf-8"))
    assert len(line["rows"]) == (2 + 1) * 2
    assert min(row["seconds"] for row in line["rows"]) > 0
    assert [one["case"] for one in line["verdicts"]] == [
        "3x11 float32 forward",
        "3x11 float32 forward+backward",
    ]
    assert "Failed" not in capsys.readouterr().out
