"""The benchmark of vision transformers: its work, its cases, and itself at tiny sizes."""

import json

import numpy as np
import pytest
from graphs_alone import leave_out_xla

from benchmarks import image_classification
from benchmarks.image_classifiers.contestants import contestants
from benchmarks.image_classifiers.workload import Case, Workload

SIZES = image_classification.QUICK_SIZES
CASE = Case("predict", 5, 12, 3)


def test_work_follows_from_the_seed_alone():
    first, again, other = Workload(SIZES, 5), Workload(SIZES, 5), Workload(SIZES, 7)

    def arrays(workload):
        head, projection = workload.head(), workload.projection(CASE)
        pictures = workload.batch(CASE)
        return [*pictures, *head, *projection, workload.class_token(), workload.positions(CASE)]

    assert all(map(np.array_equal, arrays(first), arrays(again)))
    assert not any(map(np.array_equal, arrays(first), arrays(other)))


def test_positions_are_those_of_the_patches_row_by_row():
    positions = Workload(SIZES).positions(CASE)
    assert positions.shape == (4, 4, SIZES.d_model)
    all_of_them = Workload(SIZES).positions_of_all(CASE)
    assert not all_of_them[0].any()
    np.testing.assert_array_equal(all_of_them[1 + 4 * 2 + 3], positions[2, 3])


def test_operations_are_those_of_every_product():
    width, tokens = SIZES.d_model, 1 + 16
    weights = 4 * width**2 + 2 * width * SIZES.dff
    layers = SIZES.num_layers * tokens * (weights + 2 * tokens * width)
    projection = 16 * (3 * 3 * 3) * width
    assert CASE.operations(SIZES) == 2 * 5 * (layers + projection)
    training = Case("train", 5, 12, 3)
    assert training.operations(SIZES) == 2 * 5 * (3 * layers + 2 * projection)


def test_cases_of_the_default_run():
    groups = list(image_classification.case_groups(image_classification.Config()))
    assert len(groups) == 2 * 2
    assert [str(case) for case in groups[0]] == ["train 8x224/16 float32", "train 64x32/4 float32"]
    assert str(groups[3][0]) == "predict 1x224/16 bfloat16"


def test_names_are_unique():
    assert len({one.name for one in contestants()}) == len(contestants())


@pytest.mark.slow
@pytest.mark.tensorflow
def test_keras_and_ours_compute_the_same(tmp_path, capsys, monkeypatch):
    leave_out_xla(monkeypatch, image_classification)
    output = tmp_path / "results.jsonl"
    config = image_classification.Config(
        contestants=("ours", "keras_layers"),
        train_shapes=("3x15/5",),
        predict_shapes=("5x12/4",),
        dtypes=("float32",),
        rounds=1,
        seconds=0.0,
        sizes=SIZES,
        output=output,
    )
    image_classification.main(config)
    line = json.loads(output.read_text(encoding="utf-8"))
    assert len(line["rows"]) == (2 + 1) * 2
    assert min(row["seconds"] for row in line["rows"]) > 0
    assert [one["case"] for one in line["verdicts"]] == [
        "train 3x15/5 float32",
        "predict 5x12/4 float32",
    ]
    assert "Failed" not in capsys.readouterr().out
