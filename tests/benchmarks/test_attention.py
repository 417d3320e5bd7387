"""The benchmark of attention: its report of made-up costs, and itself at tiny lengths."""

import json

import pytest

from benchmarks import attention
from benchmarks.attentions.contestants import contestants
from benchmarks.attentions.reporting import (
    Cost,
    Row,
    disagreements,
    draw,
    markdown,
    markdown_of_growth,
    summarize,
)
from benchmarks.attentions.workload import Case, arrays


def cost(contestant, seconds, mib=8.0, length=512, values=(1.0, 2.0), dtype="float32"):
    case = Case(length, "forward", dtype)
    return Cost(
        str(case),
        contestant,
        "2 threads",
        length,
        "forward",
        dtype,
        seconds,
        mib,
        2.0,
        list(values),
    )


def test_medians_and_ratios_to_chunked():
    costs = [cost("chunked", seconds) for seconds in (0.25, 0.5, 4)]
    costs += [cost("peer", 1.0, mib=2.0)]
    chunked, peer = summarize(costs)
    assert (chunked.seconds, chunked.fastest, chunked.slowest, chunked.rounds) == (0.5, 0.25, 4, 3)
    assert (chunked.time_ratio, chunked.memory_ratio) == (1, 1)
    assert (peer.time_ratio, peer.memory_ratio) == (2, 0.25)


def test_without_chunked_there_is_no_ratio():
    (row,) = summarize([cost("peer", 1.0)])
    assert row.time_ratio is row.memory_ratio is None


def test_what_does_not_fit_is_said_in_the_table():
    peer, *_ = (one for one in contestants() if one.quadratic)
    case = Case(2**20, "forward", "float32")
    left_out = attention._left_out(peer, case, 23.0)
    rows = summarize([cost("chunked", 1.0), cost("chunked", 1.0, length=2**20)], [left_out])
    lines = markdown(rows).splitlines()
    assert len(lines) == 2 + 3
    assert "does not fit: needs about 65536 GiB of 23" in lines[-1]
    assert len({line.count("|") for line in lines}) == 1


def test_growth_is_the_exponent_over_two_doublings():
    costs = [cost("alone", 1.0)]
    for length in (512, 1024, 2048, 4096):
        costs.append(cost("chunked", (length / 512) ** 2, mib=length / 32, length=length))
    costs.append(cost("peer", 1.0, mib=8.0, length=1024))
    costs.append(cost("peer", 4.0, mib=32.0, length=2048))
    _, _, *lines = markdown_of_growth(summarize(costs)).splitlines()
    assert lines == [
        "| forward, float32 | chunked | 1024–4096 | 2.00 | 1.00 |",
        "| forward, float32 | peer | 1024–2048 | 2.00 | 2.00 |",
    ]


def test_a_contestant_that_computes_something_else_is_found():
    costs = [cost("chunked", 1.0), cost("peer", 1.0, values=(1.0, 2.1))]
    costs += [cost("window", 1.0, values=(5.0, 7.0)), cost("linear", 1.0, values=(5.0, 8.0))]
    assert disagreements(costs, ["chunked", "peer"]) == [
        "forward float32 512: peer differs from chunked"
    ]
    assert disagreements(costs[:1] + costs[2:], ["chunked", "peer"]) == []


def test_curves_are_drawn_for_each_dtype(tmp_path):
    rows = summarize(
        [
            cost(name, 0.001 * length, mib=length, length=length, dtype=dtype)
            for name in ("chunked", "peer")
            for length in (512, 1024)
            for dtype in ("float32", "bfloat16")
        ],
        [Row("peer", "2 threads", 2048, "forward", "float32", note="does not fit")],
    )
    paths = draw(rows, tmp_path / "images")
    assert [path.name for path in paths] == ["attention_float32.png", "attention_bfloat16.png"]
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_sequences_follow_from_the_seed_alone():
    assert (arrays(11, 3)[0] == arrays(11, 3)[0]).all()
    assert (arrays(11, 3)[0] != arrays(11, 5)[0]).any()


def test_only_what_holds_all_weights_needs_much_memory():
    case = Case(16384, "forward", "float32")
    assert case.weights_gib == 8
    assert {one.name for one in contestants() if one.needed_gib(case)} == {"plain", "Keras"}


def test_unknown_contestant_is_named():
    with pytest.raises(SystemExit, match="Unknown contestants: \\['martian'\\]"):
        attention.choose(["chunked", "martian"])


@pytest.mark.slow
@pytest.mark.tensorflow
def test_ours_and_keras_compute_the_same(tmp_path, capsys):
    output = tmp_path / "results.jsonl"
    config = attention.Config(
        contestants=("chunked", "window", "Keras"),
        lengths=(61,),
        dtypes=("float32",),
        rounds=1,
        seconds=0.0,
        output=output,
        images=tmp_path,
    )
    attention.main(config)
    rows = json.loads(output.read_text(encoding="utf-8"))["rows"]
    assert len(rows) == 3 * 2
    assert min(row["seconds"] for row in rows) > 0
    assert capsys.readouterr().out.count("| window |") == 2
    assert (tmp_path / "attention_float32.png").exists()
