"""Who runs when: the best setting of each contestant first, then round after round."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from benchmarks.measuring import ContestantError, Measurement, Setting, run_process


class Lane(NamedTuple):
    """Cases that one process measures: one contestant, one setting."""

    contestant: Any
    setting: Setting
    cases: tuple[Any, ...]


Measure = Callable[[Lane], list[Measurement]]


def in_processes(package: str, job: dict[str, Any], failures: list[str]) -> Measure:
    """Measures each lane in a fresh process, see `benchmarks.worker`.

    Args:
        package: Where the contestants' files are, and `workload`.
        job: `sizes`, `seed` and `seconds`.
        failures: Gets the message of each process that fails; the lane then has no measurements.
    """

    def measure(lane: Lane) -> list[Measurement]:
        name, module, setting = lane.contestant.name, lane.contestant.module, lane.setting
        module = module if "." in module else f"{package}.{module}"
        print(f"{', '.join(map(str, lane.cases))}: {name}, {setting.label}", file=sys.stderr)
        cases = [asdict(case) for case in lane.cases]
        work = {**job, "workload": f"{package}.workload", "cases": cases}
        try:
            return run_process(name, module, setting, work)
        except ContestantError as error:
            failures.append(str(error))
            return []

    return measure


def best_lanes(measure: Measure, contestant: Any, cases: Sequence[Any]) -> list[Lane]:
    """The contestant's fastest setting for each case, cases of the same setting together."""
    cases = tuple(case for case in cases if contestant.supports(case))
    if not cases:
        return []
    settings = contestant.settings
    if len(settings) == 1:
        return [Lane(contestant, settings[0], cases)]
    speeds = {
        (setting.label, one.case): one.tokens_per_second
        for setting in settings
        for one in measure(Lane(contestant, setting, cases))
    }
    lanes = []
    for setting in settings:
        won = tuple(
            case
            for case in cases
            if setting is max(settings, key=lambda one: speeds.get((one.label, str(case)), 0.0))
        )
        if won:
            lanes.append(Lane(contestant, setting, won))
    return lanes


def interleave(measure: Measure, lanes: Iterable[Lane], rounds: int) -> list[Measurement]:
    """Every lane once, then every lane again: what drifts on the machine, drifts for all."""
    lanes = list(lanes)
    return [one for _ in range(rounds) for lane in lanes for one in measure(lane)]
