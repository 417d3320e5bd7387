"""Objectives of training against their formulas, and in `fit`, on one device and on several."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_attention
from keras_attention.training.objectives import FGM, FreeLB, RDrop

pytestmark = pytest.mark.tensorflow

IDS = np.array([[5, 7, 3, 11, 2], [13, 17, 19, 0, 0], [3, 5, 7, 2, 0]], "int32")
LABELS = np.array([1, 0, 2], "int32")


def classifier(dropout=0.0):
    keras.utils.set_random_seed(7)
    encoder = keras_attention.TextEncoder(
        23, num_layers=1, d_model=12, num_heads=3, dff=17, dropout=dropout
    )
    model = keras_attention.TextClassifier(encoder, keras_attention.SequenceHead(3))
    model.compile("sgd", keras_attention.MaskedCrossEntropy(padding_id=None))
    return model


def loss_of(logits):
    return keras_attention.MaskedCrossEntropy(padding_id=None)(LABELS, logits)


def numeric_gradient(model, step=1e-3):
    """Of the loss to each example's embeddings, by differences."""
    shape = (3, 5, 12)
    gradient = np.zeros(shape)

    @tf.function
    def loss_with(change):
        return loss_of(model({"token_ids": IDS, "perturbation": change}))

    for place in np.ndindex(shape):
        values = []
        for sign in (1, -1):
            change = np.zeros(shape, "float32")
            change[place] = sign * step
            values.append(float(loss_with(tf.constant(change))))
        gradient[place] = (values[0] - values[1]) / (2 * step)
    return gradient


def norm(x):
    return np.sqrt((x**2).sum(axis=(1, 2), keepdims=True))


def test_fgm_adds_the_loss_at_the_worst_point_of_a_sphere():
    model, x = classifier(), {"token_ids": IDS}
    gradient = numeric_gradient(model)
    worst = (0.7 * gradient / norm(gradient)).astype("float32")
    expected = float(loss_of(model(x))) + float(loss_of(model({**x, "perturbation": worst})))

    predictions, loss = FGM(epsilon=0.7)(model, x, loss_of)

    assert float(loss) == pytest.approx(expected, rel=1e-3)
    np.testing.assert_allclose(predictions, model(x), atol=1e-6)
    assert float(loss) > 2 * float(loss_of(model(x)))


def test_freelb_is_the_mean_along_its_steps(monkeypatch):
    model, x = classifier(), {"token_ids": IDS}
    gradient = numeric_gradient(model)
    step = (0.5 * gradient / norm(gradient)).astype("float32")
    losses = [float(loss_of(model(x))), float(loss_of(model({**x, "perturbation": step})))]

    _, loss = FreeLB(steps=2, step_size=0.5, start=0.0)(model, x, loss_of)

    assert float(loss) == pytest.approx(np.mean(losses), rel=1e-3)
    # Within a ball, the second point is nearer.
    _, bounded = FreeLB(steps=2, step_size=0.5, epsilon=0.1, start=0.0)(model, x, loss_of)
    step = (0.1 * gradient / norm(gradient)).astype("float32")
    losses[1] = float(loss_of(model({**x, "perturbation": step})))
    assert float(bounded) == pytest.approx(np.mean(losses), rel=1e-3)


def test_freelb_starts_at_random():
    model, x = classifier(), {"token_ids": IDS}
    losses = {float(FreeLB(steps=1, start=0.5)(model, x, loss_of)[1]) for _ in range(3)}
    assert len(losses) == 3


class Twice:
    """A model that says first one thing, then another."""

    def __init__(self, *answers):
        self.answers = iter(answers)

    def __call__(self, x, training):
        assert training
        return next(self.answers)


def kl(p, q):
    return (p * np.log(p / q)).sum(axis=-1)


def test_r_drop_is_both_losses_and_both_divergences():
    draw = np.random.default_rng(3)
    first, second = draw.normal(size=(2, 3, 5)).astype("float32")
    p, q = (np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True) for z in (first, second))
    plain = (float(loss_of(first)) + float(loss_of(second))) / 2

    _, loss = RDrop(weight=3.0)(Twice(first, second), None, loss_of)

    expected = plain + 1.5 * np.mean(kl(p, q) + kl(q, p))
    assert float(loss) == pytest.approx(expected, rel=1e-4)


def test_r_drop_of_labels_that_apply_or_not_and_of_numbers():
    draw = np.random.default_rng(3)
    first, second = draw.normal(size=(2, 3, 5)).astype("float32")
    p, q = (1 / (1 + np.exp(-z)) for z in (first, second))
    both = [np.stack([x, 1 - x], axis=-1) for x in (p, q)]
    expected = np.mean((kl(*both) + kl(*both[::-1])).sum(axis=-1))
    _, loss = RDrop(2.0, "sigmoid")(Twice(first, second), None, lambda y: 0.0)
    assert float(loss) == pytest.approx(expected, rel=1e-4)
    _, loss = RDrop(2.0, "normal")(Twice(first, second), None, lambda y: 0.0)
    assert float(loss) == pytest.approx(((first - second) ** 2).mean(), rel=1e-4)


@pytest.mark.parametrize(
    ("strategy", "objective"),
    [("one_device", FGM(0.5)), ("one_device", RDrop(1.0)), ("mirrored", FreeLB(2))],
    ids=str,
)
def test_fit_learns_by_every_objective(strategy, objective):
    with keras_attention.make_strategy(strategy).scope():
        model = classifier(dropout=0.1)
        model.compile(
            keras.optimizers.Adam(0.01),
            keras_attention.MaskedCrossEntropy(padding_id=None),
            metrics=[keras_attention.MaskedAccuracy(padding_id=None)],
        )
    model.objective = objective
    ids, labels = np.tile(IDS, (8, 1)), np.tile(LABELS, 8)
    history = model.fit({"token_ids": ids}, labels, batch_size=6, epochs=12, verbose=0).history
    assert history["loss"][-1] < 0.7 * history["loss"][0]
    assert model.evaluate({"token_ids": ids}, labels, verbose=0, return_dict=True)["accuracy"] == 1


def test_without_dropout_r_drop_is_the_plain_loss():
    plain, dropped = classifier(), classifier()
    dropped.objective = RDrop(5.0)
    losses = [
        model.fit({"token_ids": IDS}, LABELS, epochs=2, verbose=0).history["loss"]
        for model in (plain, dropped)
    ]
    np.testing.assert_allclose(*losses, rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FGM(0.0), "`epsilon` must be positive. Received: epsilon=0.0"),
        (lambda: FreeLB(steps=0), "`steps` must be positive. Received: steps=0"),
        (lambda: FreeLB(step_size=-1), "`step_size` must be positive. Received: step_size=-1"),
        (lambda: FreeLB(start=-1), "`start` must not be negative. Received: start=-1"),
        (lambda: RDrop(0), "`weight` must be positive. Received: weight=0"),
        (lambda: RDrop(1, "cauchy"), "must be one of 'softmax', 'sigmoid', 'normal'.*'cauchy'"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
