"""Measurements of steps -> times, ratios and shares of the peak."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import reporting
from benchmarks.measuring import Measurement
from benchmarks.reporting import duels, summarize, table


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
    cases: Iterable[Any],
    sizes: Any,
    ours: Sequence[str],
    peak: str,
) -> list[Row]:
    """One row for each case and contestant, the fastest first within a case.

    Args:
        measurements: Of all rounds.
        cases: Those that were measured, which know their `units`, which speeds count, and
            `operations(sizes)`.
        sizes: Of the model.
        ours: Names of our contestants.
        peak: Name of the matrix product.
    """
    by_name = {str(case): case for case in cases}
    # The proofs are compared by `disagreements`.
    summaries = summarize((replace(one, result=None) for one in measurements), ours)
    peaks = {one.case: one.tokens_per_second for one in summaries if one.contestant == peak}
    rows = []
    for one in summaries:
        units = by_name[one.case].units
        seconds = units / one.tokens_per_second
        rows.append(
            Row(
                one.case,
                one.contestant,
                one.setting,
                one.rounds,
                seconds,
                fastest=units / one.highest,
                slowest=units / one.lowest,
                time_ratio=one.ours_over_it,
                gigaflops=by_name[one.case].operations(sizes) / seconds / 1e9,
                share_of_peak=one.tokens_per_second / peaks.get(one.case, math.nan),
                first_seconds=one.first_seconds,
            )
        )
    return rows


def verdicts(rows: Sequence[Row], ours: Sequence[str], peak: str) -> list[Verdict]:
    """For each case that one of ours and a peer did; `peak` is the contestant that is neither."""
    contestants = [row for row in rows if row.contestant != peak]
    return [
        Verdict.of(best, peer, share_of_peak=best.share_of_peak)
        for best, peer in duels(contestants, ours)
    ]


def markdown_of_verdicts(verdicts: Sequence[Verdict]) -> str:
    lines = [
        (
            one.case,
            one.ours,
            f"{one.seconds * 1e3:.2f}",
            one.peer,
            f"{one.peer_seconds * 1e3:.2f}",
            f"{one.ratio:.2f}",
            f"{one.share_of_peak:.0%}",
        )
        for one in verdicts
    ]
    return table("case, ours, ms>, best peer, ms>, best peer ÷ ours>, of the peak>", lines)
