"""What becomes of a finished run: scores, answers, a SavedModel."""

import json
import logging
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tasks.common import console
from tasks.common.run_folder import RunFolder
from tasks.image_classification import evaluate, export, predict
from tasks.image_classification.config import ImageConfig
from tasks.image_classification.corpora import load_pictures
from tasks.image_classification.model import ImageClassifier
from tasks.image_classification.scoring import score

pytestmark = pytest.mark.tensorflow

# Everything that a user of the SavedModel needs, and proof that it is everything.
CLIENT = """
import sys
import tensorflow as tf

classify = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
content = [open(path, "rb").read() for path in sys.argv[2:]]
for label in classify(image=tf.constant(content))["label"].numpy():
    print(label.decode())
ours = [name for name in sys.modules if name.startswith(("keras_attention", "tasks"))]
assert not ours, ours
"""


@pytest.fixture(scope="module")
def images(tiny_run):
    run = RunFolder(tiny_run).load_config(ImageConfig)
    return load_pictures(run.data, run.size).test.images


@pytest.fixture(scope="module")
def files(images, tmp_path_factory):
    """Pictures of the test split as files, one of them of another size and in colour."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(3):
        Image.fromarray(images[number, :, :, 0]).save(folder / f"{number}.png")
    Image.fromarray(images[3, :, :, 0]).convert("RGB").resize((80, 50)).save(folder / "3.png")
    return sorted(folder.iterdir())


def test_a_split_is_scored(tiny_run, tmp_path, caplog):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    caplog.set_level(logging.INFO)
    console.run(evaluate.main, [str(run), "--split", "validation", "--flip"])
    for name in ("32 pictures, validation split", "accuracy", "top-5", "macro F1", "precision"):
        assert name in caplog.text
    rows = (run / "validation.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 32


def test_scores_against_their_definition():
    probabilities = np.full((4, 7), 0.05)
    probabilities[np.arange(4), [0, 1, 2, 2]] = 0.7
    probabilities[3, 3] = 0.06
    found = {one.name: one.value for one in score(np.array([0, 1, 2, 3]), probabilities)}
    assert found["accuracy"] == 75.0
    assert found["top-5 accuracy"] == 100.0
    assert "top-5 accuracy" not in [s.name for s in score(np.array([0, 1]), np.eye(2))]


def test_files_and_folders_are_classified(tiny_run, files, images, tmp_path, capsys):
    output, overlays = tmp_path / "out.jsonl", tmp_path / "overlays"
    console.run(predict.main, [str(tiny_run), *map(str, files), "--best", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[1] for line in lines] == [str(file) for file in files]
    assert lines[0].count(" %") == 2
    console.run(
        predict.main,
        [
            str(tiny_run),
            str(files[0].parent),
            "--output",
            str(output),
            "--overlays",
            str(overlays),
        ],
    )
    assert capsys.readouterr().out == ""
    rows = [json.loads(row) for row in output.read_text(encoding="utf-8").splitlines()]
    said = ImageClassifier.load(tiny_run)(images[:3])
    assert [row["label"] for row in rows[:3]] == [one.label for one in said]
    assert {path.name for path in overlays.iterdir()} == {f"{number}.png" for number in range(4)}
    with Image.open(overlays / "0.png") as picture:
        assert picture.size == (256, 256)


@pytest.mark.slow
def test_overlays_of_pictures_with_one_name_are_all_kept(tiny_run, files, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(files[1], other / files[0].name)
    overlays = tmp_path / "overlays"
    arguments = [str(tiny_run), str(files[0]), str(other), "--overlays", str(overlays)]
    for _ in range(2):  # the second time over the first
        console.run(predict.main, arguments)
    assert {path.name for path in overlays.iterdir()} == {"0.png", "0-2.png"}


def test_what_is_no_picture_is_named(tiny_run, files, tmp_path, capsys, caplog):
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(SystemExit):
        console.run(predict.main, [str(tiny_run), str(files[0]), str(text)])
    assert "text.png" in capsys.readouterr().err
    console.run(predict.main, [str(tiny_run), str(files[0]), str(text), "--bad-pictures", "skip"])
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert "Skipped 1 of 2 files" in caplog.text
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit):
        console.run(predict.main, [str(tiny_run), str(tmp_path / "empty")])
    assert "holds no picture" in capsys.readouterr().err


@pytest.fixture(scope="module")
def exported(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "model"
    console.run(export.main, [str(tiny_run), "--output", str(path)])
    return path


def test_the_saved_model_says_what_the_classifier_says(exported, tiny_run, files, images):
    classifier = ImageClassifier.load(tiny_run)
    classify = tf.saved_model.load(exported).signatures["serving_default"]
    found = classify(image=tf.constant([file.read_bytes() for file in files[:3]]))
    assert [name.decode() for name in found["classes"].numpy()] == list(classifier.facts.classes)
    np.testing.assert_allclose(
        found["probabilities"], classifier.probabilities(images[:3]), atol=1e-5
    )
    assert classify(image=tf.constant([files[3].read_bytes()]))["label"].shape == (1,)


@pytest.mark.slow
def test_a_fresh_process_needs_nothing_of_ours(exported, tiny_run, files, images, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-c", CLIENT, str(exported), *map(str, files[:3])],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    expected = [one.label for one in ImageClassifier.load(tiny_run)(images[:3])]
    assert finished.stdout.splitlines() == expected
