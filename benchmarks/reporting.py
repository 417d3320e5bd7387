"""Measurements of several rounds -> medians -> ratios -> a table to read and a line to keep."""

import importlib.metadata
import json
import shlex
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from benchmarks.measuring import Measurement, hardware
from tasks.common.provenance import commit


@dataclass(frozen=True)
class Row:
    """One contestant in one case, over all rounds.

    Attributes:
        case, contestant: names.
        setting: the contestant's best setting for this case.
        rounds: how many processes measured it.
        tokens_per_second: the median over rounds.
        lowest, highest: tokens per second of the slowest and the fastest round.
        ours_over_it: our tokens per second by its own: above 1 we are faster.
        import_seconds, prepare_seconds, first_seconds: medians, see `Measurement`.
        loss: of the first training step.
        equal: share of the translations that equal ours; None if there is nothing to compare.
    """

    case: str
    contestant: str
    setting: str
    rounds: int
    tokens_per_second: float
    lowest: float
    highest: float
    ours_over_it: float
    import_seconds: float
    prepare_seconds: float
    first_seconds: float
    loss: float | None = None
    equal: float | None = None

    @property
    def check(self) -> str:
        """The proof that the work was the same as ours, in words."""
        if self.loss is not None:
            return f"loss {self.loss:.3f}"
        return "" if self.equal is None else f"{self.equal:.0%} equal ours"


def summarize(
    measurements: Iterable[Measurement], ours: Sequence[str], own_weights: Sequence[str] = ()
) -> list[Row]:
    """One row per case and contestant, the fastest first within a case.

    Args:
        measurements: Of all rounds.
        ours: Which contestants are ours. Ratios are to the fastest of them in each case, and are
            NaN where none of them was measured.
        own_weights: Contestants whose translations are not comparable.
    """
    groups: dict[str, dict[str, list[Measurement]]] = defaultdict(lambda: defaultdict(list))
    for one in measurements:
        groups[one.case][one.contestant].append(one)
    rows = []
    for case, contestants in groups.items():
        speeds = {
            name: statistics.median(one.tokens_per_second for one in several)
            for name, several in contestants.items()
        }
        base = max((name for name in ours if name in speeds), key=speeds.get, default=None)
        expected = contestants[base][0].result if base else None
        for name in sorted(speeds, key=speeds.get, reverse=True):
            several = contestants[name]
            rows.append(
                Row(
                    case,
                    name,
                    setting=several[-1].setting,
                    rounds=len(several),
                    tokens_per_second=speeds[name],
                    lowest=min(one.tokens_per_second for one in several),
                    highest=max(one.tokens_per_second for one in several),
                    ours_over_it=speeds[base] / speeds[name] if base else float("nan"),
                    import_seconds=statistics.median(one.import_seconds for one in several),
                    prepare_seconds=statistics.median(one.prepare_seconds for one in several),
                    first_seconds=statistics.median(one.first_seconds for one in several),
                    **_proof(several[0].result, None if name in own_weights else expected),
                )
            )
    return rows


def _proof(result: Any, expected: Any) -> dict[str, float]:
    if isinstance(result, float):
        return {"loss": result}
    if expected is None or expected is result:
        return {}
    equal = [ids == others for ids, others in zip(result, expected, strict=True)]
    return {"equal": statistics.mean(equal)}


@dataclass(frozen=True)
class Verdict:
    """Ours against the best peer in one case.

    Attributes:
        case: its name.
        ours, peer: the fastest contestants of both sides.
        seconds, peer_seconds: their time of a step.
        ratio: the peer's time by ours: above 1, ours is faster.
    """

    case: str
    ours: str
    peer: str
    seconds: float
    peer_seconds: float
    ratio: float

    @classmethod
    def of(cls, best: Any, peer: Any, **more: Any) -> Self:
        """On a row of ours and one of a peer, see `duels`; `more` are a subclass's attributes."""
        ratio = peer.seconds / best.seconds
        names = best.case, best.contestant, peer.contestant
        return cls(*names, best.seconds, peer.seconds, ratio, **more)


def duels(rows: Sequence[Any], ours: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """The fastest of ours and the fastest peer, for each case that both sides did.

    Args:
        rows: Each with `case`, `contestant` and `seconds`.
        ours: Which contestants are ours.
    """
    for case in dict.fromkeys(row.case for row in rows):
        of_case = [row for row in rows if row.case == case]
        sides = [
            [row for row in of_case if (row.contestant in ours) == own] for own in (True, False)
        ]
        if all(sides):
            yield tuple(min(side, key=lambda row: row.seconds) for side in sides)


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""
    columns = (
        "case, contestant, setting, tokens/s (slowest–fastest round)>, ours ÷ it>, import s>, "
        "model s>, first call s>, check"
    )
    lines = [
        (
            row.case,
            row.contestant,
            row.setting,
            f"{row.tokens_per_second:.0f} ({row.lowest:.0f}–{row.highest:.0f})",
            f"{row.ours_over_it:.2f}",
            f"{row.import_seconds:.1f}",
            f"{row.prepare_seconds:.1f}",
            f"{row.first_seconds:.2f}",
            row.check,
        )
        for row in rows
    ]
    return table(columns, without_repetition(lines))


def table(columns: str, lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    Args:
        columns: Names, separated by commas; ">" behind one aligns its cells to the right.
        lines: The cells of each line. Missing ones at the end are empty.
    """
    names = columns.split(", ")
    rules = ("--:" if name.endswith(">") else "---" for name in names)
    rows = [[name.removesuffix(">") for name in names], rules]
    rows += [[*line, *[""] * (len(names) - len(line))] for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def without_repetition(lines: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """The lines, the first cell empty where it is that of the line before."""
    before = None
    for first, *others in lines:
        yield "" if first == before else first, *others
        before = first


def run_facts(packages: Sequence[str]) -> dict[str, Any]:
    """Date, command, commit, hardware and versions: what makes a figure reproducible."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", *sys.orig_argv[1:]]),
        "commit": commit(),
        "hardware": hardware(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }


def provenance(facts: dict[str, Any]) -> str:
    """`run_facts` in a line under a table."""
    hardware = facts["hardware"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return (
        f"{hardware['processor']}, {hardware['cores']} cores, {hardware['system']}; {versions}; "
        f"commit {facts['commit']}, {facts['date']}."
    )


def installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def append_line(path: Path, facts: dict[str, Any], rows: Sequence[Row]) -> None:
    """Adds one run to a JSON-lines file, making the file and its folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {**facts, "rows": [asdict(row) for row in rows]}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
