"""Batches of examples of similar lengths: little padding, nobody left out."""

import numpy as np

from tasks.common.by_length import plan_epoch


def test_batches_have_similar_lengths():
    lengths = np.random.default_rng(3).integers(5, 200, size=5000)
    plan = plan_epoch(lengths, 32, seed=(0, 0))
    padded = sum(lengths[members].max() * len(members) for members in plan)
    assert padded < 1.1 * lengths.sum()
    np.testing.assert_array_equal(np.sort(np.concatenate(plan)), np.arange(5000))


def test_without_a_seed_they_are_sorted():
    plan = plan_epoch(np.array([5, 3, 9, 3]), 3, seed=None)
    assert [members.tolist() for members in plan] == [[1, 3, 0], [2]]
