"""Training and translating, ours beside the peers: `python benchmarks/translation.py --help`.

Contestants, each in a fresh process, one process at a time: ours; a Keras model of stock layers;
KerasHub's Transformer layers (training) and its BART (translating); Marian of Hugging Face on
PyTorch; CTranslate2 (translating). A contestant that has several settings (OpenMP threads, how they
wait and whether they are bound) first tries all and keeps the best for each case. Then come the
rounds: in each, every contestant runs once. The table has the medians:

- tokens/s: target tokens written when translating, source and target tokens read in training;
- ours ÷ it: above 1, ours is faster;
- import, model and first call in seconds, none of them part of tokens/s. The first call traces and
  compiles: for a translation it is the time to the first sentence;
- check: all but KerasHub translate with the same weights, so their sentences must equal ours. In
  training without dropout (`--sizes.dropout 0 --sizes.attention-dropout 0`) the loss of the first
  step must.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import tyro

from benchmarks.contestants import Contestant
from benchmarks.contestants import choose as choose_contestants
from benchmarks.reporting import append_line, markdown, provenance, run_facts, summarize
from benchmarks.rounds import best_lanes, in_processes, interleave
from benchmarks.translators.contestants import contestants
from benchmarks.translators.workload import Case, Sizes

# Small enough to prove in minutes that everything runs and agrees; such speeds mean nothing.
QUICK_SIZES = Sizes(
    num_layers=2,
    d_model=64,
    num_heads=4,
    dff=128,
    vocabulary_size=499,
    train_batch=4,
    source_length=11,
    target_length=7,
    new_tokens=13,
    dropout=0.0,
    attention_dropout=0.0,
)
Dtype = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Config:
    """What to measure."""

    contestants: tuple[str, ...] = ()
    """Which of the contestants take part, by the file names in `translators`; default: all."""
    tasks: tuple[Literal["train", "decode"], ...] = ("train", "decode")
    train_dtypes: tuple[Dtype, ...] = ("float32", "bfloat16")
    decode_dtypes: tuple[Dtype, ...] = ("float32",)
    batches: tuple[int, ...] = (1, 32)
    """Sentences that are translated at once."""
    beams: tuple[int, ...] = (1, 4)
    """Widths of the beam; 1 is greedy."""
    rounds: int = 5
    seconds: float = 3.0
    """How long each case is timed in each round, at least."""
    seed: int = 0
    """Of weights and sentences."""
    quick: bool = False
    """Tiny sizes, one round of a few calls, one setting each: checks that all run and agree."""
    sizes: Sizes = field(default_factory=Sizes)
    output: Path = Path("results/benchmarks_translation.jsonl")
    """A JSON line is added to it, except by a quick run."""


def main(config: Config) -> None:
    chosen = choose(config.contestants)
    if config.quick:
        config = replace(config, sizes=QUICK_SIZES, rounds=1, seconds=0.0)
        chosen = [replace(one, settings=one.settings[:1]) for one in chosen]
    job = {"sizes": asdict(config.sizes), "seed": config.seed, "seconds": config.seconds}
    failures: list[str] = []
    measure = in_processes("benchmarks.translators", job, failures)
    lanes = [
        lane
        for cases in case_groups(config)
        for contestant in chosen
        for lane in best_lanes(measure, contestant, cases)
    ]
    measurements = interleave(measure, lanes, config.rounds)
    rows = summarize(
        measurements,
        ours=[one.name for one in chosen if one.module == "ours"],
        own_weights=[one.name for one in chosen if not one.shares_weights],
    )
    facts = {
        **run_facts(sorted({package for one in chosen for package in one.packages})),
        **{name: job[name] for name in ("sizes", "seed")},
    }
    print(caption(facts))
    print(markdown(rows))
    for failure in failures:
        print(f"\nFailed: {failure}")
    if not config.quick:
        append_line(config.output, facts, rows)
    if any(row.equal not in (None, 1.0) for row in rows if "bfloat16" not in row.case):
        raise SystemExit("\nThe same weights gave different sentences in float32: see `check`.")


def choose(modules: Sequence[str]) -> list[Contestant]:
    """The contestants of these files, or all; an error if one is unknown or not installed."""
    return choose_contestants(contestants(), modules, "module", "ours keras_layers")


def case_groups(config: Config) -> Iterator[list[Case]]:
    """The cases that a process measures one after the other."""
    if "train" in config.tasks:
        yield from ([Case("train", dtype)] for dtype in config.train_dtypes)
    if "decode" in config.tasks:
        for dtype in config.decode_dtypes:
            yield [
                Case("decode", dtype, batch, beams)
                for beams in config.beams
                for batch in config.batches
            ]


def caption(facts: dict[str, Any]) -> str:
    sizes = Sizes(**facts["sizes"])
    return (
        f"\n{sizes.num_layers}+{sizes.num_layers} layers, d_model {sizes.d_model}, "
        f"{sizes.num_heads} heads, dff {sizes.dff}, vocabulary {sizes.vocabulary_size}. "
        f"Training: {sizes.train_batch} × ({sizes.source_length} + {sizes.target_length}) tokens. "
        f"Translating: {sizes.source_length} tokens to {sizes.new_tokens}.\n"
        f"{provenance(facts)}\n"
    )


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
