"""The benchmark itself: its work, its choice of contestants, and two of them at tiny sizes."""

from dataclasses import asdict

import numpy as np
import pytest

from benchmarks import translation
from benchmarks.measuring import ContestantError, Setting, run_process
from benchmarks.translators.contestants import contestants
from benchmarks.translators.workload import END_ID, NUM_SPECIAL, START_ID, Case, Workload
from keras_attention.ops import sinusoidal_positions

SIZES = translation.QUICK_SIZES
JOB = {
    "workload": "benchmarks.translators.workload",
    "sizes": asdict(SIZES),
    "seed": 0,
    "seconds": 0,
}


def test_work_follows_from_the_seed_alone():
    first, again, other = Workload(SIZES, 5), Workload(SIZES, 5), Workload(SIZES, 7)
    assert np.array_equal(first.sources(3), again.sources(3))
    assert not np.array_equal(first.sources(3), other.sources(3))
    weights, same = first.weights(), again.weights()
    assert all(np.array_equal(weights[name], same[name]) for name in weights)


def test_targets_are_one_behind_the_labels():
    _, targets, labels = Workload(SIZES).training_batch()
    assert np.array_equal(targets[:, 1:], labels[:, :-1])
    assert (targets[:, 0] == START_ID).all()
    assert (labels[:, -1] == END_ID).all()
    assert labels[:, :-1].min() >= NUM_SPECIAL


def test_positions_are_those_of_the_library():
    positions = Workload(SIZES).positions()
    expected = sinusoidal_positions(np.arange(len(positions)), SIZES.d_model, interleaved=False)
    assert np.allclose(positions, expected, atol=1e-5)


def test_cases_of_the_default_run():
    groups = list(translation.case_groups(translation.Config()))
    assert [[str(case) for case in cases] for cases in groups] == [
        ["train float32"],
        ["train bfloat16"],
        ["greedy ×1", "greedy ×32", "beam 4 ×1", "beam 4 ×32"],
    ]


def test_every_contestant_takes_part_somewhere():
    cases = [case for group in translation.case_groups(translation.Config()) for case in group]
    assert all(any(map(one.supports, cases)) for one in contestants())
    assert len({one.name for one in contestants()}) == len(contestants())


def test_unknown_contestant_is_named():
    with pytest.raises(SystemExit, match="Unknown contestants: \\['martian'\\]"):
        translation.choose(["ours", "martian"])


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(
        "benchmarks.contestants.installed", lambda package: package != "ctranslate2"
    )
    with pytest.raises(SystemExit, match="Not installed: \\['ctranslate2'\\]"):
        translation.choose([])


def test_a_contestant_that_fails_says_why():
    with pytest.raises(ContestantError, match=r"benchmarks\.translators\.nobody"):
        run_process(
            "nobody",
            "benchmarks.translators.nobody",
            Setting("any"),
            {**JOB, "cases": []},
        )


@pytest.mark.slow
@pytest.mark.tensorflow
def test_stock_keras_and_ours_do_the_same_work():
    """Same first loss, same translations: so the mapping of the weights is right, too."""
    cases = [Case("train"), Case("decode", batch=3)]
    job = {**JOB, "cases": [asdict(case) for case in cases]}
    setting = Setting("XLA", options={"jit_compile": True})
    (our_training, our_decode), (training, decode) = (
        run_process(name, f"benchmarks.translators.{name}", setting, job)
        for name in ("ours", "keras_layers")
    )
    assert training.result == pytest.approx(our_training.result, rel=1e-4)
    assert np.array(our_decode.result).shape == (3, SIZES.new_tokens)
    assert decode.result == our_decode.result
    assert min(our_decode.tokens_per_second, training.tokens_per_second) > 0
