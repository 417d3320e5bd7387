"""Distillation against its formulas, with one head and with two, and in `fit`."""

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention.training.objectives import HardDistillation, SoftDistillation

pytestmark = pytest.mark.tensorflow

draw = np.random.default_rng(3)
STUDENT, TEACHER, LABEL_HEAD = draw.normal(size=(3, 7, 5)).astype("float32")
IMAGES = draw.normal(size=(32, 6, 9, 5)).astype("float32")


class Says:
    """A model that says one thing, and is asked in training or not as it should be."""

    def __init__(self, answer, training):
        self.answer, self.training = answer, training

    def __call__(self, x, training):
        assert training is self.training
        return self.answer


def softmax(z):
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def test_hard_distillation_is_the_cross_entropy_of_what_the_teacher_says():
    objective = HardDistillation(Says(TEACHER, training=False), weight=0.25)
    predictions, loss = objective(Says(STUDENT, training=True), None, lambda y: 3.0)
    said = TEACHER.argmax(axis=-1)
    expected = -np.mean(np.log(softmax(STUDENT))[np.arange(7), said])
    assert float(loss) == pytest.approx(0.75 * 3.0 + 0.25 * expected, rel=1e-5)
    np.testing.assert_array_equal(predictions, STUDENT)


def test_soft_distillation_is_the_divergence_of_softened_distributions():
    objective = SoftDistillation(Says(TEACHER, training=False), weight=0.25, temperature=2.0)
    _, loss = objective(Says(STUDENT, training=True), None, lambda y: 3.0)
    p, q = softmax(TEACHER / 2), softmax(STUDENT / 2)
    expected = 4 * np.mean((p * np.log(p / q)).sum(axis=-1))
    assert float(loss) == pytest.approx(0.75 * 3.0 + 0.25 * expected, rel=1e-5)
    same = SoftDistillation(Says(STUDENT, training=False), weight=1.0)
    assert float(same(Says(STUDENT, training=True), None, lambda y: 3.0)[1]) == pytest.approx(0)


class SaysTwoThings:
    """A model with a head for the teacher."""

    def each_head(self, x, training):
        assert training
        return {"label": LABEL_HEAD, "distilled": STUDENT}


@pytest.mark.parametrize("make", [HardDistillation, SoftDistillation])
def test_one_head_learns_from_the_labels_another_from_the_teacher(make):
    seen = []
    objective = make(Says(TEACHER, training=False), weight=0.5)
    predictions, loss = objective(SaysTwoThings(), None, lambda y: seen.append(y) or 0.0)
    alone = objective(Says(STUDENT, training=True), None, lambda y: 0.0)[1]
    assert float(loss) == pytest.approx(float(alone))
    np.testing.assert_allclose(predictions, (LABEL_HEAD + STUDENT) / 2, rtol=1e-6)
    (learned,) = seen
    np.testing.assert_array_equal(learned, LABEL_HEAD)


def teacher():
    """Knows which half of a picture is brighter."""
    halves = keras.Input((6, 9, 5))
    upper = keras.ops.mean(halves[:, :3], axis=(1, 2, 3))
    lower = keras.ops.mean(halves[:, 3:], axis=(1, 2, 3))
    return keras.Model(halves, 50 * keras.ops.stack([lower, upper], axis=-1))


def image_encoder(num_prefix):
    patches = ka.Patches(12, patch_size=3)
    return ka.ImageEncoder(patches, (6, 9, 5), 1, num_heads=3, dff=17, num_prefix=num_prefix)


def test_a_student_of_useless_labels_learns_from_its_teacher():
    with ka.make_strategy("mirrored").scope():
        expert = teacher()
        head = ka.SequenceHead(2, ka.FirstTokenPooling())
        model = ka.VisionTransformer(image_encoder(1), head)
        model.compile(ka.Adam(1e-2), ka.MaskedCrossEntropy(padding_id=None))
    model.objective = SoftDistillation(expert, weight=0.9)
    model.fit(IMAGES, np.zeros(32, "int32"), batch_size=16, epochs=20, verbose=0)
    said = keras.ops.convert_to_numpy(model(IMAGES)).argmax(axis=-1)
    assert np.mean(said == keras.ops.convert_to_numpy(expert(IMAGES)).argmax(axis=-1)) > 0.9


def test_a_distillation_token_in_fit():
    expert = teacher()
    heads = {
        "label": ka.SequenceHead(2, ka.FirstTokenPooling(), name="label"),
        "distilled": ka.SequenceHead(2, ka.TokenPooling(1), name="distilled"),
    }
    model = ka.DistilledVisionTransformer(image_encoder(2), heads)
    model.compile(
        ka.Adam(1e-2),
        ka.MaskedCrossEntropy(padding_id=None),
        metrics=[ka.MaskedAccuracy(padding_id=None)],
        jit_compile=True,
    )
    model.objective = HardDistillation(expert)
    labels = np.zeros(32, "int32")
    before = [keras.ops.convert_to_numpy(w) for w in expert.weights]
    history = model.fit(IMAGES, labels, batch_size=16, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert "accuracy" in history
    outputs = {n: keras.ops.convert_to_numpy(x) for n, x in model.each_head(IMAGES).items()}
    assert (outputs["label"].argmax(axis=-1) == 0).all()
    said = keras.ops.convert_to_numpy(expert(IMAGES)).argmax(axis=-1)
    assert np.mean(outputs["distilled"].argmax(axis=-1) == said) > 0.9
    for weight, earlier in zip(expert.weights, before, strict=True):
        np.testing.assert_array_equal(weight, earlier)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HardDistillation(len, weight=0), "above 0 and at most 1. Received: weight=0"),
        (lambda: SoftDistillation(len, weight=1.5), "at most 1. Received: weight=1.5"),
        (lambda: SoftDistillation(len, temperature=0), "`temperature` must be positive.*=0"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_student_of_several_outputs_is_refused():
    objective = HardDistillation(Says(TEACHER, training=False))
    with pytest.raises(ValueError, match=r"must have one output.*Received: outputs \['a', 'b'\]"):
        objective(Says({"a": STUDENT, "b": STUDENT}, training=True), None, lambda y: 0.0)
