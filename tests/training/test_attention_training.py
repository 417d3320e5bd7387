"""Penalties on attention and schedules of its dropout, in `fit` and under distribution."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
pytest.importorskip("tensorflow")

from training.runs import VOCABULARY, sentences  # noqa: E402

from keras_attention.layers import (  # noqa: E402
    CoverageLoss,
    EntropyPenalty,
    GuidedAttentionLoss,
    Mechanism,
    MultiHeadAttention,
)
from keras_attention.models import Transformer  # noqa: E402
from keras_attention.training import MaskedCrossEntropy, Model, make_strategy  # noqa: E402


def make_translator(strategy, learning_rate, **mechanisms):
    keras.utils.set_random_seed(5)
    with strategy.scope():
        model = Transformer(
            VOCABULARY, num_layers=1, d_model=12, num_heads=3, dff=17, dropout=0.0, **mechanisms
        )
        optimizer = keras.optimizers.SGD(learning_rate)
        model.compile(optimizer, MaskedCrossEntropy())
    return model


def data():
    ids, labels = sentences()
    return {"source_ids": ids, "target_ids": ids}, labels


PENALIZED = dict(
    attention=Mechanism(attention_regularizer=EntropyPenalty(0.5)),
    cross_attention=Mechanism(attention_regularizer=GuidedAttentionLoss(0.3, factor=7.0)),
)


def test_the_loss_of_training_has_the_penalty_and_that_of_evaluation_has_not():
    inputs, labels = data()
    regularizer = CoverageLoss(3.0)
    model = make_translator(
        make_strategy("one_device"),
        0.0,
        cross_attention=Mechanism(attention_regularizer=regularizer),
    )
    history = model.fit(inputs, labels, batch_size=17, verbose=0).history["loss"]
    cross_entropy = MaskedCrossEntropy()(labels, model(inputs))
    weights = model.cross_attention(inputs)[:, 0]
    real = inputs["source_ids"] != 0
    penalty = regularizer(weights, real[:, None, :, None] & real[:, None, None, :])
    assert float(penalty) > 0.5
    np.testing.assert_allclose(history, [float(cross_entropy + penalty)], rtol=1e-5)
    evaluated = model.evaluate(inputs, labels, batch_size=17, verbose=0)
    np.testing.assert_allclose(evaluated, float(cross_entropy), rtol=1e-5)


def test_penalties_give_the_same_curve_on_two_replicas():
    # Source and target are equally long here, so that labels count queries everywhere.
    inputs, labels = data()
    curves, weights = [], []
    for name in ("one_device", "mirrored"):
        strategy = make_strategy(name)
        model = make_translator(strategy, 0.3, **PENALIZED)
        history = model.fit(inputs, labels, batch_size=5, epochs=2, shuffle=False, verbose=0)
        curves.append(history.history["loss"])
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
    assert make_strategy("mirrored").num_replicas_in_sync == 2
    np.testing.assert_allclose(*curves, rtol=2e-5)
    np.testing.assert_allclose(*weights, rtol=1e-3, atol=1e-4)


class OneAttention(Model):
    """Guesses a token for each token."""

    def __init__(self, **arguments):
        super().__init__()
        self.embedding = keras.layers.Embedding(VOCABULARY, 11)
        self.attention = MultiHeadAttention(2, 5, **arguments)
        self.logits = keras.layers.Dense(VOCABULARY)

    def call(self, ids, training=None):
        output, _ = self.attend(ids, training)
        return self.logits(output)

    def attend(self, ids, training=None):
        x, real = self.embedding(ids), ids != 0
        masks = dict(query_mask=real, value_mask=real)
        return self.attention(x, x, return_attention_scores=True, training=training, **masks)


def test_training_makes_attention_sharper_or_flatter():
    ids, labels = sentences()
    entropies = []
    for factor in (-0.5, 0.5):
        keras.utils.set_random_seed(5)
        model = OneAttention(attention_regularizer=EntropyPenalty(factor))
        model.compile(keras.optimizers.Adam(0.1), MaskedCrossEntropy())
        model.fit(ids, labels, batch_size=17, epochs=15, verbose=0)
        _, weights = model.attend(ids)
        entropies.append(float(EntropyPenalty()(weights, (ids != 0)[:, None, :, None])))
    assert entropies[1] < 0.7 * entropies[0]


@pytest.mark.parametrize(("strategy", "jit_compile"), [("one_device", False), ("mirrored", True)])
def test_schedules_count_the_steps_of_fit(strategy, jit_compile):
    schedule = keras.optimizers.schedules.PolynomialDecay(0.5, decay_steps=7, end_learning_rate=0)
    strategy = make_strategy(strategy)
    with strategy.scope():
        model = OneAttention(dropout=schedule, head_dropout=schedule)
        model.compile(keras.optimizers.SGD(), MaskedCrossEntropy(), jit_compile=jit_compile)
    ids, labels = sentences(count=16)  # equal batches, so that each is compiled once
    model.fit(ids, labels, batch_size=4, epochs=2, validation_data=(ids, labels), verbose=0)
    steps = model.attention.non_trainable_weights
    assert [step.name for step in steps] == ["step", "step"]
    for step in steps:
        in_replicas = strategy.experimental_local_results(step.value)
        assert [int(value) for value in in_replicas] == [8] * strategy.num_replicas_in_sync
