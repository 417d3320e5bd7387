"""What a run writes for TensorBoard after each epoch."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import keras_attention as ka
from tasks.image_classification import progress
from tasks.image_classification.explanations import Explainer
from tasks.image_classification.pictures import Pictures
from tasks.image_classification.progress import ImageProgress

pytestmark = pytest.mark.tensorflow

CLASSES = ("cat", "dog", "cow")
draw = np.random.default_rng(13)
VALIDATION = Pictures(
    draw.integers(0, 256, (11, 6, 9, 1), dtype=np.uint8), draw.integers(0, 3, 11, dtype=np.int32)
)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1729)
    encoder = ka.ImageEncoder(
        ka.Patches(12, patch_size=3),
        (6, 9, 1),
        num_layers=2,
        num_heads=3,
        dff=17,
        rescaling=keras.layers.Rescaling(1 / 255),
    )
    model = ka.VisionTransformer(encoder, ka.SequenceHead(3, ka.FirstTokenPooling()))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def images_of(folder):
    """By tag and step: the picture, `[height, width, channels]`."""
    found = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return {
        (tag, event.step): np.asarray(
            Image.open(io.BytesIO(tf.make_ndarray(event.tensor_proto)[2]))
        )
        for tag in found.Tags()["tensors"]
        for event in found.Tensors(tag)
    }


@pytest.fixture
def grids(monkeypatch):
    """What the pictures of mistakes were made of."""
    made = []

    def picture_grid(images, titles):
        made.append((images, titles))
        return ka.visualization.picture_grid(images, titles)

    monkeypatch.setattr(progress, "picture_grid", picture_grid)
    return made


def test_it_writes_after_each_epoch(model, tmp_path):
    callback = ImageProgress(model, VALIDATION, CLASSES, tmp_path, pictures=2)
    images = VALIDATION.images.astype("float32")
    model.fit(images, VALIDATION.labels, epochs=2, verbose=0, callbacks=[callback])

    found = images_of(tmp_path)
    tags = {"confusions", "surest mistakes"}
    tags |= {f"{name}/{number}" for name in ("maps", "layers and heads") for number in (1, 2)}
    assert set(found) == {(tag, step) for tag in tags for step in (0, 1)}
    assert all(image.std() > 0 for image in found.values())


def test_the_surest_mistakes_come_first(model, tmp_path, grids, monkeypatch):
    monkeypatch.setattr(progress, "_MISTAKES", 3)
    ImageProgress(model, VALIDATION, CLASSES, tmp_path, pictures=0).on_epoch_end(0)

    logits = model(VALIDATION.images.astype("float32")).numpy()
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    said, sure = shares.argmax(axis=-1), shares.max(axis=-1)
    wrong = [i for i in np.argsort(-sure) if said[i] != VALIDATION.labels[i]][:3]
    ((images, titles),) = grids
    assert len(wrong) == 3
    np.testing.assert_array_equal(images, VALIDATION.images[wrong])
    assert titles == [
        f"said {CLASSES[said[i]]} {100 * sure[i]:.1f} %\nright {CLASSES[VALIDATION.labels[i]]}"
        for i in wrong
    ]
    assert {tag for tag, _ in images_of(tmp_path)} == {"confusions", "surest mistakes"}


def test_without_a_mistake_none_is_shown(model, tmp_path):
    said = model(VALIDATION.images.astype("float32")).numpy().argmax(axis=-1)
    right = VALIDATION._replace(labels=said.astype("int32"))
    ImageProgress(model, right, CLASSES, tmp_path, pictures=0).on_epoch_end(0)
    assert {tag for tag, _ in images_of(tmp_path)} == {"confusions"}


def test_portions_give_what_all_pictures_at_once_give(model, tmp_path, monkeypatch):
    whole = ImageProgress(model, VALIDATION, CLASSES, tmp_path, pictures=0)._probabilities()
    monkeypatch.setattr(progress, "_BATCH_SIZE", 4)
    parts = ImageProgress(model, VALIDATION, CLASSES, tmp_path, pictures=0)._probabilities()
    np.testing.assert_allclose(parts, whole, atol=1e-6)
    np.testing.assert_allclose(whole.sum(axis=-1), 1.0, atol=1e-6)


def test_the_maps_of_the_methods_are_brought_to_one_scale(model, tmp_path, monkeypatch):
    drawn = []

    def picture_figure(image, maps, titles, *arguments, **more):
        drawn.append((image, maps, titles))
        return ka.visualization.picture_figure(image, maps, titles, *arguments, **more)

    monkeypatch.setattr(progress, "picture_figure", picture_figure)
    ImageProgress(model, VALIDATION, CLASSES, tmp_path, pictures=1).on_epoch_end(0)

    (image, maps, titles), (_, of_heads, _) = drawn
    middle = len(VALIDATION.labels) // 2
    np.testing.assert_array_equal(image, VALIDATION.images[middle])
    assert titles == ["attention", "rollout", "gradient rollout"]
    np.testing.assert_allclose(maps.min(axis=(1, 2)), 0.0)
    np.testing.assert_allclose(maps.max(axis=(1, 2)), 1.0)
    raw = Explainer(model).maps(image[None].astype("float32"), "rollout")[0]
    np.testing.assert_allclose(maps[1], (raw - raw.min()) / np.ptp(raw), atol=1e-5)
    assert of_heads.shape == (2 + 3, 2, 3)


def test_many_classes_have_no_picture_of_confusions(model, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "_MOST_CLASSES", 2)
    ImageProgress(model, VALIDATION, CLASSES, tmp_path, pictures=0).on_epoch_end(0)
    assert {tag for tag, _ in images_of(tmp_path)} == {"surest mistakes"}


def test_without_a_folder_nothing_is_computed():
    callback = ImageProgress(None, VALIDATION, CLASSES, None, pictures=2)
    callback.on_epoch_end(0)
    callback.on_train_end()
