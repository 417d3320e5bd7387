"""Measurements -> times, ratios and shares of the peak: two tables."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from benchmarks import reporting
from benchmarks.agreement import disagreements as disagreements_of
from benchmarks.encoders.workload import Case, Sizes
from benchmarks.measuring import Measurement
from benchmarks.reporting import duels, summarize, table, without_repetition

# Through four layers in bfloat16, the gradients of the input are several percent from those of
# float32, whoever computes them; two of them may err to opposite sides.
TOLERANCES = {"float32": 1e-4, "bfloat16": 0.15}


@dataclass(frozen=True)
class Row:
    """One contestant in one case: medians over rounds.

    Attributes:
        case, contestant, setting, rounds: see `benchmarks.reporting.Row`.
        seconds: of a step. Of the matrix product: of a step that is as fast as it is.
        fastest, slowest: the seconds of these rounds.
        time_ratio: its time by ours, by the faster of ours: above 1, ours is faster.
        gigaflops: floating-point operations of the step's matrix products per second, by 1e9.
        share_of_peak: these by the matrix product's.
        first_seconds: of the first step: trace, compile, run.
    """

    case: str
    contestant: str
    setting: str
    rounds: int
    seconds: float
    fastest: float
    slowest: float
    time_ratio: float
    gigaflops: float
    share_of_peak: float
    first_seconds: float


@dataclass(frozen=True)
class Verdict(reporting.Verdict):
    """Ours against the best peer in one case.

    Attributes:
        share_of_peak: of ours, see `Row`.
    """

    share_of_peak: float


def rows_of(
    measurements: Iterable[Measurement],
    cases: Iterable[Case],
    sizes: Sizes,
    ours: Sequence[str],
    peak: str,
) -> list[Row]:
    """One row for each case and contestant, the fastest first within a case.

    Args:
        measurements: Of all rounds.
        cases: Those that were measured.
        sizes: Of the encoder.
        ours: Names of our contestants.
        peak: Name of the matrix product.
    """
    by_name = {str(case): case for case in cases}
    # The proofs are compared by `disagreements`.
    summaries = summarize((replace(one, result=None) for one in measurements), ours)
    peaks = {one.case: one.tokens_per_second for one in summaries if one.contestant == peak}
    rows = []
    for one in summaries:
        tokens = by_name[one.case].tokens
        seconds = tokens / one.tokens_per_second
        rows.append(
            Row(
                one.case,
                one.contestant,
                one.setting,
                one.rounds,
                seconds,
                fastest=tokens / one.highest,
                slowest=tokens / one.lowest,
                time_ratio=one.ours_over_it,
                gigaflops=by_name[one.case].operations(sizes) / seconds / 1e9,
                share_of_peak=one.tokens_per_second / peaks.get(one.case, math.nan),
                first_seconds=one.first_seconds,
            )
        )
    return rows


def verdicts(rows: Sequence[Row], ours: Sequence[str], peak: str) -> list[Verdict]:
    """For each case that one of ours and a peer did; `peak` is the contestant that is neither."""
    encoders = [row for row in rows if row.contestant != peak]
    return [
        Verdict.of(best, peer, share_of_peak=best.share_of_peak)
        for best, peer in duels(encoders, ours)
    ]


def disagreements(measurements: Iterable[Measurement], cases: Iterable[Case]) -> list[str]:
    """Where a contestant's output or gradients are not those of the others."""
    dtypes = {str(case): case.dtype for case in cases}
    results = (
        (f"{one.case}, {what}", dtypes[one.case], one.contestant, numbers)
        for one in measurements
        for what, numbers in (one.result or {}).items()
    )
    return disagreements_of(results, TOLERANCES)


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""
    columns = (
        "case, contestant, setting, ms (fastest–slowest round)>, time ÷ ours>, GFLOP/s>, "
        "of the peak>, first s>"
    )
    lines = [
        (
            row.case,
            row.contestant,
            row.setting,
            f"{row.seconds * 1e3:.1f} ({row.fastest * 1e3:.1f}–{row.slowest * 1e3:.1f})",
            f"{row.time_ratio:.2f}",
            f"{row.gigaflops:.0f}",
            f"{row.share_of_peak:.0%}",
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
            f"{one.seconds * 1e3:.1f}",
            one.peer,
            f"{one.peer_seconds * 1e3:.1f}",
            f"{one.ratio:.2f}",
            f"{one.share_of_peak:.0%}",
        )
        for one in verdicts
    ]
    return table("case, ours, ms>, best peer, ms>, best peer ÷ ours>, of the peak>", lines)
