"""The benchmark of speech: its work, its cases, its report, and itself at tiny sizes."""

import json

import numpy as np
import pytest

from benchmarks import speech
from benchmarks.measuring import Measurement
from benchmarks.speech_recognizers.contestants import contestants
from benchmarks.speech_recognizers.reporting import disagreements
from benchmarks.speech_recognizers.workload import Case, Workload

SIZES = speech.QUICK_SIZES


def test_work_follows_from_the_seed_alone():
    case = Case("train", 3, 1.1)
    first, again, other = ((one.waveforms(case), one.labels(case)) for one in _workloads(5, 5, 7))
    assert all(map(np.array_equal, first, again))
    assert not any(map(np.array_equal, first, other))
    waveforms, labels = first
    assert waveforms.shape == (3, 17_600)
    assert np.abs(waveforms).max() < 1
    assert labels.shape == (3, 9)
    assert labels.min() > 0


def _workloads(*seeds):
    return (Workload(SIZES, seed) for seed in seeds)


def test_operations_are_those_of_every_product():
    frames = 1 + (16_000 - 512) // 160
    assert Case("features", 3, 1.0).operations(SIZES) == 2 * 3 * frames * 257 * 80
    width, frames = SIZES.d_model, 25
    layer = 4 * width * SIZES.dff + 8 * width**2 + 4 * frames * width
    decoding = 2 * 3 * frames * SIZES.num_layers * layer
    assert Case("decode", 3, 1.0).operations(SIZES) == decoding
    assert Case("train", 3, 1.0).operations(SIZES) == 3 * decoding


def test_cases_of_the_default_run():
    groups = [[str(case) for case in group] for group in speech.case_groups(speech.Config())]
    assert groups == [
        ["features 1x10s float32", "features 32x5s float32"],
        ["train 8x5s float32"],
        ["train 8x5s bfloat16"],
        ["decode 1x5s float32", "decode 1x30s float32"],
    ]


def test_each_takes_part_in_what_it_can():
    names = [one.name for one in contestants()]
    assert len(set(names)) == len(names)
    for task, count in (("features", 5), ("train", 3), ("decode", 6)):
        assert sum(one.supports(Case(task, 1, 1.0)) for one in contestants()) == count


def test_other_features_and_other_sizes_are_named():
    def measured(case, name, **result):
        return Measurement(case, name, "", 1.0, 0.0, 0.0, 0.0, result)

    assert not disagreements([measured("a", "x", values=[1, 2]), measured("b", "x", parameters=99)])
    found = disagreements(
        [
            measured("a", "x", values=[1.0, 2.0]),
            measured("a", "y", values=[1.0, 2.1]),
            measured("b", "x", parameters=100),
            measured("b", "y", parameters=104),
            measured("b", "z", parameters=106),
        ]
    )
    assert found == ["a: y differs from x", "b, number of weights: z differs from x"]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_librosa_and_ours_compute_the_same(tmp_path, capsys):
    output = tmp_path / "results.jsonl"
    config = speech.Config(
        contestants=("ours", "librosa_features"),
        features_shapes=("2x0.7",),
        train_shapes=("2x0.7",),
        decode_shapes=("1x1.5",),
        dtypes=("float32",),
        rounds=1,
        seconds=0.0,
        sizes=SIZES,
        output=output,
    )
    speech.main(config)
    line = json.loads(output.read_text(encoding="utf-8"))
    by_case = {row["case"] for row in line["rows"]}
    assert by_case == {
        "features 2x0.7s float32",
        "train 2x0.7s float32",
        "decode 1x1.5s float32",
    }
    assert len(line["rows"]) == 4 + 2 + 5
    assert min(row["seconds"] for row in line["rows"]) > 0
    assert [one["case"] for one in line["verdicts"]] == ["features 2x0.7s float32"]
    assert "Failed" not in capsys.readouterr().out
