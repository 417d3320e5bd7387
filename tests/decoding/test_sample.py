"""Sampling draws from the distribution that it says, prompts are followed, seeds repeat."""

import keras
import numpy as np
import pytest
from keras import ops

import keras_attention
from keras_attention import Greedy, Sample, decode

PROBABILITIES = np.array([0.0, 0.4, 0.05, 0.3, 0.05, 0.2])
END = 9  # outside of the vocabulary: nothing ends early


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def always(probabilities):
    """A step whose next token does not depend on anything."""
    with np.errstate(divide="ignore"):
        logits = np.log(np.array(probabilities, "float32"))

    def step(token_ids, state, lineage):
        batch, beams = ops.shape(token_ids)
        return ops.broadcast_to(ops.convert_to_tensor(logits), (batch, beams, len(logits))), state

    return step


def drawn(strategy, probabilities=PROBABILITIES, batch=110, length=30, **arguments):
    arguments = {"end_id": END, "start_id": 1, **arguments}
    return decode(
        always(probabilities), (), strategy, batch_size=batch, max_length=length, **arguments
    )


def frequencies(strategy, probabilities=PROBABILITIES):
    tokens = as_numpy(drawn(strategy, probabilities).token_ids)
    return np.bincount(tokens.ravel(), minlength=len(probabilities)) / tokens.size


def test_tokens_are_drawn_in_proportion():
    np.testing.assert_allclose(frequencies(Sample(seed=3)), PROBABILITIES, atol=0.03)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature(temperature):
    expected = PROBABILITIES ** (1 / temperature)
    observed = frequencies(Sample(temperature=temperature, seed=3))
    np.testing.assert_allclose(observed, expected / expected.sum(), atol=0.03)


def test_top_k_leaves_the_best():
    expected = np.where(PROBABILITIES >= 0.2, PROBABILITIES, 0)
    observed = frequencies(Sample(top_k=3, seed=3))
    np.testing.assert_allclose(observed, expected / expected.sum(), atol=0.03)


@pytest.mark.parametrize(("top_p", "kept"), [(0.3, 1), (0.41, 2), (0.69, 2), (0.71, 3), (1.0, 5)])
def test_top_p_leaves_the_fewest_that_reach_it(top_p, kept):
    order = np.argsort(-PROBABILITIES, kind="stable")[:kept]
    expected = np.zeros_like(PROBABILITIES)
    expected[order] = PROBABILITIES[order]
    observed = frequencies(Sample(top_p=top_p, seed=3))
    np.testing.assert_allclose(observed, expected / expected.sum(), atol=0.03)


def test_top_k_of_one_is_greedy():
    ours, greedy = drawn(Sample(top_k=1)), drawn(Greedy())
    np.testing.assert_array_equal(as_numpy(ours.token_ids), as_numpy(greedy.token_ids))
    np.testing.assert_allclose(as_numpy(ours.scores), as_numpy(greedy.scores), rtol=1e-4)


def test_samples_are_drawn_independently_and_sorted():
    hypotheses = drawn(Sample(samples=5, seed=3), batch=3, length=37)
    tokens, scores = as_numpy(hypotheses.token_ids), as_numpy(hypotheses.scores)
    assert tokens.shape == (3, 5, 37)
    assert len({row.tobytes() for row in tokens.reshape(15, 37)}) == 15
    expected = np.log(PROBABILITIES[tokens]).sum(axis=-1)
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_a_number_as_seed_repeats_and_a_generator_goes_on():
    def tokens(strategy):
        return as_numpy(drawn(strategy, batch=2, length=31).token_ids)

    np.testing.assert_array_equal(tokens(Sample(seed=3)), tokens(Sample(seed=3)))
    assert (tokens(Sample(seed=3)) != tokens(Sample(seed=5))).any()
    generator = Sample(seed=keras.random.SeedGenerator(3))
    assert (tokens(generator) != tokens(generator)).any()


def test_an_end_ends_and_limits_hold():
    hypotheses = drawn(Sample(seed=3), batch=4, length=23, end_id=3, limits=np.array([23, 2, 1, 0]))
    tokens, lengths = as_numpy(hypotheses.token_ids)[:, 0], as_numpy(hypotheses.lengths)[:, 0]
    assert lengths[0] < 23
    assert tokens[0, lengths[0]] == 3
    np.testing.assert_array_equal(tokens[0, lengths[0] + 1 :], 0)
    assert (lengths[1:] <= [2, 1, 0]).all()
    assert as_numpy(hypotheses.scores)[3, 0] == -np.inf


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_nothing_possible_ends_the_hypothesis(bad):
    def step(token_ids, state, lineage):
        return ops.full((*ops.shape(token_ids), 5), bad), state

    hypotheses = decode(step, (), Sample(), batch_size=2, max_length=7)
    np.testing.assert_array_equal(as_numpy(hypotheses.lengths), 0)
    np.testing.assert_array_equal(as_numpy(hypotheses.scores), -np.inf)


@pytest.mark.parametrize(
    "strategy",
    [Greedy(), keras_attention.Beam(3, length_penalty=0.0), Sample(samples=2, seed=3)],
    ids=repr,
)
def test_a_prompt_is_followed_and_costs_nothing(strategy):
    prompts = np.array([[2, 4, 5], [4, 0, 0]])
    hypotheses = drawn(strategy, batch=2, length=7, prompts=prompts)
    tokens, scores = as_numpy(hypotheses.token_ids), as_numpy(hypotheses.scores)
    assert (tokens[0, :, :3] == [2, 4, 5]).all()
    assert (tokens[1, :, 0] == 4).all()
    assert (tokens > 0).all()
    for row, length in enumerate((3, 1)):
        expected = np.log(PROBABILITIES[tokens[row, :, length:]]).sum(axis=-1)
        np.testing.assert_allclose(scores[row], expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0.0}, "`temperature` must be positive; .* temperature=0.0"),
        ({"top_k": 0}, "`top_k` must be a positive integer. Received: top_k=0"),
        ({"samples": 1.5}, "`samples` must be a positive integer. Received: samples=1.5"),
        ({"top_p": 1.5}, r"`top_p` must be in \(0, 1\]. Received: top_p=1.5"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        Sample(**arguments)
