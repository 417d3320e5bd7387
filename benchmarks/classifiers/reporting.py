"""Measurements -> times, ratios and numbers of weights: two tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks.agreement import disagreements as disagreements_of
from benchmarks.classifiers.workload import Case
from benchmarks.measuring import Measurement
from benchmarks.reporting import Verdict, duels, summarize, table, without_repetition

# Relative to the largest logit, or to the loss.
TOLERANCES = {"float32": 1e-3, "bfloat16": 0.1}
# How far the number of a contestant's weights may be from ours.
TOLERANCE_OF_PARAMETERS = 0.02


@dataclass(frozen=True)
class Row:
    """One contestant in one case: medians over rounds.

    Attributes:
        case, contestant, setting, rounds: see `benchmarks.reporting.Row`.
        seconds: of a step, that is of one batch.
        fastest, slowest: the seconds of these rounds.
        examples_per_second: the batch by `seconds`.
        time_ratio: its time by ours, by the faster of ours: above 1, ours is faster.
        parameters: number of weights.
        first_seconds: of the first call: trace, compile, run.
    """

    case: str
    contestant: str
    setting: str
    rounds: int
    seconds: float
    fastest: float
    slowest: float
    examples_per_second: float
    time_ratio: float
    parameters: int
    first_seconds: float


def rows_of(
    measurements: Sequence[Measurement], cases: Iterable[Case], ours: Sequence[str]
) -> list[Row]:
    """One row for each case and contestant, the fastest first within a case.

    Args:
        measurements: Of all rounds.
        cases: Those that were measured.
        ours: Names of our contestants.
    """
    batches = {str(case): case.batch for case in cases}
    parameters = {one.contestant: one.result["parameters"] for one in measurements}
    # The proofs are compared by `disagreements`. Of a classifier, the tokens are examples.
    summaries = summarize([replace(one, result=None) for one in measurements], ours)
    return [
        Row(
            one.case,
            one.contestant,
            one.setting,
            one.rounds,
            seconds=batches[one.case] / one.tokens_per_second,
            fastest=batches[one.case] / one.highest,
            slowest=batches[one.case] / one.lowest,
            examples_per_second=one.tokens_per_second,
            time_ratio=one.ours_over_it,
            parameters=parameters[one.contestant],
            first_seconds=one.first_seconds,
        )
        for one in summaries
    ]


def verdicts(rows: Sequence[Row], ours: Sequence[str]) -> list[Verdict]:
    """For each case that one of ours and a peer did."""
    return [Verdict.of(best, peer) for best, peer in duels(rows, ours)]


def disagreements(
    measurements: Sequence[Measurement], cases: Iterable[Case], dropout: bool
) -> list[str]:
    """Where a contestant's logits, loss or number of weights are not those of the others.

    Args:
        measurements: Of all rounds.
        cases: Those that were measured.
        dropout: Whether training drops at random, so that losses cannot be compared.
    """
    by_name = {str(case): case for case in cases}
    values = (
        (one.case, by_name[one.case].dtype, one.contestant, one.result["values"])
        for one in measurements
        if not (dropout and by_name[one.case].trains)
    )
    weights = (
        ("number of weights", "any", one.contestant, [one.result["parameters"]])
        for one in measurements
    )
    return disagreements_of(values, TOLERANCES) + disagreements_of(
        weights, {"any": TOLERANCE_OF_PARAMETERS}
    )


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""
    columns = (
        "case, contestant, setting, ms (fastest–slowest round)>, examples/s>, time ÷ ours>, "
        "weights>, first s>"
    )
    lines = [
        (
            row.case,
            row.contestant,
            row.setting,
            f"{row.seconds * 1e3:.2f} ({row.fastest * 1e3:.2f}–{row.slowest * 1e3:.2f})",
            f"{row.examples_per_second:.0f}",
            f"{row.time_ratio:.2f}",
            f"{row.parameters:,}",
            f"{row.first_seconds:.1f}",
        )
        for row in rows
    ]
    return table(columns, without_repetition(lines))


def markdown_of_verdicts(verdicts: Sequence[Verdict]) -> str:
    lines = [
        (
            one.case,
            one.ours,
            f"{one.seconds * 1e3:.2f}",
            one.peer,
            f"{one.peer_seconds * 1e3:.2f}",
            f"{one.ratio:.2f}",
        )
        for one in verdicts
    ]
    return table("case, ours, ms>, best peer, ms>, best peer ÷ ours>", lines)
