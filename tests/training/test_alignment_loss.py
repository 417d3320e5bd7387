import keras
import numpy as np
import pytest

from keras_attention.training import AlignmentLoss

DRAW = np.random.default_rng(3)
ALIGNMENTS = DRAW.random((2, 5, 7)) * (DRAW.random((2, 5, 7)) < 0.5)
ALIGNMENTS[0, 2], ALIGNMENTS[1, 3:] = 0, 0
SCORES = np.exp(DRAW.normal(size=(2, 3, 5, 7)))
WEIGHTS = SCORES / SCORES.sum(-1, keepdims=True)


def by_loops(weights, sample_weight):
    total = count = 0.0
    for example, w, s in zip(ALIGNMENTS, weights, sample_weight, strict=True):
        for t, row in enumerate(example):
            if row.sum() > 0:
                total -= s[t] * (row / row.sum()) @ np.log(w[t])
                count += s[t]
    return total / count, count


@pytest.mark.parametrize("sample_weight", [None, np.array([0.5, 2.0]), DRAW.random((2, 5))])
def test_equals_the_mean_over_the_aligned_queries(sample_weight):
    each = np.ones((2, 5)) if sample_weight is None else sample_weight.reshape(2, -1)
    each = np.broadcast_to(each, (2, 5))
    expected, count = by_loops(WEIGHTS[:, 0], each)
    loss = AlignmentLoss()
    found = float(loss(ALIGNMENTS, WEIGHTS[:, 0], sample_weight))
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(float(loss.total_weight(ALIGNMENTS, sample_weight)), count)


@pytest.mark.parametrize("axes", [1, 2])
def test_more_axes_are_averaged(axes):
    weights = WEIGHTS if axes == 1 else np.stack([WEIGHTS, WEIGHTS[:, ::-1]], axis=1)
    expected = np.mean([by_loops(WEIGHTS[:, i], np.ones((2, 5)))[0] for i in range(3)])
    np.testing.assert_allclose(float(AlignmentLoss()(ALIGNMENTS, weights)), expected, rtol=1e-5)


def test_without_alignments_it_costs_nothing():
    assert float(AlignmentLoss()(0 * ALIGNMENTS, WEIGHTS)) == 0.0


def test_integers_are_alignments_and_a_weight_of_zero_is_finite():
    weights = np.array([[[0.0, 1.0], [0.25, 0.75]]], "float32")
    found = float(AlignmentLoss()(np.array([[[1, 0], [1, 1]]]), weights))
    expected = -(np.log(keras.config.epsilon()) + np.log(0.25) / 2 + np.log(0.75) / 2) / 2
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.tensorflow
def test_teaches_attention_where_to_look():
    from keras_attention.layers import MultiHeadAttention
    from keras_attention.training import Model

    class Attending(Model):
        def __init__(self):
            super().__init__()
            self.attention = MultiHeadAttention(2, 8)

        def call(self, x):
            output, weights = self.attention(x, x, return_attention_scores=True)
            return {"output": output, "weights": weights}

    keras.utils.set_random_seed(5)
    x = np.broadcast_to(np.eye(5, dtype="float32"), (8, 5, 5))
    following = np.broadcast_to(np.roll(np.eye(5, dtype="float32"), 1, axis=1), (8, 5, 5))
    model = Attending()
    model.compile(keras.optimizers.Adam(0.05), {"output": "mse", "weights": AlignmentLoss()})
    model.fit(x, {"output": x, "weights": following}, epochs=60, verbose=0)
    found = keras.ops.convert_to_numpy(model(x)["weights"])
    np.testing.assert_array_equal(found.argmax(-1)[0], [[1, 2, 3, 4, 0]] * 2)
