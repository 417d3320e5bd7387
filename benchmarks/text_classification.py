"""What a text classifier costs: `python -m benchmarks.text_classification --help`.

Token and learned position embeddings, post-normalised encoder layers, the mean of the real tokens,
a dense layer. Training is a full step: forward, backward, Adam's update. Prediction is from token
ids to logits, one text (latency) or many (throughput). Texts have realistic lengths, and all
contestants get the mask of the padding.

Contestants: ours; stock Keras layers; KerasHub's layers, these three as TensorFlow graphs and
compiled by XLA; PyTorch's `nn.TransformerEncoder`, as it is, on its fast path for predictions
(which leaves the padding out), and through `torch.compile`; and Hugging Face's DistilBERT, as it is
and through `torch.compile`. bfloat16 is mixed precision in training, and bfloat16 throughout in
prediction.

Each contestant has a fresh process, one process at a time, and each round has all. A contestant
with several settings first tries all and keeps the best for each case. All have the same weights:
their logits must agree, and in training without dropout (`--sizes.dropout 0
--sizes.attention-dropout 0`) their losses. The tables have the medians.
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
from benchmarks.shapes import batch_and_length
from benchmarks.text_classifiers.contestants import contestants
from benchmarks.text_classifiers.workload import Case, Sizes, Workload

# Small enough to prove in minutes that everything runs and agrees; such speeds mean nothing.
QUICK_SIZES = Sizes(
    num_layers=2,
    d_model=64,
    num_heads=4,
    dff=128,
    vocabulary_size=499,
    max_length=67,
    dropout=0.0,
    attention_dropout=0.0,
)
QUICK_SHAPES = ("3x17", "2x67")


@dataclass(frozen=True)
class Config:
    """What to measure."""

    contestants: tuple[str, ...] = ()
    """Which of the contestants take part, by the file names in `classifiers`; default: all."""
    tasks: tuple[Literal["train", "predict"], ...] = ("train", "predict")
    train_shapes: tuple[str, ...] = ("32x256", "64x32")
    """Batch and length: reviews, and sentences."""
    predict_shapes: tuple[str, ...] = ("1x256", "64x256", "1x32", "64x32")
    dtypes: tuple[Literal["float32", "bfloat16"], ...] = ("float32", "bfloat16")
    rounds: int = 5
    seconds: float = 2.0
    """How long each case is timed in each round, at least."""
    seed: int = 0
    """Of weights and texts."""
    quick: bool = False
    """Tiny sizes, one round of a few calls, one setting each: checks that all run and agree."""
    sizes: Sizes = field(default_factory=Sizes)
    output: Path = Path("results/benchmarks_text_classification.jsonl")
    """A JSON line is added to it, except by a quick run."""


def main(config: Config) -> None:
    if config.quick:
        shapes = {"train_shapes": QUICK_SHAPES, "predict_shapes": QUICK_SHAPES}
        config = replace(config, sizes=QUICK_SIZES, **shapes)
    groups = case_groups(config)
    plan = Plan.of("benchmarks.text_classifiers", choose(config.contestants), groups, config)
    drops = bool(config.sizes.dropout or config.sizes.attention_dropout)
    report = report_of(plan, caption(plan), drops)
    compare(plan, report, None if config.quick else config.output)


def choose(modules: Sequence[str]) -> list[Contestant]:
    """The contestants of these files, or all; an error if one is unknown or not installed."""
    return choose_contestants(contestants(), modules, "module", "ours keras_layers")


def case_groups(config: Config) -> Iterator[list[Case]]:
    """The cases that a process measures one after the other."""
    shapes = {"train": config.train_shapes, "predict": config.predict_shapes}
    for dtype in config.dtypes:
        for task in config.tasks:
            yield [Case(task, *batch_and_length(shape), dtype) for shape in shapes[task]]


def caption(plan: Plan) -> str:
    sizes, workload = plan.sizes, Workload(plan.sizes, plan.seed)
    shapes = {f"{case.batch}x{case.length}": workload.share_of_padding(case) for case in plan.cases}
    padding = ", ".join(f"{share:.0%} of {shape}" for shape, share in shapes.items())
    return (
        f"{sizes.num_layers} layers, d_model {sizes.d_model}, {sizes.num_heads} heads, "
        f"dff {sizes.dff}, vocabulary {sizes.vocabulary_size}, dropout {sizes.dropout}, "
        f"of attention {sizes.attention_dropout}. Cases are named batch x length; padding is "
        f"{padding}."
    )


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
