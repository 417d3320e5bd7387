import numpy as np
import pytest
from decoding import reference
from decoding.mock_models import CachedModel, RecurrentModel, TableModel
from decoding.reference import few_examples, found, run
from decoding.test_beam import assert_same
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_attention.decoding import Beam, decode, no_coverage, reorder

SOURCE = 5


class Attending:
    """A mock model that attends to a source, by entry, position and last token."""

    def __init__(self, model, seed, real=SOURCE):
        self.model, self.batch, self.max_length = model, model.batch, model.max_length
        self.vocabulary = model.vocabulary
        shape = (model.batch, model.max_length, model.vocabulary, SOURCE)
        scores = np.random.default_rng(seed).normal(scale=3, size=shape)
        self.mask = np.broadcast_to(np.arange(SOURCE) < real, (model.batch, SOURCE))
        weights = np.exp(scores) * self.mask[:, None, None]
        self.weights = (weights / weights.sum(-1, keepdims=True)).astype("float32")

    def state(self, beams):
        return {"model": self.model.state(beams), "coverage": no_coverage(self.mask, beams)}

    def step(self, token_ids, state, lineage):
        logits, model_state = self.model.step(token_ids, state["model"], lineage)
        weights = ops.take(ops.convert_to_tensor(self.weights), lineage.index, axis=1)
        weights = ops.take_along_axis(weights, token_ids[:, :, None], axis=1)
        coverage = reorder(state["coverage"], lineage.parents) + weights
        return logits, {"model": model_state, "coverage": coverage}

    def log_probabilities(self, entry, prefix):
        return self.model.log_probabilities(entry, prefix)

    def coverage_score(self, entry, token_ids):
        last = [2, *token_ids[:-1]]
        coverage = sum(self.weights[entry, i, token] for i, token in enumerate(last))
        return np.log(np.minimum(coverage[self.mask[entry]], 1)).sum()


@pytest.mark.parametrize("model_class", [TableModel, CachedModel, RecurrentModel])
@pytest.mark.parametrize("coverage_penalty", [0.1, 1.0])
def test_a_wide_beam_is_brute_force(model_class, coverage_penalty):
    model = Attending(model_class(batch=2, max_length=4, vocabulary=4, seed=11), seed=7)
    beam = Beam(83, length_penalty=0.6, n_best=7, coverage_penalty=coverage_penalty)
    hypotheses = run(model, beam)
    for entry in range(2):
        every = [
            (token_ids, score + coverage_penalty * model.coverage_score(entry, token_ids))
            for token_ids, score in reference.every_hypothesis(model, entry, 4, 0.6)
        ]
        expected = sorted(every, key=lambda pair: -pair[1])[:7]
        assert_same(found(hypotheses, entry), expected)


@few_examples
@given(
    width=st.integers(1, 5),
    data=st.data(),
    length_penalty=st.sampled_from([-1.1, 0.0, 0.6, 2.0]),
    coverage_penalty=st.sampled_from([0.05, 0.5, 5.0]),
    end_bias=st.sampled_from([-2.0, 0.0, 3.0]),
    real=st.integers(1, SOURCE),
    seed=st.integers(0, 10**6),
)
def test_ending_early_never_changes_a_result(
    width, data, length_penalty, coverage_penalty, end_bias, real, seed
):
    n_best = data.draw(st.integers(1, width))
    model = Attending(RecurrentModel(3, 5, 7, seed, end_bias), seed, real)
    hypotheses = run(model, Beam(width, length_penalty, n_best, coverage_penalty))
    for entry in range(3):
        # All that finish on the way, whatever they will be worth.
        finished = reference.beam_search(model, entry, 5, width, length_penalty, n_best=99)
        scored = [
            (token_ids, score + coverage_penalty * model.coverage_score(entry, token_ids))
            for token_ids, score in finished
        ]
        expected = sorted(scored, key=lambda pair: -pair[1])[:n_best]
        assert_same(found(hypotheses, entry), expected)


def test_a_token_that_nobody_looks_at_costs_much_but_leaves_an_order():
    model = Attending(TableModel(batch=1, max_length=3, vocabulary=5, seed=3), seed=5)
    model.weights[..., 0] = 0
    (best, second) = found(run(model, Beam(3, 0.0, n_best=2, coverage_penalty=1.0)), 0)
    assert -np.inf < second[1] <= best[1] < -60


@pytest.mark.parametrize(
    ("state", "received"),
    [
        ((), "tuple without it"),
        ({"logits": np.zeros((1, 3))}, "dict without it"),
        ({"coverage": np.zeros((1, 2, 5))}, r"`coverage` of shape \(1, 2, 5\)"),
    ],
)
def test_a_state_without_coverage(state, received):
    def step(token_ids, state, lineage):
        return ops.ones((1, 3, 7)), state

    state = {name: ops.convert_to_tensor(x) for name, x in state.items()} if state else state
    with pytest.raises(ValueError, match=f"needs a state .* beams=3.*Received: a?.?{received}"):
        decode(step, state, Beam(3, coverage_penalty=0.5), batch_size=1, max_length=2)


def test_a_negative_penalty():
    with pytest.raises(ValueError, match="`coverage_penalty` must be at least 0.*=-0.5"):
        Beam(coverage_penalty=-0.5)
