"""What attention costs as sequences grow: `python -m benchmarks.attention --help`.

One sequence that attends to itself, 8 heads of 64. Ours on TensorFlow: "plain"
(`scaled_dot_product_attention`), "chunked" (`chunked_attention`), "window" (the same with a
sliding window of 256 tokens to both sides) and "linear" (`linear_attention` with the features
`elu(x) + 1`); Keras' attention on TensorFlow; PyTorch's fused `scaled_dot_product_attention`.
TensorFlow's run as graphs.

Each case of each contestant has a fresh process, one process at a time, and each round has all. The
table has the medians: the time of a call, and the peak of its memory beyond the inputs, which
includes the output and the gradients. What would not fit into memory is left out, and said so. All
but "window" and "linear" compute the same, which is checked. A second table has the growth of both
with the length.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import tyro

from benchmarks.attentions.contestants import Contestant, contestants
from benchmarks.attentions.reporting import (
    Cost,
    Row,
    disagreements,
    draw,
    markdown,
    markdown_of_growth,
    summarize,
)
from benchmarks.attentions.workload import HEAD_DIM, HEADS, Case
from benchmarks.contestants import choose as choose_contestants
from benchmarks.measuring import ContestantError, run_worker
from benchmarks.reporting import append_line, provenance, run_facts
from benchmarks.rounds import Lane, best_lanes, interleave

# The share of the free memory that a contestant may need.
_SHARE_OF_MEMORY = 0.85


@dataclass(frozen=True)
class Config:
    """What to measure."""

    contestants: tuple[str, ...] = ()
    """Which take part, by their names in the table; default: all."""
    lengths: tuple[int, ...] = (512, 1024, 2048, 4096, 8192, 16384)
    directions: tuple[Literal["forward", "forward+backward"], ...] = ("forward", "forward+backward")
    dtypes: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    rounds: int = 3
    seconds: float = 1.0
    """How long each case is timed in each round, at least."""
    seed: int = 0
    """Of the sequences."""
    quick: bool = False
    """Short sequences, one round, one setting each: checks that all run and agree."""
    output: Path = Path("results/benchmarks_attention.jsonl")
    """A JSON line is added to it, except by a quick run."""
    images: Path = Path("docs/images")
    """Folder of the curves, which a quick run does not draw."""


def main(config: Config) -> None:
    chosen = choose(config.contestants)
    if config.quick:
        config = replace(config, lengths=(67, 131), rounds=1, seconds=0.0)
        chosen = [replace(one, settings=one.settings[:1]) for one in chosen]
    failures: list[str] = []

    def measure(lane: Lane) -> list[Cost]:
        (case,) = lane.cases
        name, setting = lane.contestant.name, lane.setting
        print(f"{case}: {name}, {setting.label}", file=sys.stderr, flush=True)
        job = {"seed": config.seed, "seconds": config.seconds, "cases": [asdict(case)]}
        job["module"] = f"benchmarks.attentions.{lane.contestant.module}"
        job["options"] = setting.options
        try:
            (answer,) = run_worker("benchmarks.attentions.worker", name, setting, job)
        except ContestantError as error:
            failures.append(f"{case}: {error}")
            return []
        return [Cost(contestant=name, setting=setting.label, **asdict(case), **answer)]

    free = free_gib()
    lanes, left_out = [], []
    for case in cases(config):
        for contestant in chosen:
            if contestant.needed_gib(case) > _SHARE_OF_MEMORY * free:
                left_out.append(_left_out(contestant, case, free))
            else:
                lanes += best_lanes(measure, contestant, [case])
    costs = interleave(measure, lanes, config.rounds)
    rows = summarize(costs, left_out)
    facts = run_facts(sorted({package for one in chosen for package in one.packages}))
    facts |= {"seed": config.seed, "heads": HEADS, "head_dim": HEAD_DIM}
    print(caption(facts))
    print(markdown(rows))
    print(f"\n{markdown_of_growth(rows)}")
    for failure in failures:
        print(f"\nFailed: {failure}")
    if not config.quick:
        append_line(config.output, facts, rows)
        draw(rows, config.images)
    if different := disagreements(costs, [one.name for one in chosen if one.exact]):
        raise SystemExit("\n" + "\n".join(different))


def choose(names: Sequence[str]) -> list[Contestant]:
    """The contestants of these names, or all; an error if one is unknown or not installed."""
    return choose_contestants(contestants(), names, "name", "chunked Keras")


def cases(config: Config) -> Iterator[Case]:
    for direction in config.directions:
        for dtype in config.dtypes:
            for length in config.lengths:
                yield Case(length, direction, dtype)


def free_gib() -> float:
    """What Linux would give to a process without swapping."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith("MemAvailable"))
    return int(line.split()[1]) / 2**20


def caption(facts: dict) -> str:
    return f"\nOne sequence, {HEADS} heads of {HEAD_DIM}.\n{provenance(facts)}\n"


def _left_out(contestant: Contestant, case: Case, free: float) -> Row:
    needed = contestant.needed_gib(case)
    note = f"does not fit: needs about {needed:.0f} GiB of {free:.0f}"
    setting = contestant.settings[0].label
    return Row(contestant.name, setting, case.length, case.direction, case.dtype, note=note)


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
