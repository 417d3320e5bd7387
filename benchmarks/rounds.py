"""Who runs when: the best setting of each contestant first, then round after round."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from benchmarks.measuring import Measurement, Setting


class Lane(NamedTuple):
    """Cases that one process measures: one contestant, one setting."""

    contestant: Any
    setting: Setting
    cases: tuple[Any, ...]


Measure = Callable[[Lane], list[Measurement]]


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
