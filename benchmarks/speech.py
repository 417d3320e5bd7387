"""What speech costs: `python -m benchmarks.speech --help`.

Three kinds of work. Features: from waveforms to logarithms of 80 mel bands each 10 ms, beside
librosa and PyTorch. Training: a full step of a Conformer with a CTC head, from waveforms, beside
Hugging Face's `Wav2Vec2ConformerForCTC` of the same widths, with as many frames, and weights within
5 %. Decoding: one recording to the most probable id of each frame, whole and, ours, while it
arrives.

Contestants: ours as a TensorFlow graph and compiled by XLA (but training, for TensorFlow's kernel
of CTC is none of XLA's); PyTorch's as they are and through `torch.compile`. Features of all must
agree.

Each contestant has a fresh process, one process at a time, and each round has all. A contestant
with several settings first tries all and keeps the best for each case. The tables have the medians.
The share of the peak is how fast the matrix products would have to be, were they all that takes
time, by how fast one large matrix product is; of features it tells little, for most of their work
is the Fourier transform.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import tyro

from benchmarks.comparing import Plan, Report, compare
from benchmarks.contestants import Contestant
from benchmarks.contestants import choose as choose_contestants
from benchmarks.shapes import batch_and_seconds
from benchmarks.speech_recognizers.contestants import contestants
from benchmarks.speech_recognizers.reporting import disagreements, markdown, rows_of
from benchmarks.speech_recognizers.workload import Case, Sizes

# Small enough to prove in minutes that everything runs and agrees; such speeds mean nothing.
QUICK_SIZES = Sizes(num_layers=2, d_model=32, num_heads=2, dff=64, kernel_size=7)
QUICK_SHAPES = ("2x1.5",)

TASKS = ("features", "train", "decode")


@dataclass(frozen=True)
class Config:
    """What to measure."""

    contestants: tuple[str, ...] = ()
    """Which of the contestants take part, by the file names in `speech_recognizers`; default:
    all."""
    tasks: tuple[Literal["features", "train", "decode"], ...] = TASKS
    features_shapes: tuple[str, ...] = ("1x10", "32x5")
    """Batch and seconds."""
    train_shapes: tuple[str, ...] = ("8x5",)
    decode_shapes: tuple[str, ...] = ("1x5", "1x30")
    dtypes: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    """Of training; features and decoding are in float32."""
    rounds: int = 5
    seconds: float = 2.0
    """How long each case is timed in each round, at least."""
    seed: int = 0
    """Of weights and waveforms."""
    quick: bool = False
    """Tiny sizes, one round of a few calls, one setting each: checks that all run and agree."""
    sizes: Sizes = field(default_factory=Sizes)
    output: Path = Path("results/benchmarks_speech.jsonl")
    """A JSON line is added to it, except by a quick run."""


def main(config: Config) -> None:
    if config.quick:
        shapes = {f"{task}_shapes": QUICK_SHAPES for task in TASKS}
        config = replace(config, sizes=QUICK_SIZES, **shapes)
    groups = case_groups(config)
    plan = Plan.of("benchmarks.speech_recognizers", choose(config.contestants), groups, config)
    report = Report(
        caption(plan),
        partial(rows_of, cases=plan.cases, sizes=plan.sizes, ours=plan.ours),
        markdown,
        disagreements,
    )
    compare(plan, report, None if config.quick else config.output)


def choose(modules: Sequence[str]) -> list[Contestant]:
    """The contestants of these files, or all; an error if one is unknown or not installed."""
    return choose_contestants(contestants(), modules, "module", "ours librosa_features")


def case_groups(config: Config) -> Iterator[list[Case]]:
    """The cases that a process measures one after the other."""
    for task in config.tasks:
        shapes = [batch_and_seconds(shape) for shape in getattr(config, f"{task}_shapes")]
        for dtype in config.dtypes if task == "train" else ("float32",):
            yield [Case(task, *shape, dtype) for shape in shapes]


def caption(plan: Plan) -> str:
    sizes = plan.sizes
    return (
        f"Conformer: {sizes.num_layers} layers, d_model {sizes.d_model}, {sizes.num_heads} heads, "
        f"dff {sizes.dff}, kernels of {sizes.kernel_size}, no dropout. Cases are named batch x "
        "seconds of audio."
    )


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
