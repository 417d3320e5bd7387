"""Measurements -> times, ratios and seconds of audio per second: a table."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import steps
from benchmarks.agreement import disagreements as disagreements_of
from benchmarks.contestants import PEAK
from benchmarks.measuring import Measurement
from benchmarks.reporting import table, without_repetition

# Of features, relative to the largest.
TOLERANCES = {"float32": 1e-3}
# How far the number of a contestant's weights may be from ours: their layers differ in details.
TOLERANCE_OF_PARAMETERS = 0.05


@dataclass(frozen=True)
class Row(steps.Row):
    """One contestant in one case: medians over rounds.

    Attributes:
        recordings_per_second: the batch by `seconds`.
        audio_per_second: seconds of audio by `seconds`, the inverse of the real-time factor.
        parameters: number of weights; None of features and of the matrix product.
    """

    recordings_per_second: float
    audio_per_second: float
    parameters: int | None


def rows_of(
    measurements: Sequence[Measurement], cases: Iterable[Any], sizes: Any, ours: Sequence[str]
) -> list[Row]:
    """One row for each case and contestant, the fastest first within a case."""
    by_name = {str(case): case for case in cases}
    parameters = {
        one.contestant: one.result["parameters"]
        for one in measurements
        if one.result and "parameters" in one.result
    }
    return [
        Row(
            **asdict(one),
            recordings_per_second=by_name[one.case].batch / one.seconds,
            audio_per_second=by_name[one.case].units / one.seconds,
            parameters=None
            if by_name[one.case].task == "features"
            else parameters.get(one.contestant),
        )
        for one in steps.rows_of(measurements, by_name.values(), sizes, ours, PEAK.name)
    ]


def disagreements(measurements: Iterable[Measurement]) -> list[str]:
    """Where features or numbers of weights are not those of the others."""
    done = [one for one in measurements if one.result]
    features = (
        (one.case, "float32", one.contestant, one.result["values"])
        for one in done
        if "values" in one.result
    )
    weights = (
        (f"{one.case}, number of weights", "any", one.contestant, [one.result["parameters"]])
        for one in done
        if "parameters" in one.result
    )
    return disagreements_of(features, TOLERANCES) + disagreements_of(
        weights, {"any": TOLERANCE_OF_PARAMETERS}
    )


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""
    columns = (
        "case, contestant, setting, ms (fastest–slowest round)>, recordings/s>, "
        "seconds of audio/s>, time ÷ ours>, of the peak>, weights>, first s>"
    )
    lines = [
        (
            row.case,
            row.contestant,
            row.setting,
            f"{row.seconds * 1e3:.1f} ({row.fastest * 1e3:.1f}–{row.slowest * 1e3:.1f})",
            f"{row.recordings_per_second:.2f}",
            f"{row.audio_per_second:.0f}",
            f"{row.time_ratio:.2f}",
            f"{row.share_of_peak:.0%}",
            "" if row.parameters is None else f"{row.parameters:,}",
            f"{row.first_seconds:.1f}",
        )
        for row in rows
    ]
    return table(columns, without_repetition(lines))
