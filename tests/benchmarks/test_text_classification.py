"""The benchmark of classifiers: its report of made-up timings, its work, itself at tiny sizes."""

import json

import numpy as np
import pytest
from graphs_alone import leave_out_xla

from benchmarks import text_classification
from benchmarks.classification.reporting import disagreements, markdown, rows_of
from benchmarks.contestants import PEAK
from benchmarks.measuring import Measurement
from benchmarks.steps import markdown_of_verdicts, verdicts
from benchmarks.text_classifiers.contestants import contestants
from benchmarks.text_classifiers.workload import PADDING_ID, Case, Workload

SIZES = text_classification.QUICK_SIZES
CASE = Case("predict", 5, 7)
TRAINING = Case("train", 5, 7)
OURS = "ours (graph)", "ours (XLA)"


def measurement(contestant, seconds, values=(1.0, 2.0), parameters=1000, case=CASE):
    result = {"values": list(values), "parameters": parameters}
    speed = case.batch / seconds
    return Measurement(str(case), contestant, "2 threads", speed, 0.5, 0.25, 1.5, result)


def test_medians_and_ratios_to_the_faster_of_ours():
    found = rows_of(
        [
            *(measurement("ours (graph)", seconds) for seconds in (0.25, 0.5, 4)),
            measurement("ours (XLA)", 2.0),
            measurement("peer", 1.0, parameters=1013),
        ],
        [CASE],
        SIZES,
        OURS,
    )
    graph, peer, xla = found
    assert (graph.seconds, graph.fastest, graph.slowest, graph.rounds) == (0.5, 0.25, 4, 3)
    assert [row.contestant for row in found] == ["ours (graph)", "peer", "ours (XLA)"]
    assert [row.time_ratio for row in (graph, peer, xla)] == [1, 2, 4]
    assert (graph.examples_per_second, peer.examples_per_second) == (10, 5)
    assert (graph.parameters, peer.parameters) == (1000, 1013)


def test_the_verdict_is_on_our_better_mode_and_the_best_peer():
    times = {"ours (graph)": 0.5, "ours (XLA)": 0.25, "peer": 0.375, "slow peer": 8.0}
    found = rows_of([measurement(*one) for one in times.items()], [CASE], SIZES, OURS)
    (verdict,) = verdicts(found, OURS, PEAK.name)
    assert (verdict.ours, verdict.peer, verdict.ratio) == ("ours (XLA)", "peer", 1.5)
    *_, line = markdown_of_verdicts([verdict]).splitlines()
    assert line == "| predict 5x7 float32 | ours (XLA) | 250.00 | peer | 375.00 | 1.50 | nan% |"


@pytest.mark.parametrize("present", ["ours (XLA)", "peer"])
def test_without_one_side_there_is_no_verdict(present):
    assert (
        verdicts(rows_of([measurement(present, 0.5)], [CASE], SIZES, OURS), OURS, PEAK.name) == []
    )


def test_table_names_a_case_once():
    found = rows_of(
        [measurement("ours (graph)", 0.5), measurement("peer", 1.0)], [CASE], SIZES, OURS
    )
    lines = markdown(found).splitlines()
    assert lines[2] == (
        "| predict 5x7 float32 | ours (graph) | 2 threads | 500.00 (500.00–500.00) | 10 | 1.00 "
        "| nan% | 1,000 | 1.5 |"
    )
    assert lines[3].startswith("|  | peer | 2 threads | 1000.00 ")
    assert len({line.count("|") for line in lines}) == 1


def test_a_contestant_that_computes_something_else_is_found():
    same, other = measurement("ours (graph)", 0.5), measurement("peer", 0.5, values=(1.0, 2.1))
    assert disagreements([same, same], [CASE], drops=True) == []
    assert disagreements([same, other], [CASE], drops=True) == [
        "predict 5x7 float32: peer differs from ours (graph)"
    ]


def test_losses_are_compared_where_nothing_is_dropped():
    losses = [
        measurement(name, 1, [loss], case=TRAINING) for name, loss in (("ours", 0.5), ("peer", 0.6))
    ]
    assert disagreements(losses, [TRAINING], drops=True) == []
    assert disagreements(losses, [TRAINING], drops=False) == [
        "train 5x7 float32: peer differs from ours"
    ]


@pytest.mark.parametrize(("parameters", "is_found"), [(1019, False), (1021, True), (979, True)])
def test_a_contestant_of_another_size_is_found(parameters, is_found):
    ours, peer = measurement("ours", 1), measurement("peer", 1, parameters=parameters)
    found = ["predict 5x7 float32, number of weights: peer differs from ours"] * is_found
    assert disagreements([ours, peer], [CASE], drops=False) == found


def test_work_follows_from_the_seed_alone():
    first, again, other = Workload(SIZES, 5), Workload(SIZES, 5), Workload(SIZES, 7)
    ids = [each.batch(CASE)[0]["token_ids"] for each in (first, again, other)]
    assert np.array_equal(ids[0], ids[1])
    assert not np.array_equal(ids[0], ids[2])
    for name in ("embeddings", "head"):
        assert all(map(np.array_equal, getattr(first, name)(), getattr(again, name)()))
    layers, same = list(first.layers()), list(again.layers())
    assert all(np.array_equal(layers[1][name], same[1][name]) for name in layers[1])
    assert not np.array_equal(*(layer["linear1.weight"] for layer in layers))


def test_texts_have_lengths_of_their_own_and_one_fills_its_row():
    case = Case("train", 1009, 101)
    inputs, labels = Workload(SIZES).batch(case)
    ids = inputs["token_ids"]
    real = ids != PADDING_ID
    lengths = real.sum(axis=1)
    assert (real == (np.arange(101) < lengths[:, None])).all()  # the padding is behind
    assert lengths[0] == 101
    assert lengths.min() > 0
    assert 0.2 < Workload(SIZES).share_of_padding(case) < 0.3
    assert ids.max() < SIZES.vocabulary_size
    assert set(labels) == set(range(SIZES.num_classes))
    assert Workload(SIZES).share_of_padding(Case("predict", 1, 13)) == 0


def test_cases_of_the_default_run():
    groups = list(text_classification.case_groups(text_classification.Config()))
    assert len(groups) == 2 * 2
    assert [str(case) for case in groups[0]] == ["train 32x256 float32", "train 64x32 float32"]
    assert [str(case) for case in groups[3]] == [
        "predict 1x256 bfloat16",
        "predict 64x256 bfloat16",
        "predict 1x32 bfloat16",
        "predict 64x32 bfloat16",
    ]


def test_every_contestant_takes_part_somewhere():
    config = text_classification.Config()
    cases = [case for group in text_classification.case_groups(config) for case in group]
    assert all(any(map(one.supports, cases)) for one in contestants())
    assert len({one.name for one in contestants()}) == len(contestants())


def test_unknown_contestant_is_named():
    with pytest.raises(SystemExit, match="Unknown contestants: \\['martian'\\]"):
        text_classification.choose(["ours", "martian"])


@pytest.mark.slow
@pytest.mark.tensorflow
def test_stock_keras_and_ours_compute_the_same(tmp_path, capsys, monkeypatch):
    leave_out_xla(monkeypatch, text_classification)
    output = tmp_path / "results.jsonl"
    config = text_classification.Config(
        contestants=("ours", "keras_layers"),
        train_shapes=("3x11",),
        predict_shapes=("5x7",),
        dtypes=("float32",),
        rounds=1,
        seconds=0.0,
        sizes=SIZES,
        output=output,
    )
    text_classification.main(config)
    line = json.loads(output.read_text(encoding="utf-8"))
    assert len(line["rows"]) == (2 + 1) * 2
    assert min(row["seconds"] for row in line["rows"]) > 0
    assert len({row["parameters"] for row in line["rows"]} - {None}) == 1
    assert [one["case"] for one in line["verdicts"]] == [
        "train 3x11 float32",
        "predict 5x7 float32",
    ]
    assert "Failed" not in capsys.readouterr().out
