"""What a configuration becomes, and what can be begun with and learned from."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_attention.training.checkpoint_file import Checkpoint, write_checkpoint
from keras_attention.training.objectives import HardDistillation, SoftDistillation
from keras_attention.training.weight_files import named_weights, to_array
from tasks.common.run_folder import RunFolder
from tasks.image_classification import facts as facts_module
from tasks.image_classification.config import DistillationConfig, ImageConfig, ModelConfig
from tasks.image_classification.facts import Facts
from tasks.image_classification.model import (
    ImageClassifier,
    begin_with,
    build_model,
    make_objective,
)
from tasks.image_classification.pictures import Pictures, Splits

pytestmark = pytest.mark.tensorflow

FACTS = Facts(("a", "b", "c"), (16, 16, 3), (10.0, 20.0, 30.0), (1.0, 2.0, 4.0))
SIZES = {"num_layers": 2, "d_model": 12, "num_heads": 3, "dff": 17, "dropout": 0.0}
draw = np.random.default_rng(3)


def pictures(count=5, shape=FACTS.image_shape):
    return draw.uniform(0, 255, (count, *shape)).astype("float32")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tokenizer": "shifted_patches", "attention_dropout": 0.1},
        {"tokenizer": "convolutions", "convolutions": 2, "pooling": "sequence"},
        {"patch_stride": 2, "remainder": "pad", "pooling": "mean", "registers": 3},
        {"pooling": "class_attention", "layer_scale": 1e-2, "stochastic_depth": 0.2},
        {"window": 2, "pooling": "mean", "position_scheme": "RelativeBias2D"},
        {"position_scheme": "Rotary2D", "normalization": "post"},
        {"distillation_token": True, "registers": 2},
    ],
    ids=str,
)
def test_every_part_can_be_chosen(settings):
    model = build_model(ModelConfig(**(SIZES | settings)), FACTS)
    logits = model(pictures())
    assert logits.shape == (5, 3)
    assert np.ptp(logits, axis=0).min() > 0


@pytest.mark.parametrize("portion", [2**23, 2000, 1])
def test_pixels_are_scaled_by_those_of_the_training_split(monkeypatch, portion):
    monkeypatch.setattr(facts_module, "_PORTION", portion)
    images = draw.integers(0, 256, (7, 16, 16, 3), "uint8")
    empty = Pictures(images[:1], np.zeros(1, "int32"))
    splits = Splits(("a", "b"), Pictures(images, np.zeros(7, "int32")), empty, empty)
    facts = Facts.of(splits)
    np.testing.assert_allclose(facts.mean, images.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(facts.deviation, images.std(axis=(0, 1, 2)), rtol=1e-6)
    scaled = build_model(ModelConfig(**SIZES), facts).encoder.rescaling(images.astype("float32"))
    np.testing.assert_allclose(np.mean(scaled, axis=(0, 1, 2)), 0.0, atol=1e-4)
    np.testing.assert_allclose(np.std(scaled, axis=(0, 1, 2)), 1.0, atol=1e-4)


def test_pictures_without_contrast_are_no_division_by_zero():
    black = Pictures(np.zeros((2, 4, 4, 1), "uint8"), np.zeros(2, "int32"))
    facts = Facts.of(Splits(("a", "b"), black, black, black))
    assert facts.mean == (0.0,)
    assert facts.deviation == (255.0,)


def test_patches_that_do_not_fit_are_refused_or_padded():
    facts = replace(FACTS, image_shape=(15, 16, 3))
    with pytest.raises(ValueError, match="15"):
        build_model(ModelConfig(**SIZES), facts)
    model = build_model(ModelConfig(**SIZES, remainder="pad"), facts)
    assert model(pictures(shape=(15, 16, 3))).shape == (5, 3)


def test_probabilities_of_a_picture_and_its_mirror_image():
    classifier = ImageClassifier(build_model(ModelConfig(**SIZES), FACTS), FACTS)
    images = pictures()
    one, other = classifier.probabilities(images), classifier.probabilities(images[:, :, ::-1])
    both = classifier.probabilities(images, flip=True)
    np.testing.assert_allclose(both, (one + other) / 2, atol=1e-6)
    assert np.abs(one - other).max() > 1e-4
    assert classifier(images[:0]) == []


def saved(folder, config, facts):
    folder.start(ImageConfig("test", model=config))
    folder.save_facts(facts)
    model = build_model(config, facts)
    weights = {name: to_array(value) for name, value in named_weights(model).items()}
    write_checkpoint(folder.weights("final"), Checkpoint(weights))
    return model


def test_a_model_begins_with_the_encoder_of_one_for_other_pictures_and_classes(tmp_path):
    config = ModelConfig(**SIZES)
    folder = RunFolder(tmp_path / "run")
    other = saved(folder, config, FACTS)
    model = build_model(config, replace(FACTS, image_shape=(24, 16, 3), classes=("x", "y")))

    begin_with(model, folder)

    named = {w.path: w for w in other.encoder.encoder.weights}
    for weight in model.encoder.encoder.weights:
        np.testing.assert_array_equal(weight, named[weight.path])
    assert model(pictures(shape=(24, 16, 3))).shape == (5, 2)


def test_an_encoder_with_other_layers_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    saved(folder, ModelConfig(**SIZES), FACTS)
    model = build_model(ModelConfig(**(SIZES | {"dff": 19})), FACTS)
    with pytest.raises(ValueError, match="has other layers. Give the same `model` settings"):
        begin_with(model, folder)


def test_a_run_or_a_keras_file_teaches(tmp_path):
    folder = RunFolder(tmp_path / "run")
    teacher = saved(folder, ModelConfig(**SIZES), FACTS)
    images = pictures()
    objective = make_objective(DistillationConfig(folder.path), FACTS)
    assert isinstance(objective, HardDistillation)
    np.testing.assert_allclose(objective.teacher(images), teacher(images), atol=1e-5)

    dense = keras.Sequential(
        [keras.layers.Input(FACTS.image_shape), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    dense.save(tmp_path / "teacher.keras")
    config = DistillationConfig(tmp_path / "teacher.keras", "soft", weight=0.3, temperature=2.0)
    objective = make_objective(config, FACTS)
    assert isinstance(objective, SoftDistillation)
    assert (objective.weight, objective.temperature) == (0.3, 2.0)
    np.testing.assert_allclose(objective.teacher(images), dense(images), atol=1e-3)


def test_a_token_for_the_teacher_wants_one_and_a_class_token():
    teacher = DistillationConfig(Path("runs", "teacher"))
    with pytest.raises(ValueError, match="learns from a `distillation.teacher`.*teacher=None"):
        ImageConfig("test", model=ModelConfig(distillation_token=True))
    mean = ModelConfig(distillation_token=True, pooling="mean")
    with pytest.raises(ValueError, match="stands behind a class token.*pooling=mean"):
        ImageConfig("test", model=mean, distillation=teacher)
    ImageConfig("test", model=ModelConfig(distillation_token=True), distillation=teacher)


def test_a_teacher_of_other_classes_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    saved(folder, ModelConfig(**SIZES), FACTS)
    others = replace(FACTS, classes=("a", "b", "d"))
    with pytest.raises(ValueError, match="another `classes` than the teacher .* Received: a, b, d"):
        make_objective(DistillationConfig(folder.path), others)
    dense = keras.Sequential(
        [keras.layers.Input(FACTS.image_shape), keras.layers.Flatten(), keras.layers.Dense(4)]
    )
    dense.save(tmp_path / "teacher.keras")
    with pytest.raises(ValueError, match=r"logits of 3 classes. Received: shape \(1, 4\)"):
        make_objective(DistillationConfig(tmp_path / "teacher.keras"), FACTS)
    with pytest.raises(FileNotFoundError, match="There is no teacher at"):
        make_objective(DistillationConfig(tmp_path / "none.keras"), FACTS)
