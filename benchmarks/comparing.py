"""The course of a benchmark of steps: settings first, then rounds of all, then the report."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from benchmarks.contestants import PEAK, Contestant
from benchmarks.measuring import Measurement
from benchmarks.reporting import append_line, provenance, run_facts
from benchmarks.rounds import best_lanes, in_processes, interleave
from benchmarks.steps import Row, markdown_of_verdicts, verdicts


@dataclass(frozen=True)
class Plan:
    """What a benchmark measures.

    Attributes:
        package: where the contestants' files are, and `workload`.
        contestants: who takes part; the matrix product does in any case.
        groups: the cases that a process measures one after the other.
        sizes: of the model, a dataclass.
        seed: of weights and inputs.
        rounds: how often all are measured.
        seconds: how long each case is timed in each round, at least.
    """

    package: str
    contestants: Sequence[Contestant]
    groups: Sequence[Sequence[Any]]
    sizes: Any
    seed: int
    rounds: int
    seconds: float

    @classmethod
    def of(
        cls,
        package: str,
        contestants: Sequence[Contestant],
        groups: Iterable[Sequence[Any]],
        config: Any,
    ) -> Self:
        """Of the settings on a command line; `quick` ones are one round of a few calls, one setting
        each."""
        rounds, seconds = config.rounds, config.seconds
        if config.quick:
            rounds, seconds = 1, 0.0
            contestants = [replace(one, settings=one.settings[:1]) for one in contestants]
        sizes, seed = config.sizes, config.seed
        return cls(package, contestants, list(groups), sizes, seed, rounds, seconds)

    @property
    def cases(self) -> list[Any]:
        return [case for group in self.groups for case in group]

    @property
    def ours(self) -> list[str]:
        """Names of our contestants."""
        return [one.name for one in self.contestants if one.module == "ours"]


@dataclass(frozen=True)
class Report:
    """What makes a report of measurements; each function gets those of all rounds.

    Attributes:
        caption: what stands above the tables.
        rows: one for each case and contestant.
        markdown: their table.
        disagreements: whose work was not that of the others.
    """

    caption: str
    rows: Callable[[Sequence[Measurement]], list[Row]]
    markdown: Callable[[Sequence[Row]], str]
    disagreements: Callable[[Sequence[Measurement]], list[str]]


def compare(plan: Plan, report: Report, output: Path | None) -> None:
    """Measures, prints two tables, and adds a line to the file `output`, if there is one.

    Raises:
        SystemExit: If a contestant did other work than the others, after everything is reported.
    """
    job = {"sizes": asdict(plan.sizes), "seed": plan.seed, "seconds": plan.seconds}
    failures: list[str] = []
    measure = in_processes(plan.package, job, failures)
    everyone = (*plan.contestants, PEAK)
    lanes = [
        lane
        for group in plan.groups
        for contestant in everyone
        for lane in best_lanes(measure, contestant, group)
    ]
    measurements = interleave(measure, lanes, plan.rounds)
    rows = report.rows(measurements)
    against_peers = verdicts(rows, plan.ours, PEAK.name)
    facts = {
        **run_facts(sorted({package for one in everyone for package in one.packages})),
        **{name: job[name] for name in ("sizes", "seed")},
        "verdicts": [asdict(one) for one in against_peers],
    }
    print(f"\n{report.caption}\n{provenance(facts)}\n")
    print(report.markdown(rows))
    print(f"\n{markdown_of_verdicts(against_peers)}")
    for failure in failures:
        print(f"\nFailed: {failure}")
    if output is not None:
        append_line(output, facts, rows)
    if different := report.disagreements(measurements):
        raise SystemExit("\n" + "\n".join(different))
