"""The learning curve: its table, its models, and one of them trained for some seconds."""

import numpy as np
import pytest
from PIL import Image

from benchmarks import learning_curve
from benchmarks.learning_curve import MODELS, Config, Row
from tasks.image_classification.facts import Facts

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
FACTS = Facts(tuple(CLASSES), (32, 32, 3), (120.0,) * 3, (60.0,) * 3)


def test_table_names_a_number_of_pictures_once():
    rows = [
        Row(500, "compact", 284_000, 90, 8.01, 51.25, 1000),
        Row(500, "plain", 280_000, 80, 7.9, 40.0, 1000),
        Row(1500, "plain", error="no memory"),
    ]
    lines = learning_curve.markdown(rows).splitlines()
    assert lines[2:] == [
        "| 500 | compact | 51.2 % | 284,000 | 90 | 8.0 |",
        "|  | plain | 40.0 % | 280,000 | 80 | 7.9 |",
        "| 1,500 | plain | failed |  |  |  |",
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"models": ("compact", "mlp")}, r"Unknown models: \['mlp'\]"),
        ({"minutes": 0.0}, "must be positive. Received: minutes=0"),
        ({"per_class": (50, 0)}, "per_class="),
    ],
)
def test_what_cannot_be_trained_is_refused(settings, message):
    with pytest.raises(SystemExit, match=message):
        Config(**settings)


@pytest.mark.tensorflow
def test_the_models_are_of_equal_size():
    from benchmarks.learning_curve_worker import build
    from tasks.image_classification.presets import cifar10

    images = np.zeros((2, 32, 32, 3), "float32")
    models = [build(name, cifar10().model, FACTS, "mixed_bfloat16") for name in MODELS]
    assert {tuple(model(images).shape) for model in models} == {(2, 10)}
    sizes = [model.count_params() for model in models]
    assert max(sizes) <= 300_000
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_model_is_trained_in_a_process_of_its_own(tmp_path):
    draw = np.random.default_rng(0)
    for split, count in (("train", 10), ("test", 3)):
        for name in FACTS.classes:
            folder = tmp_path / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                pixels = draw.integers(0, 256, (32, 32, 3), "uint8")
                Image.fromarray(pixels).save(folder / f"{number}.png")
    config = Config(minutes=0.02, folder=tmp_path)
    row = learning_curve.measure("convolutional", 5, config)
    assert row.error == ""
    assert (row.pictures, row.tested) == (50, 30)
    assert row.epochs >= 1
    assert row.minutes > 0
    assert 0 <= row.accuracy <= 100
