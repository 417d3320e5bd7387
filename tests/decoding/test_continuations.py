import numpy as np
import pytest
from decoding.mock_models import log_softmax
from decoding.reference import few_examples
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_attention.decoding.continuations import best_continuations, best_token


def numpy(tensors):
    return [ops.convert_to_numpy(x) for x in tensors]


def sorted_continuations(logits, scores, count):
    """Of each entry, the best `(score, beam, token)` by a stable sort of all of them."""
    with np.errstate(invalid="ignore"):
        totals = (scores[:, :, None] + log_softmax(logits)).astype("float32")
    totals = np.where(np.isnan(totals), -np.inf, totals).reshape(len(logits), -1)
    places = np.argsort(-totals, axis=1, kind="stable")[:, :count]
    best = np.take_along_axis(totals, places, axis=1)
    return best, places // logits.shape[2], places % logits.shape[2]


@few_examples
@given(
    batch=st.sampled_from([1, 2, 3]),
    beams=st.sampled_from([1, 3, 5]),
    vocabulary=st.sampled_from([1, 2, 7, 31, 101, 503]),
    chunk=st.sampled_from([2, 3, 7, 32]),
    seed=st.integers(0, 10**6),
)
def test_continuations_equal_a_sort_of_all(batch, beams, vocabulary, chunk, seed):
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=3, size=(batch, beams, vocabulary)).astype("float32")
    scores = -generator.exponential(size=(batch, beams)).astype("float32")
    count = min(2 * beams, beams * vocabulary)
    actual = numpy(best_continuations(ops.array(logits), ops.array(scores), count, chunk))
    expected = sorted_continuations(logits, scores, count)
    np.testing.assert_allclose(actual[0], expected[0], rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(actual[1], expected[1])
    np.testing.assert_array_equal(actual[2], expected[2])


@few_examples
@given(
    vocabulary=st.sampled_from([7, 31, 101]),
    chunk=st.sampled_from([2, 3, 32]),
    levels=st.integers(1, 3),
    seed=st.integers(0, 10**6),
)
def test_the_first_of_equals_comes_first(vocabulary, chunk, levels, seed):
    generator = np.random.default_rng(seed)
    row = generator.integers(levels, size=(2, 1, vocabulary)).astype("float32")
    logits = np.repeat(row, 3, axis=1)  # beams that are equal too
    scores = np.zeros((2, 3), "float32")
    _, beam, token = numpy(best_continuations(ops.array(logits), ops.array(scores), 6, chunk))
    places = np.argsort(-logits.reshape(2, -1), axis=1, kind="stable")[:, :6]
    np.testing.assert_array_equal(beam, places // vocabulary)
    np.testing.assert_array_equal(token, places % vocabulary)


@pytest.mark.parametrize("chunk", [2, 128])
def test_what_is_impossible_comes_last_with_minus_infinity(chunk):
    logits = np.zeros((1, 4, 37), "float32")
    logits[0, 0, 5] = np.nan  # spoils the row
    logits[0, 1] = -np.inf  # forbids the row
    logits[0, 2, 3:] = -np.inf
    scores = np.array([[0.0, 0.0, -1.0, -np.inf]], "float32")
    total, beam, token = numpy(best_continuations(ops.array(logits), ops.array(scores), 5, chunk))
    np.testing.assert_allclose(total[0, :3], -1 - np.log(3), rtol=1e-6)
    assert beam[0, :3].tolist() == [2, 2, 2]
    assert token[0, :3].tolist() == [0, 1, 2]
    assert (total[0, 3:] == -np.inf).all()


def test_a_continuation_is_never_better_than_what_it_continues():
    # On this an early exit of the beam search rests, so not even by rounding.
    generator = np.random.default_rng(47)
    logits = generator.normal(size=(1, 997, 3)).astype("float32") * 1e-3
    logits[..., 0] += generator.uniform(10, 1000, size=(1, 997))
    scores = -generator.uniform(size=(1, 997)).astype("float32")
    total, beam, _ = numpy(best_continuations(ops.array(logits), ops.array(scores), 997 * 3))
    assert (total[0] <= scores[0, beam[0]]).all()


@few_examples
@given(vocabulary=st.sampled_from([1, 2, 7, 101]), seed=st.integers(0, 10**6))
def test_best_token_is_argmax(vocabulary, seed):
    generator = np.random.default_rng(seed)
    logits = generator.integers(-5, 5, size=(11, vocabulary)).astype("float32")
    token, log_probability = numpy(best_token(ops.array(logits)))
    np.testing.assert_array_equal(token, logits.argmax(-1))
    expected = log_softmax(logits).max(-1)
    np.testing.assert_allclose(log_probability, expected, rtol=1e-5, atol=1e-6)


def test_a_row_without_a_maximum_has_no_best_token():
    logits = np.array([[-np.inf, -np.inf, -np.inf], [np.nan] * 3, [1, -np.inf, 2]], "float32")
    token, log_probability = numpy(best_token(ops.array(logits)))
    assert token.tolist() == [-1, -1, 2]
    assert np.isfinite(log_probability).tolist() == [False, False, True]
    assert (log_probability[:2] == -np.inf).all()
