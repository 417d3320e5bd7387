"""What each contestant costs at each length: rows, a table, curves."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.agreement import disagreements as disagreements_of
from benchmarks.reporting import table

BASE = "chunked"
TOLERANCES = {"float32": 1e-4, "bfloat16": 0.05}


@dataclass(frozen=True)
class Cost:
    """One contestant, one case, one process.

    Attributes:
        case, contestant, setting: what was measured; names.
        length, direction, dtype: of the case.
        seconds: of the median call.
        extra_mib: peak memory of the first call beyond what the process used before it.
        first_seconds: of the first call, tracing included.
        values: a few numbers of the result.
    """

    case: str
    contestant: str
    setting: str
    length: int
    direction: str
    dtype: str
    seconds: float
    extra_mib: float
    first_seconds: float
    values: list[float]

    @property
    def tokens_per_second(self) -> float:
        """By which `benchmarks.rounds` knows the best setting."""
        return self.length / self.seconds


@dataclass(frozen=True)
class Row:
    """One contestant in one case: medians over rounds.

    Attributes:
        contestant, setting, length, direction, dtype: see `Cost`.
        rounds: how many processes measured it; 0 if it was left out.
        seconds, extra_mib, first_seconds: medians, `None` if it was left out.
        fastest, slowest: the seconds of these rounds.
        time_ratio, memory_ratio: what it takes, by what "chunked" takes.
        note: why it was left out.
    """

    contestant: str
    setting: str
    length: int
    direction: str
    dtype: str
    rounds: int = 0
    seconds: float | None = None
    fastest: float | None = None
    slowest: float | None = None
    extra_mib: float | None = None
    first_seconds: float | None = None
    time_ratio: float | None = None
    memory_ratio: float | None = None
    note: str = ""


def summarize(costs: Iterable[Cost], left_out: Sequence[Row] = ()) -> list[Row]:
    """One row for each case and contestant, those that were left out last in their case."""
    cases: dict[tuple, dict[str, list[Cost]]] = defaultdict(lambda: defaultdict(list))
    for one in costs:
        cases[one.direction, one.dtype, one.length][one.contestant].append(one)
    rows = []
    others = [(row.direction, row.dtype, row.length) for row in left_out]
    for case in dict.fromkeys([*cases, *others]):
        contestants = cases[case]
        medians = {
            name: (_median(several, "seconds"), _median(several, "extra_mib"))
            for name, several in contestants.items()
        }
        base = medians.get(BASE)
        for name, several in contestants.items():
            seconds, extra_mib = medians[name]
            rows.append(
                Row(
                    name,
                    several[-1].setting,
                    direction=case[0],
                    dtype=case[1],
                    length=case[2],
                    rounds=len(several),
                    seconds=seconds,
                    fastest=min(one.seconds for one in several),
                    slowest=max(one.seconds for one in several),
                    extra_mib=extra_mib,
                    first_seconds=_median(several, "first_seconds"),
                    time_ratio=seconds / base[0] if base else None,
                    memory_ratio=extra_mib / max(base[1], 1.0) if base else None,
                )
            )
        rows += [row for row in left_out if (row.direction, row.dtype, row.length) == case]
    return rows


def _median(costs: Sequence[Cost], name: str) -> float:
    return statistics.median(getattr(one, name) for one in costs)


def disagreements(costs: Iterable[Cost], exact: Iterable[str]) -> list[str]:
    """Where two contestants that compute the same do not agree."""
    exact = set(exact)
    results = (
        (one.case, one.dtype, one.contestant, one.values)
        for one in costs
        if one.contestant in exact
    )
    return disagreements_of(results, TOLERANCES)


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""

    def figures(row):
        if row.seconds is None:
            return [row.note]
        return (
            f"{row.seconds * 1e3:.1f} ({row.fastest * 1e3:.1f}–{row.slowest * 1e3:.1f})",
            f"{row.extra_mib:.0f}",
            "" if row.time_ratio is None else f"{row.time_ratio:.2f}",
            "" if row.memory_ratio is None else f"{row.memory_ratio:.2f}",
        )

    columns = (
        "case, length>, contestant, setting, ms (fastest–slowest round)>, extra MiB>, "
        f"time ÷ {BASE}>, memory ÷ {BASE}>"
    )
    lines = []
    for row in rows:
        case = f"{row.direction}, {row.dtype}"
        lines.append((case, str(row.length), row.contestant, row.setting, *figures(row)))
    return table(columns, lines)


def markdown_of_growth(rows: Sequence[Row]) -> str:
    """How cost grows with the length: the exponent of a power of it, 1 if linear, 2 if quadratic,
    over the last two doublings that a contestant has in a case."""
    cases: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        if row.seconds is not None:
            cases[f"{row.direction}, {row.dtype}", row.contestant].append(row)
    lines = []
    for (case, contestant), several in cases.items():
        last = max(several, key=lambda row: row.length)
        first = min(several, key=lambda row: (abs(row.length - last.length / 4), row.length))
        if first.length == last.length:
            continue
        doublings = math.log(last.length / first.length)
        time = math.log(last.seconds / first.seconds) / doublings
        memory = math.log(max(last.extra_mib, 1) / max(first.extra_mib, 1)) / doublings
        lengths = f"{first.length}–{last.length}"
        lines.append((case, contestant, lengths, f"{time:.2f}", f"{memory:.2f}"))
    return table("case, contestant, lengths>, exponent of time>, of memory>", lines)


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Time and memory against the length, one picture for each dtype."""
    folder.mkdir(parents=True, exist_ok=True)
    measured = [row for row in rows if row.seconds is not None]
    paths = []
    for dtype in dict.fromkeys(row.dtype for row in measured):
        of_dtype = [row for row in measured if row.dtype == dtype]
        directions = list(dict.fromkeys(row.direction for row in of_dtype))
        figure = Figure(figsize=(5 * len(directions), 7), layout="constrained")
        axes = figure.subplots(2, len(directions), squeeze=False, sharex=True, sharey="row")
        for column, direction in enumerate(directions):
            of_direction = [row for row in of_dtype if row.direction == direction]
            for axis, unit in zip(axes[:, column], ("ms", "extra MiB"), strict=True):
                _curves(axis, of_direction, unit)
            axes[0, column].set_title(f"{direction}, {dtype}")
            axes[1, column].set_xlabel("length")
        axes[0, 0].legend()
        paths.append(folder / f"attention_{dtype}.png")
        figure.savefig(paths[-1], dpi=110)
    return paths


def _curves(axis, rows: Sequence[Row], unit: str) -> None:
    for name in dict.fromkeys(row.contestant for row in rows):
        points = sorted(
            (row.length, row.seconds * 1e3 if unit == "ms" else max(row.extra_mib, 0.1))
            for row in rows
            if row.contestant == name
        )
        axis.plot(*zip(*points, strict=True), marker="o", markersize=4, label=name)
    lengths = sorted({row.length for row in rows})
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(lengths, [str(length) for length in lengths])
    axis.minorticks_off()
    axis.set_ylabel(unit)
    axis.grid(alpha=0.3)
