"""What an encoder costs: `python -m benchmarks.encoder --help`.

A stack of pre-normalised encoder layers, forward, and forward with the gradients of all weights and
of the input. Contestants: ours; stock Keras layers; KerasHub's `TransformerEncoder`, these three as
TensorFlow graphs and compiled by XLA; PyTorch's `nn.TransformerEncoder`, as it is, on its fast path
for inference, and through `torch.compile`. bfloat16 is mixed precision: Keras' `mixed_bfloat16`,
PyTorch's autocast.

Each contestant has a fresh process, one process at a time, and each round has all. A contestant
with several settings first tries all and keeps the best for each case. All have the same weights,
and their outputs and gradients must agree. The tables have the medians: the time of a step; its
ratio to the faster of ours; and the share of the peak, which is how fast the matrix products of the
step would have to be, were they all that takes time, by how fast one large matrix product is in a
graph, in the same dtype and the same rounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import tyro

from benchmarks.comparing import Plan, Report, compare
from benchmarks.contestants import PEAK, Contestant
from benchmarks.contestants import choose as choose_contestants
from benchmarks.encoders.contestants import LONGEST_OF_XLA, contestants
from benchmarks.encoders.reporting import disagreements, markdown
from benchmarks.encoders.workload import Case, Sizes
from benchmarks.shapes import batch_and_length
from benchmarks.steps import rows_of

# Small enough to prove in minutes that everything runs and agrees; such speeds mean nothing.
QUICK_SIZES = Sizes(num_layers=2, d_model=64, num_heads=4, dff=128)
QUICK_SHAPES = ("3x17", "2x67")


@dataclass(frozen=True)
class Config:
    """What to measure."""

    contestants: tuple[str, ...] = ()
    """Which of the contestants take part, by the file names in `encoders`; default: all."""
    shapes: tuple[str, ...] = ("64x32", "16x256", "4x1024", "1x4096")
    """Batch and length."""
    directions: tuple[Literal["forward", "forward+backward"], ...] = ("forward", "forward+backward")
    dtypes: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    rounds: int = 5
    seconds: float = 2.0
    """How long each case is timed in each round, at least."""
    seed: int = 0
    """Of weights and inputs."""
    quick: bool = False
    """Tiny sizes, one round of a few calls, one setting each: checks that all run and agree."""
    sizes: Sizes = field(default_factory=Sizes)
    output: Path = Path("results/benchmarks_encoder.jsonl")
    """A JSON line is added to it, except by a quick run."""


def main(config: Config) -> None:
    if config.quick:
        config = replace(config, sizes=QUICK_SIZES, shapes=QUICK_SHAPES)
    groups = case_groups(config)
    plan = Plan.of("benchmarks.encoders", choose(config.contestants), groups, config)
    report = Report(
        caption(plan),
        partial(rows_of, cases=plan.cases, sizes=plan.sizes, ours=plan.ours, peak=PEAK.name),
        markdown,
        partial(disagreements, cases=plan.cases),
    )
    compare(plan, report, None if config.quick else config.output)


def choose(modules: Sequence[str]) -> list[Contestant]:
    """The contestants of these files, or all; an error if one is unknown or not installed."""
    return choose_contestants(contestants(), modules, "module", "ours keras_layers")


def case_groups(config: Config) -> Iterator[list[Case]]:
    """The cases that a process measures one after the other."""
    for dtype in config.dtypes:
        for shape in config.shapes:
            batch, length = batch_and_length(shape)
            yield [Case(batch, length, dtype, direction) for direction in config.directions]


def caption(plan: Plan) -> str:
    sizes = plan.sizes
    text = (
        f"{sizes.num_layers} layers, d_model {sizes.d_model}, {sizes.num_heads} heads, "
        f"dff {sizes.dff}. Cases are named batch x length."
    )
    if any(case.length > LONGEST_OF_XLA for case in plan.cases):
        text += f"\nXLA is left out beyond length {LONGEST_OF_XLA}: it takes seconds a step."
    return text


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
