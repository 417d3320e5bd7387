"""CTC decoding against the sum over all alignments of all sequences."""

import itertools

import numpy as np
import pytest

import keras_attention as ka

VOCABULARY = 3


def log_probabilities(frames, seed=0, vocabulary=VOCABULARY, sharpness=1.0):
    logits = sharpness * np.random.default_rng(seed).normal(size=(frames, vocabulary))
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def collapsed(path):
    return tuple(key for key, _ in itertools.groupby(path) if key)


def all_sequences(x):
    """The probability of each sequence, and its likeliest alignment with the probability."""
    sums, best = {}, {}
    for path in itertools.product(range(x.shape[1]), repeat=len(x)):
        score, sequence = sum(x[t, token] for t, token in enumerate(path)), collapsed(path)
        sums[sequence] = np.logaddexp(sums.get(sequence, -np.inf), score)
        best[sequence] = max(best.get(sequence, (-np.inf, None)), (score, path))
    return sums, best


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_beam_finds_every_sequence_with_its_probability(seed):
    x = log_probabilities(5, seed)
    sums, _ = all_sequences(x)
    found = ka.ctc_beam_search(x, beams=1000)
    assert {one.token_ids for one in found} == set(sums)
    for one in found:
        assert one.log_probability == pytest.approx(sums[one.token_ids])
    scores = [one.log_probability for one in found]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("seed", range(5))
def test_a_narrow_beam_finds_the_best(seed):
    x = log_probabilities(6, seed, sharpness=2.0)
    sums, _ = all_sequences(x)
    (best, *_) = ka.ctc_beam_search(x, beams=8)
    assert best.token_ids == max(sums, key=sums.get)
    assert len(ka.ctc_beam_search(x, beams=2)) == 2


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_the_probability_of_a_sequence_is_the_sum_over_its_alignments(frames):
    x = log_probabilities(frames)
    sums, _ = all_sequences(x)
    for length in range(frames + 2):
        for sequence in itertools.product(range(1, VOCABULARY), repeat=length):
            expected = sums.get(sequence, -np.inf)
            assert ka.ctc_log_probability(x, sequence) == pytest.approx(expected)


def test_of_no_frames_only_nothing_can_be_said():
    x = np.zeros((0, VOCABULARY))
    assert ka.ctc_log_probability(x, []) == 0.0
    assert ka.ctc_log_probability(x, [1]) == -np.inf


def test_the_sum_may_win_over_the_likeliest_alignment():
    x = np.log([[0.6, 0.4], [0.6, 0.4]])  # blank twice 0.36, but "a" in one of three ways 0.64
    assert ka.ctc_greedy(x).token_ids == ()
    assert ka.ctc_beam_search(x)[0].token_ids == (1,)
    assert ka.ctc_beam_search(x)[0].log_probability == pytest.approx(np.log(0.64))


@pytest.mark.parametrize("seed", range(3))
def test_a_language_model_and_a_bonus_are_added(seed):
    x = log_probabilities(5, seed)
    following = log_probabilities(VOCABULARY + 1, seed + 7)  # of a bigram model

    def next_log_probabilities(prefix):
        return following[prefix[-1] if prefix else VOCABULARY]

    sums, _ = all_sequences(x)

    def score(sequence):
        tokens = [VOCABULARY, *sequence]
        model = sum(following[a, b] for a, b in itertools.pairwise([*tokens, 0]))
        return sums[sequence] + 0.4 * model + 0.7 * len(sequence)

    found = ka.ctc_beam_search(
        x,
        beams=1000,
        next_log_probabilities=next_log_probabilities,
        language_model_weight=0.4,
        length_bonus=0.7,
    )
    for one in found:
        assert one.log_probability == pytest.approx(score(one.token_ids))
    assert found[0].token_ids == max(sums, key=score)


def test_a_language_model_is_asked_once_for_each_prefix():
    asked = []

    def next_log_probabilities(prefix):
        asked.append(prefix)
        return np.log([0.2, 0.4, 0.4])

    ka.ctc_beam_search(log_probabilities(9), next_log_probabilities=next_log_probabilities)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("blank", [0, 2])
def test_greedy_is_the_likeliest_alignment(blank):
    x = log_probabilities(11)
    found = ka.ctc_greedy(x, blank)
    path = x.argmax(axis=1)
    expected = tuple(key for key, _ in itertools.groupby(path.tolist()) if key != blank)
    assert found.token_ids == expected
    assert found.log_probability == pytest.approx(x.max(axis=1).sum())


@pytest.mark.parametrize("seed", range(5))
def test_the_alignment_is_the_likeliest(seed):
    x = log_probabilities(6, seed)
    _, best = all_sequences(x)
    for sequence, (_, path) in best.items():
        begins, place = [], 0
        for key, group in itertools.groupby(path):
            if key:
                begins.append(place)
            place += len(list(group))
        assert ka.ctc_alignment(x, sequence) == begins


def test_no_frames():
    nothing = np.zeros((0, 3))
    assert ka.ctc_greedy(nothing) == ka.Transcript((), 0.0)
    assert ka.ctc_beam_search(nothing) == [ka.Transcript((), 0.0)]
    assert ka.ctc_alignment(nothing, []) == []


@pytest.mark.parametrize(("token_ids", "needed"), [((1, 2, 1), 3), ((1, 1), 3)])
def test_too_few_frames_for_a_sequence(token_ids, needed):
    with pytest.raises(ValueError, match=f"take at least {needed} frames.*Received: 2 frames"):
        ka.ctc_alignment(log_probabilities(2), token_ids)


@pytest.mark.parametrize("decode", [ka.ctc_greedy, ka.ctc_beam_search])
def test_what_is_no_output_of_ctc(decode):
    with pytest.raises(ValueError, match=r"\[frames, vocabulary\].*Received: shape \(3,\)"):
        decode(np.zeros(3))
    with pytest.raises(ValueError, match="blank=3"):
        decode(np.zeros((2, 3)), blank=3)


def test_settings_out_of_range():
    with pytest.raises(ValueError, match="must be at least 1. Received: beams=0"):
        ka.ctc_beam_search(log_probabilities(2), beams=0)
