"""What a vision transformer costs: `python -m benchmarks.image_classification --help`.

Patches, a class token, learned positions, pre-normalised layers with GELU, and a dense layer for
the class token. Training is a full step: forward, backward, Adam's update. Prediction is from
pixels to logits, one picture (latency) or many (throughput).

Contestants: ours; stock Keras layers, patches and layers as in the example of Keras' documentation;
KerasHub's `ViTBackbone`, these three as TensorFlow graphs and compiled by XLA; and Hugging Face's
`ViTModel` on PyTorch, as it is and through `torch.compile`. bfloat16 is mixed precision in
training, and bfloat16 throughout in prediction.

Each contestant has a fresh process, one process at a time, and each round has all. A contestant
with several settings first tries all and keeps the best for each case. All have the same weights:
their logits and losses must agree. The tables have the medians, and the share of the peak, which is
how fast the matrix products of the step would have to be, were they all that takes time, by how
fast one large matrix product is in a graph, in the same dtype and the same rounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import tyro

from benchmarks.classification.reporting import report_of
from benchmarks.comparing import Plan, compare
from benchmarks.contestants import Contestant
from benchmarks.contestants import choose as choose_contestants
from benchmarks.image_classifiers.contestants import contestants
from benchmarks.image_classifiers.workload import Case, Sizes
from benchmarks.shapes import batch_and_image

# Small enough to prove in minutes that everything runs and agrees; such speeds mean nothing.
QUICK_SIZES = Sizes(num_layers=2, d_model=64, num_heads=4, dff=128, num_classes=7)
QUICK_SHAPES = ("3x15/5", "2x28/4")


@dataclass(frozen=True)
class Config:
    """What to measure."""

    contestants: tuple[str, ...] = ()
    """Which of the contestants take part, by the file names in `image_classifiers`; default:
    all."""
    tasks: tuple[Literal["train", "predict"], ...] = ("train", "predict")
    train_shapes: tuple[str, ...] = ("8x224/16", "64x32/4")
    """Batch, size and patch: photographs, and small pictures."""
    predict_shapes: tuple[str, ...] = ("1x224/16", "32x224/16", "1x32/4", "64x32/4")
    dtypes: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    rounds: int = 5
    seconds: float = 2.0
    """How long each case is timed in each round, at least."""
    seed: int = 0
    """Of weights and pictures."""
    quick: bool = False
    """Tiny sizes, one round of a few calls, one setting each: checks that all run and agree."""
    sizes: Sizes = field(default_factory=Sizes)
    output: Path = Path("results/benchmarks_image_classification.jsonl")
    """A JSON line is added to it, except by a quick run."""


def main(config: Config) -> None:
    if config.quick:
        shapes = {"train_shapes": QUICK_SHAPES, "predict_shapes": QUICK_SHAPES}
        config = replace(config, sizes=QUICK_SIZES, **shapes)
    groups = case_groups(config)
    plan = Plan.of("benchmarks.image_classifiers", choose(config.contestants), groups, config)
    report = report_of(plan, caption(plan), drops=False)
    compare(plan, report, None if config.quick else config.output)


def choose(modules: Sequence[str]) -> list[Contestant]:
    """The contestants of these files, or all; an error if one is unknown or not installed."""
    return choose_contestants(contestants(), modules, "module", "ours keras_layers")


def case_groups(config: Config) -> Iterator[list[Case]]:
    """The cases that a process measures one after the other."""
    shapes = {"train": config.train_shapes, "predict": config.predict_shapes}
    for dtype in config.dtypes:
        for task in config.tasks:
            yield [Case(task, *batch_and_image(shape), dtype) for shape in shapes[task]]


def caption(plan: Plan) -> str:
    sizes = plan.sizes
    return (
        f"{sizes.num_layers} layers, d_model {sizes.d_model}, {sizes.num_heads} heads, "
        f"dff {sizes.dff}, {sizes.num_classes} classes, no dropout. Cases are named "
        "batch x image size / patch size."
    )


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
