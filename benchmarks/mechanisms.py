"""The tiny translator with every mechanism in turn: `python -m benchmarks.mechanisms --help`.

Each variant of the `tiny` preset is trained in a fresh process, one at a time. It differs from the
preset in what its name says and in nothing else: no setting was tuned for it. The table has

- exact: share of the test sentences translated exactly, in percent;
- tokens/s: target tokens trained on per second, of the last epoch;
- time: of a training token, relative to scaled dot-product attention's in the same run;
- MiB: the most memory that the process held, TensorFlow (about 500) included.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tyro

from benchmarks.measuring import ContestantError, Setting, run_worker
from benchmarks.reporting import append_line, provenance, run_facts, table
from tasks.common.mechanisms import AttentionConfig, CrossAttentionConfig
from tasks.translation.config import TranslationConfig
from tasks.translation.presets import tiny

BASELINE = "ScaledDotProduct"
START, END = "<!-- table of mechanisms: benchmarks/mechanisms.py -->", "<!-- end of the table -->"


@dataclass(frozen=True)
class Variant:
    """The preset with one mechanism.

    Attributes:
        name: of the mechanism.
        place: where it acts, in words.
        settings: what changes in `ModelConfig`.
    """

    name: str
    place: str
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self) -> TranslationConfig:
        preset = tiny()
        return replace(preset, model=replace(preset.model, **self.settings))


def everywhere(**part: str) -> dict[str, Any]:
    """Settings of a part in self-attention and in cross-attention."""
    return {"attention": AttentionConfig(**part), "cross_attention": CrossAttentionConfig(**part)}


SCORES = [
    "DotProduct(learned_scale=True)",
    "Bilinear",
    "Additive",
    "Concat",
    "Cosine",
    "LinearAttention",
    "Performer(num_features=64)",
]
NORMALIZERS = [
    "Sparsemax",
    "Entmax",
    "TopK(k=4)",
    "Sigmoid",
    "Hard",
    "GumbelSoftmax",
    "TalkingHeads",
]
# Whose queries are taken one by one, which self-attention cannot be when it decodes.
OF_CROSS_ATTENTION = [
    ("score", "LocationAware(filters=8, kernel_size=5)"),
    ("normalizer", "Monotonic"),
]
POSITION_SCHEMES = [
    "NoPositionEmbedding",
    "LearnedPositionEmbedding(max_length=64)",
    "Rotary",
    "ALiBi",
    "T5RelativeBias",
    "ShawRelativePositions(max_distance=8)",
    "TransformerXLPositions",
]
PATTERNS = [
    "SlidingWindow(window=4)",
    "DilatedWindow(window=4, dilation=2)",
    "GlobalWindow(window=4, num_global=1)",
]

VARIANTS = [
    Variant(BASELINE, "everywhere"),
    *(Variant(score, "score, everywhere", everywhere(score=score)) for score in SCORES),
    *(
        Variant(normalizer, "normaliser, everywhere", everywhere(normalizer=normalizer))
        for normalizer in NORMALIZERS
    ),
    *(
        Variant(part, "cross-attention", {"cross_attention": CrossAttentionConfig(**{kind: part})})
        for kind, part in OF_CROSS_ATTENTION
    ),
    *(Variant(name, "positions", {"position_scheme": name}) for name in POSITION_SCHEMES),
    *(
        Variant(pattern, "pattern, self-attention", {"attention": AttentionConfig(pattern=pattern)})
        for pattern in PATTERNS
    ),
    Variant("2 key/value heads of 4", "everywhere", {"num_key_value_heads": 2}),
    Variant("1 key/value head of 4", "everywhere", {"num_key_value_heads": 1}),
]


@dataclass(frozen=True)
class Config:
    """What to train."""

    only: tuple[str, ...] = ()
    """Names of variants; the baseline is always among them. Default: all."""
    seed: int = 0
    epochs: int | None = None
    """Of training; default: the preset's."""
    output: Path = Path("results/benchmarks_mechanisms.jsonl")
    """A JSON line is added to it for each run of this program."""
    page: Path = Path("docs/attention.md")
    """Its table is replaced if every variant was trained."""


@dataclass(frozen=True)
class Row:
    """What a variant reached.

    Attributes:
        name, place: see `Variant`.
        exact, bleu: scores on the test split, in percent.
        parameters: number of weights.
        tokens_per_second: target tokens, in the last epoch.
        mebibytes: the most memory that the process held.
        error: why there are no figures.
    """

    name: str
    place: str
    exact: float = 0.0
    bleu: float = 0.0
    parameters: int = 0
    tokens_per_second: float = 0.0
    mebibytes: float = 0.0
    error: str = ""


def main(config: Config) -> None:
    variants = named([BASELINE, *config.only]) if config.only else VARIANTS
    rows = [measure(variant, config) for variant in variants]
    facts = {
        **run_facts(["keras", "tensorflow"]),
        **{name: getattr(config, name) for name in ("seed", "epochs")},
    }
    report = f"{markdown(rows)}\n\n`{facts['command']}`: {provenance(facts)}"
    print(report)
    append_line(config.output, facts, rows)
    if failures := [f"{row.name}: {row.error}" for row in rows if row.error]:
        raise SystemExit("\n".join(["The page stays as it is, since these failed:", *failures]))
    if not config.only and config.epochs is None:
        replace_table(config.page, report)


def named(names: Sequence[str]) -> list[Variant]:
    """The variants of these names, each once; an error if one is unknown."""
    by_name = {variant.name: variant for variant in VARIANTS}
    if unknown := sorted(set(names) - set(by_name)):
        raise SystemExit(f"Unknown variants: {unknown}. Known: {sorted(by_name)}.")
    return [by_name[name] for name in dict.fromkeys(names)]


def measure(variant: Variant, config: Config) -> Row:
    """Trains a variant in a fresh process."""
    print(variant.name, file=sys.stderr, flush=True)
    job = {"variant": variant.name, "seed": config.seed, "epochs": config.epochs}
    try:
        (answer,) = run_worker("benchmarks.mechanism_worker", variant.name, Setting("tiny"), job)
    except ContestantError as error:
        return Row(variant.name, variant.place, error=str(error))
    return Row(variant.name, variant.place, **answer)


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by the docstring of this file."""
    base = rows[0].tokens_per_second

    def figures(row):
        if row.error:
            return ["failed"]
        return (
            f"{row.exact:.1f}",
            f"{row.bleu:.1f}",
            f"{row.parameters:,}",
            f"{row.tokens_per_second:,.0f}",
            f"{base / row.tokens_per_second:.2f}" if base else "",
            f"{row.mebibytes:.0f}",
        )

    columns = "mechanism, where, exact>, BLEU>, parameters>, tokens/s>, time>, MiB>"
    return table(columns, ((f"`{row.name}`", row.place, *figures(row)) for row in rows))


def replace_table(page: Path, report: str) -> None:
    """Puts the report between its two marks on the page."""
    before, rest = page.read_text(encoding="utf-8").split(START)
    _, after = rest.split(END)
    page.write_text(f"{before}{START}\n{report}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
