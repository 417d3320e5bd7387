import numpy as np
import pytest
from decoding import reference
from decoding.mock_models import END, MODELS, CachedModel, RecurrentModel, TableModel
from decoding.reference import few_examples, found, run
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from keras_attention.decoding import Beam, Greedy, Hypotheses, decode


def assert_same(actual, expected):
    assert [token_ids for token_ids, _ in actual] == [token_ids for token_ids, _ in expected]
    scores = [score for _, score in actual], [score for _, score in expected]
    np.testing.assert_allclose(*scores, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("model_class", "length_penalty"),
    [(TableModel, -0.7), (CachedModel, 0.0), (RecurrentModel, 0.6), (TableModel, 1.3)],
)
def test_a_wide_beam_is_brute_force(model_class, length_penalty):
    model = model_class(batch=2, max_length=4, vocabulary=4, seed=11)
    hypotheses = run(model, Beam(width=83, length_penalty=length_penalty, n_best=7))
    for entry in range(2):
        expected = reference.every_hypothesis(model, entry, 4, length_penalty)[:7]
        assert_same(found(hypotheses, entry), expected)


@few_examples
@given(
    model_class=st.sampled_from(MODELS),
    vocabulary=st.sampled_from([4, 5, 7, 67]),
    width=st.integers(1, 5),
    data=st.data(),
    length_penalty=st.sampled_from([-1.1, 0.0, 0.6, 2.0]),
    end_bias=st.sampled_from([-2.0, 0.0, 3.0]),
    seed=st.integers(0, 10**6),
)
def test_equals_a_plain_beam_search(
    model_class, vocabulary, width, data, length_penalty, end_bias, seed
):
    n_best = data.draw(st.integers(1, width))
    limits = data.draw(st.lists(st.integers(0, 5), min_size=3, max_size=3))
    model = model_class(3, 5, vocabulary, seed, end_bias)
    hypotheses = run(model, Beam(width, length_penalty, n_best), limits=limits)
    for entry, limit in enumerate(limits):
        expected = reference.beam_search(model, entry, limit, width, length_penalty, n_best)
        assert_same(found(hypotheses, entry), expected)


@pytest.mark.parametrize(
    ("model_class", "length_penalty"),
    [(TableModel, 0.0), (CachedModel, 0.0), (RecurrentModel, 0.0), (TableModel, -0.7)],
)
def test_a_beam_of_one_is_greedy(model_class, length_penalty):
    # A positive penalty may prefer a hypothesis that is longer than the greedy one.
    model = model_class(batch=5, max_length=7, vocabulary=11, seed=13)
    one, greedy = run(model, Beam(1, length_penalty)), run(model, Greedy())
    np.testing.assert_array_equal(one.token_ids, greedy.token_ids)
    np.testing.assert_array_equal(one.lengths, greedy.lengths)
    if length_penalty == 0:
        np.testing.assert_allclose(one.scores, greedy.scores, rtol=1e-5)


def fixed_step(probabilities):
    """The next token does not depend on the history: `probabilities` is `[length, vocabulary]`."""
    with np.errstate(divide="ignore"):
        logits = np.log(np.asarray(probabilities, "float32"))

    def step(token_ids, state, lineage):
        row = ops.take(ops.convert_to_tensor(logits), lineage.index, axis=0)
        return ops.broadcast_to(row, (*ops.shape(token_ids), logits.shape[1])), state

    return step


def decode_fixed(probabilities, strategy, **arguments):
    arguments = {"batch_size": 1, "max_length": len(probabilities), **arguments}
    hypotheses = decode(fixed_step(probabilities), (), strategy, **arguments)
    return Hypotheses(*(ops.convert_to_numpy(x) for x in hypotheses))


@pytest.mark.parametrize("length_penalty", [0.0, 0.6])
def test_the_best_hypothesis_survives_although_it_finishes_early(length_penalty):
    # The end has probability 0.3 now and 0.01 later; all else is flat, so each longer hypothesis
    # is much worse, but the others fill the beam for good.
    early = [[0.1, 0.2, 0.4, 0.3]]
    later = [[0.33, 0.33, 0.33, 0.01]] * 6
    hypotheses = decode_fixed(early + later, Beam(2, length_penalty))
    assert hypotheses.token_ids[0, 0].tolist() == [END, 0, 0, 0, 0, 0, 0]
    assert hypotheses.lengths[0, 0] == 0
    np.testing.assert_allclose(hypotheses.scores[0, 0], np.log(0.3), rtol=1e-6)


def test_a_positive_penalty_finds_a_better_long_hypothesis_after_a_short_one():
    rows = [[0.0, 0.48, 0.0, 0.52]] + [[0.0, 0.95, 0.0, 0.05]] * 9 + [[0.0, 0.0, 0.0, 1.0]]
    short = decode_fixed(rows, Beam(2, length_penalty=0.0))
    long = decode_fixed(rows, Beam(2, length_penalty=1.0))
    assert short.lengths[0, 0] == 0
    assert long.lengths[0, 0] == 10


@pytest.mark.parametrize("model_class", MODELS)
def test_each_score_is_that_of_the_tokens(model_class):
    model = model_class(batch=3, max_length=11, vocabulary=13, seed=17, end_bias=3.0)
    hypotheses = run(model, Beam(5, 0.4, n_best=5))
    assert len(np.unique(hypotheses.lengths)) > 3, "they end at different steps"
    for entry in range(3):
        pairs = found(hypotheses, entry)
        assert len(pairs) == 5
        rescored = [reference.score(model, entry, token_ids, 0.4) for token_ids, _ in pairs]
        np.testing.assert_allclose([score for _, score in pairs], rescored, rtol=1e-5)
        assert rescored == sorted(rescored, reverse=True)


def test_after_the_end_there_is_padding_only():
    model = TableModel(batch=7, max_length=11, vocabulary=13, seed=19, end_bias=2.0)
    hypotheses = run(model, Beam(3, n_best=3), pad_id=97)
    for token_ids, length in zip(
        hypotheses.token_ids.reshape(-1, 11), hypotheses.lengths.ravel(), strict=True
    ):
        assert END not in token_ids[:length]
        if length < 11:
            assert token_ids[length] == END
        assert set(token_ids[length + 1 :]) <= {97}


def test_entries_do_not_influence_each_other():
    model = CachedModel(batch=3, max_length=11, vocabulary=13, seed=23, end_bias=1.5)
    limits = [11, 0, 5]
    beam = Beam(3, n_best=2)
    together = run(model, beam, limits=limits)
    entries = model.entries
    for entry, limit in enumerate(limits):
        model.entries, model.batch = entries[entry : entry + 1], 1
        alone = run(model, beam, limits=[limit])
        np.testing.assert_array_equal(together.token_ids[entry], alone.token_ids[0])
        np.testing.assert_allclose(together.scores[entry], alone.scores[0], rtol=1e-6)


def test_limits_cut_each_entry_where_it_says():
    model = TableModel(batch=5, max_length=7, vocabulary=11, seed=29, end_bias=-50.0)
    limits = np.array([0, 1, 5, 7, 101])
    hypotheses = run(model, Beam(3), limits=limits)
    assert hypotheses.lengths[:, 0].tolist() == [0, 1, 5, 7, 7]
    assert hypotheses.scores[0, 0] == -np.inf
    assert not hypotheses.token_ids[0].any()
    assert np.isfinite(hypotheses.scores[1:]).all()


@pytest.mark.parametrize("vocabulary", [1, 2, 5])
def test_a_vocabulary_smaller_than_twice_the_width(vocabulary):
    model = TableModel(batch=2, max_length=3, vocabulary=vocabulary, seed=31)
    hypotheses = run(model, Beam(width=7, n_best=7), start_id=0)
    for entry in range(2):
        token_ids = [token_ids for token_ids, _ in found(hypotheses, entry)]
        assert len(set(token_ids)) == len(token_ids) == min(7, vocabulary**3)


def test_forbidden_tokens_are_never_generated():
    rows = [[0.0, 0.5, 0.0, 0.5, 0.0]] * 3
    hypotheses = decode_fixed(rows, Beam(width=5, n_best=5))
    pairs = found(hypotheses, 0)
    assert sorted(len(token_ids) for token_ids, _ in pairs) == [1, 2, 3, 3]
    assert {token for token_ids, _ in pairs for token in token_ids} == {1, END}
    assert hypotheses.scores[0, 4] == -np.inf, "there is no fifth one"
    assert hypotheses.lengths[0, 4] == 0


def test_an_entry_that_forbids_everything_or_is_nan_finds_nothing_and_ends():
    table = TableModel(batch=3, max_length=5, vocabulary=7, seed=37)
    clean = run(table, Beam(3, n_best=3), end_id=-1)
    table.logits[0, 2] = np.nan
    table.logits[1, 1] = -np.inf
    hypotheses = run(table, Beam(3, n_best=3), end_id=-1)
    for entry in (0, 1):
        assert (hypotheses.scores[entry] == -np.inf).all()
        assert not hypotheses.token_ids[entry].any()
    np.testing.assert_array_equal(hypotheses.token_ids[2], clean.token_ids[2])
    assert np.isfinite(hypotheses.scores[2]).all()


def test_a_hypothesis_that_meets_nan_dies_alone():
    table = TableModel(batch=1, max_length=5, vocabulary=7, seed=41)
    best = run(table, Beam(3), end_id=-1).token_ids[0, 0]
    table.logits[0, 1, best[0]] = np.nan
    hypotheses = run(table, Beam(3), end_id=-1)
    assert np.isfinite(hypotheses.scores).all()
    assert hypotheses.token_ids[0, 0, 0] != best[0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_scores_are_float32_whatever_the_logits_are(dtype):
    model = TableModel(batch=2, max_length=5, vocabulary=7, seed=43)
    model.logits = np.round(model.logits)  # exact in every float type
    expected = run(model, Beam(3))

    def step(token_ids, state, lineage):
        logits, state = TableModel.step(model, token_ids, state, lineage)
        return ops.cast(logits, dtype), state

    model.step = step
    hypotheses = run(model, Beam(3))
    assert hypotheses.scores.dtype == np.float32
    np.testing.assert_array_equal(hypotheses.token_ids, expected.token_ids)
    np.testing.assert_array_equal(hypotheses.scores, expected.scores)


@pytest.mark.parametrize("vocabulary", [7, 263])
def test_among_equals_the_lowest_beam_and_token_win(vocabulary):
    hypotheses = decode_fixed(np.ones((2, vocabulary)), Beam(3, n_best=3), end_id=-1)
    assert hypotheses.token_ids[0].tolist() == [[0, 0], [0, 1], [0, 2]]


@pytest.mark.tensorflow  # whose eager loop calls the step each time
@pytest.mark.parametrize(
    ("length_penalty", "n_best", "steps"),
    [
        (-1.0, 1, 1),  # log(0.4) is below log(0.5), and gets worse with every token
        (0.0, 1, 1),
        (1.0, 1, 2),  # log(0.4) / 2 at length 7 is above log(0.5), but log(0.2) / 2 is not
        (0.0, 2, 3),  # the second best has 0.4 * 0.3; 0.2 is still above that, 0.1 is not
        (0.0, 3, 4),  # the third best has 0.2 * 0.3
    ],
)
def test_the_loop_ends_when_nothing_can_improve(length_penalty, n_best, steps):
    rows = [[0.0, 0.4, 0.1, 0.5]] + [[0.5, 0.1, 0.1, 0.3]] * 6
    step, indices = fixed_step(rows), []

    def counting_step(token_ids, state, lineage):
        indices.append(int(lineage.index))
        return step(token_ids, state, lineage)

    beam = Beam(3, length_penalty, n_best)
    hypotheses = decode(counting_step, (), beam, batch_size=1, max_length=7)
    assert indices == list(range(steps))
    assert np.isfinite(ops.convert_to_numpy(hypotheses.scores)).all()


@pytest.mark.parametrize(
    "arguments", [{"width": 0}, {"width": 3, "n_best": 0}, {"width": 3, "n_best": 5}]
)
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises(ValueError, match=r"must be at least 1.*Received"):
        Beam(**arguments)
