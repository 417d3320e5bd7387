"""Which encoders disagree, and the table of their steps."""

from collections.abc import Iterable, Sequence

from benchmarks.agreement import disagreements as disagreements_of
from benchmarks.encoders.workload import Case
from benchmarks.measuring import Measurement
from benchmarks.reporting import table, without_repetition
from benchmarks.steps import Row

# Through four layers in bfloat16, the gradients of the input are several percent from those of
# float32, whoever computes them; two of them may err to opposite sides.
TOLERANCES = {"float32": 1e-4, "bfloat16": 0.15}


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
