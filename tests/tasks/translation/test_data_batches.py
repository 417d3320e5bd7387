"""Which pairs share a batch: all of them once, within the budget, little padding, well mixed."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.translation.batches import plan_epoch


def natural_lengths(pairs, seed=0):
    """Lengths of source and target as they are in a corpus: skewed, and correlated."""
    generator = np.random.default_rng(seed)
    source = np.clip(generator.normal(14, 5, pairs), 2, 61).astype(int)
    target = np.clip(source + generator.normal(1, 3, pairs), 2, 61).astype(int)
    return np.stack([source, target], axis=1)


def padding(lengths, batches):
    return 1 - lengths.sum() / sum(batch.size for batch in batches)


@given(
    lengths=st.lists(st.tuples(st.integers(1, 23), st.integers(1, 29)), min_size=1, max_size=199),
    batch_tokens=st.integers(29, 307),
    seed=st.none() | st.integers(0, 97),
    multiple=st.none() | st.sampled_from([1, 3, 7]),
)
def test_each_pair_is_in_one_batch_that_holds_it(lengths, batch_tokens, seed, multiple):
    lengths = np.array(lengths)
    generator = None if seed is None else np.random.default_rng(seed)
    batches = plan_epoch(lengths, batch_tokens, generator, multiple)
    members = np.concatenate([batch.members for batch in batches])
    assert sorted(members) == list(range(len(lengths)))
    for batch in batches:
        widths = np.array([batch.source_length, batch.target_length])
        longest = lengths[batch.members].max(axis=0)
        assert len(batch.members) <= batch.rows
        if multiple is None:
            assert (widths == longest).all()
            assert len(batch.members) == batch.rows
        else:
            assert (widths >= longest).all()
            assert (widths % multiple == 0).all()
        assert batch.rows == 1 or batch.rows * widths.max() <= batch_tokens


def test_little_of_it_is_padding():
    lengths = natural_lengths(20_011)
    assert padding(lengths, plan_epoch(lengths, 4096, np.random.default_rng(3))) < 0.10
    assert padding(lengths, plan_epoch(lengths, 4096)) < 0.08
    unsorted = len(lengths) * lengths.max(axis=0).sum()
    assert 1 - lengths.sum() / unsorted > 0.5  # what it would be without any order


def test_every_epoch_has_other_batches_and_the_same_number_of_them():
    lengths = natural_lengths(5003)
    count = len(plan_epoch(lengths, 1021, np.random.default_rng(0))) + 1
    plans = [plan_epoch(lengths, 1021, np.random.default_rng(i), count=count) for i in (0, 0, 1)]
    assert [len(plan) for plan in plans] == [count] * 3
    first, again, other = ([batch.members.tolist() for batch in plan] for plan in plans)
    assert first == again
    number = [np.empty(len(lengths), int) for _ in range(2)]
    for numbers, plan in zip(number, (first, other), strict=True):
        for i, members in enumerate(plan):
            numbers[members] = i
    mates = [[a, b] for members in first for a, b in itertools.pairwise(members)]
    again = np.mean([number[1][a] == number[1][b] for a, b in mates])
    assert again < 0.35  # few neighbours of one epoch are together in the next


@pytest.mark.parametrize("multiple", [None, 5])
@pytest.mark.parametrize("change", [-3, 2, 7])
def test_a_number_of_batches_can_be_asked_for(multiple, change):
    lengths = natural_lengths(997)
    needed = len(plan_epoch(lengths, 503, np.random.default_rng(2), multiple))
    plan = plan_epoch(lengths, 503, np.random.default_rng(2), multiple, count=needed + change)
    assert len(plan) == needed + change
    members = np.concatenate([batch.members for batch in plan])
    assert sorted(members) == list(range(997))
    assert max(b.rows * max(b.source_length, b.target_length) for b in plan) < 503 * 1.4


def test_multiples_make_few_shapes():
    lengths = natural_lengths(9973)

    def shapes(plan):
        return {(batch.rows, batch.source_length, batch.target_length) for batch in plan}

    free = plan_epoch(lengths, 2048, np.random.default_rng(1))
    fixed = plan_epoch(lengths, 2048, np.random.default_rng(1), multiple=8)
    again = plan_epoch(lengths, 2048, np.random.default_rng(2), multiple=8)
    assert len(shapes(free)) > 50
    assert len(shapes(fixed)) < 25
    assert shapes(fixed) == shapes(again)


def test_without_shuffling_batches_are_sorted():
    lengths = natural_lengths(499)
    plan = plan_epoch(lengths, 307)
    targets = np.concatenate([lengths[batch.members, 1] for batch in plan])
    assert (np.diff(targets) >= 0).all()


def test_a_pair_longer_than_the_budget_has_a_batch_of_its_own():
    plan = plan_epoch(np.array([[2, 3], [2, 31], [3, 2]]), 29)
    assert [batch.members.tolist() for batch in plan][-1] == [1]
