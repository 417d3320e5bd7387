"""The n-gram model against its definition, alone and beside CTC."""

import numpy as np
import pytest

import keras_attention as ka

SEQUENCES = [[1, 2, 1, 2], [1, 2], [3], []]


def test_probabilities_sum_to_one():
    for order in (1, 2, 3, 5):
        model = ka.NGram(SEQUENCES, vocabulary_size=6, order=order)
        for prefix in ((), (1,), (1, 2), (2, 1, 2), (5, 4), (1, 2, 1, 2, 1)):
            assert np.exp(model(prefix)).sum() == pytest.approx(1.0)


def test_one_token_at_a_time_is_counted():
    """1 three times, 2 three times, 3 once, the end four times: eleven of four kinds."""
    found = np.exp(ka.NGram(SEQUENCES, vocabulary_size=5, order=1)(()))
    counts = np.array([4, 3, 3, 1, 0])
    np.testing.assert_allclose(found, (counts + 4 / 5) / (11 + 4))


def test_pairs_are_counted_and_smoothed_by_single_tokens():
    single = np.exp(ka.NGram(SEQUENCES, vocabulary_size=5, order=1)(()))
    pairs = ka.NGram(SEQUENCES, vocabulary_size=5, order=2)
    after = {(): [1, 2, 0, 1, 0], (2,): [2, 1, 0, 0, 0], (1,): [0, 0, 3, 0, 0]}
    for prefix, counts in after.items():
        counts = np.array(counts)
        kinds = np.count_nonzero(counts)
        expected = (counts + kinds * single) / (counts.sum() + kinds)
        np.testing.assert_allclose(np.exp(pairs(prefix)), expected)


def test_what_was_never_seen_falls_back():
    pairs = ka.NGram(SEQUENCES, vocabulary_size=5, order=2)
    single = ka.NGram(SEQUENCES, vocabulary_size=5, order=1)
    np.testing.assert_allclose(pairs((4,)), single(()))
    triples = ka.NGram(SEQUENCES, vocabulary_size=5, order=3)
    np.testing.assert_allclose(triples((3, 2)), pairs((2,)))


def test_only_the_last_tokens_count():
    model = ka.NGram(SEQUENCES, vocabulary_size=5, order=3)
    np.testing.assert_array_equal(model((4, 4, 1, 2)), model((3, 1, 2)))
    assert not np.array_equal(model((1,)), model((4, 1)))  # the start is a token, too


def test_what_is_heard_is_what_makes_sense():
    """Sounds that say 1 and then, as good as alike, 2 or 4."""
    frames = np.log([[0.02, 0.94, 0.02, 0.01, 0.01], [0.02, 0.01, 0.47, 0.02, 0.48]])
    alone = ka.ctc_beam_search(frames)
    assert alone[0].token_ids == (1, 4)
    model = ka.NGram(SEQUENCES, vocabulary_size=5, order=2)
    assert ka.ctc_beam_search(frames, next_log_probabilities=model)[0].token_ids == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(sequences=[], vocabulary_size=3, order=0), "order=0"),
        (dict(sequences=[], vocabulary_size=3, end_id=3), "end_id=3"),
        (dict(sequences=[[3]], vocabulary_size=3), "from 0 to 2. Received: 3"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        ka.NGram(**arguments)
