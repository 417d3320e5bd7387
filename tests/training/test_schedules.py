"""Schedules against their formulas, at the first update, the peak, the end and all between."""

import math

import numpy as np
import pytest

from keras_attention.training import InverseSquareRoot, WarmupCosine, WarmupLinear

PEAK, WARMUP, TOTAL, FINAL = 3e-3, 7, 29, 1e-4


def rates(schedule, steps=41):
    return np.array([float(schedule(step)) for step in range(steps)])


def test_inverse_square_root():
    n = np.arange(1, 42)
    expected = PEAK * np.minimum(n / WARMUP, np.sqrt(WARMUP / n))
    found = rates(InverseSquareRoot(PEAK, WARMUP))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.argmax() == WARMUP - 1
    np.testing.assert_allclose([found[0], found.max()], [PEAK / WARMUP, PEAK], rtol=1e-6)


def test_inverse_square_root_is_the_rate_of_the_paper():
    d_model, warmup = 13, 5
    n = np.arange(1, 42)
    paper = d_model**-0.5 * np.minimum(n**-0.5, n * warmup**-1.5)
    ours = rates(InverseSquareRoot((d_model * warmup) ** -0.5, warmup))
    np.testing.assert_allclose(ours, paper, rtol=1e-6)


@pytest.mark.parametrize(
    ("schedule", "curve"),
    [
        (WarmupCosine, lambda p: (1 + math.cos(math.pi * p)) / 2),
        (WarmupLinear, lambda p: 1 - p),
    ],
)
@pytest.mark.parametrize("warmup", [0, 1, WARMUP])
def test_warm_up_and_decay(schedule, curve, warmup):
    def expected(n):
        if n <= warmup:
            return PEAK * n / warmup
        return FINAL + (PEAK - FINAL) * curve(min((n - warmup) / (TOTAL - warmup), 1))

    found = rates(schedule(PEAK, warmup, TOTAL, FINAL))
    np.testing.assert_allclose(found, [expected(n) for n in range(1, 42)], rtol=1e-5)
    if warmup:
        np.testing.assert_allclose(found[[0, warmup - 1]], [PEAK / warmup, PEAK], rtol=1e-6)
    np.testing.assert_allclose(found[TOTAL - 1 :], FINAL, rtol=1e-6)
    assert rates(schedule(PEAK, warmup, TOTAL))[-1] == 0.0


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_steps_of_any_dtype(dtype):
    assert float(InverseSquareRoot(PEAK, WARMUP)(np.array(2, dtype))) == pytest.approx(3 / 7 * PEAK)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InverseSquareRoot(0.0, 5), "peak_learning_rate=0.0"),
        (lambda: InverseSquareRoot(1.0, 0), "`warmup_steps` must be at least 1"),
        (lambda: WarmupLinear(1.0, -1, 5), "`warmup_steps` must be at least 0"),
        (lambda: WarmupCosine(1.0, 5, 5), "total_steps=5, warmup_steps=5"),
        (lambda: WarmupCosine(1.0, 5, 7, 2.0), "final_learning_rate=2.0"),
    ],
)
def test_arguments_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make()
