"""Measurements of classifiers -> times, ratios and numbers of weights: a table."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from benchmarks import steps
from benchmarks.agreement import disagreements as disagreements_of
from benchmarks.classification.work import Case
from benchmarks.comparing import Plan, Report
from benchmarks.contestants import PEAK
from benchmarks.measuring import Measurement
from benchmarks.reporting import table, without_repetition

# Relative to the largest logit, or to the loss.
TOLERANCES = {"float32": 1e-3, "bfloat16": 0.1}
# How far the number of a contestant's weights may be from ours.
TOLERANCE_OF_PARAMETERS = 0.02


@dataclass(frozen=True)
class Row(steps.Row):
    """One contestant in one case: medians over rounds.

    Attributes:
        examples_per_second: the batch by `seconds`.
        parameters: number of weights; None of the matrix product.
    """

    examples_per_second: float
    parameters: int | None


def report_of(plan: Plan, caption: str, drops: bool) -> Report:
    """How a benchmark of classifiers is reported.

    Args:
        plan: What is measured.
        caption: What stands above the tables.
        drops: Whether training drops at random, so that losses cannot be compared.
    """
    return Report(
        caption,
        partial(rows_of, cases=plan.cases, sizes=plan.sizes, ours=plan.ours),
        markdown,
        partial(disagreements, cases=plan.cases, drops=drops),
    )


def rows_of(
    measurements: Sequence[Measurement], cases: Iterable[Case], sizes: Any, ours: Sequence[str]
) -> list[Row]:
    """One row for each case and contestant, the fastest first within a case.

    Args:
        measurements: Of all rounds.
        cases: Those that were measured.
        sizes: Of the model.
        ours: Names of our contestants.
    """
    batches = {str(case): case.batch for case in cases}
    parameters = {one.contestant: one.result["parameters"] for one in measurements if one.result}
    return [
        Row(
            **asdict(one),
            examples_per_second=batches[one.case] / one.seconds,
            parameters=parameters.get(one.contestant),
        )
        for one in steps.rows_of(measurements, cases, sizes, ours, PEAK.name)
    ]


def disagreements(
    measurements: Iterable[Measurement], cases: Iterable[Case], drops: bool
) -> list[str]:
    """Where a contestant's logits, loss or number of weights are not those of the others."""
    by_name = {str(case): case for case in cases}
    done = [one for one in measurements if one.result]
    values = (
        (one.case, by_name[one.case].dtype, one.contestant, one.result["values"])
        for one in done
        if not (drops and by_name[one.case].trains)
    )
    weights = (
        (f"{one.case}, number of weights", "any", one.contestant, [one.result["parameters"]])
        for one in done
    )
    return disagreements_of(values, TOLERANCES) + disagreements_of(
        weights, {"any": TOLERANCE_OF_PARAMETERS}
    )


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""
    columns = (
        "case, contestant, setting, ms (fastest–slowest round)>, examples/s>, time ÷ ours>, "
        "of the peak>, weights>, first s>"
    )
    lines = [
        (
            row.case,
            row.contestant,
            row.setting,
            f"{row.seconds * 1e3:.2f} ({row.fastest * 1e3:.2f}–{row.slowest * 1e3:.2f})",
            f"{row.examples_per_second:.0f}",
            f"{row.time_ratio:.2f}",
            f"{row.share_of_peak:.0%}",
            "" if row.parameters is None else f"{row.parameters:,}",
            f"{row.first_seconds:.1f}",
        )
        for row in rows
    ]
    return table(columns, without_repetition(lines))
