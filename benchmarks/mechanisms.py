"""The tiny translator with every mechanism in turn: `python -m benchmarks.mechanisms --help`.

Each variant of the `tiny` preset is trained in a fresh process, one at a time. It differs from the
preset in what its name says and in nothing else: no setting was tuned for it. The table has

- exact: share of the test sentences translated exactly, in percent;
- tokens/s: target tokens trained on per second, of the last epoch;
- time: of a training token, relative to scaled dot-product attention's in the same run;
- MiB: the most memory that the process held, TensorFlow (about 500) included.
"""

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import tyro

from benchmarks.reporting import run_facts
from tasks.common.mechanisms import AttentionConfig, CrossAttentionConfig
from tasks.translation.config import ModelConfig, TranslationConfig, tiny

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
    variant: str | None = None
    """Train this one in this process and print the measurement: what the program starts itself."""


def main(config: Config) -> None:
    if config.variant is not None:
        print(json.dumps(train(named([config.variant])[0], config)))
        return
    variants = named([BASELINE, *config.only]) if config.only else VARIANTS
    rows = []
    for variant in variants:
        print(variant.name, file=sys.stderr, flush=True)
        rows.append({**asdict(variant), **in_a_process(variant, config)})
    facts = run_facts(["keras", "tensorflow"])
    table = markdown(rows, facts)
    print(table)
    write_line(config.output, {**facts, "seed": config.seed, "epochs": config.epochs, "rows": rows})
    if not config.only and config.epochs is None:
        replace_table(config.page, table)


def named(names: Sequence[str]) -> list[Variant]:
    """The variants of these names, each once; an error if one is unknown."""
    by_name = {variant.name: variant for variant in VARIANTS}
    if unknown := sorted(set(names) - set(by_name)):
        raise SystemExit(f"Unknown variants: {unknown}. Known: {sorted(by_name)}.")
    return [by_name[name] for name in dict.fromkeys(names)]


def in_a_process(variant: Variant, config: Config) -> dict[str, Any]:
    """What `train` measures in a fresh process; an error stands in the row."""
    arguments = ["--variant", variant.name, "--seed", str(config.seed)]
    if config.epochs is not None:
        arguments += ["--epochs", str(config.epochs)]
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.mechanisms", *arguments],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        return {"error": "\n".join(process.stderr.strip().splitlines()[-5:])}
    return json.loads(process.stdout.strip().splitlines()[-1])


def train(variant: Variant, config: Config) -> dict[str, Any]:
    """Trains a variant and measures it."""
    from tasks.common.run_folder import RunFolder
    from tasks.translation.model import build_model
    from tasks.translation.train import train as train_translator

    settings = variant.config()
    epochs = settings.train.epochs if config.epochs is None else config.epochs
    settings = replace(settings, train=replace(settings.train, seed=config.seed, epochs=epochs))
    with tempfile.TemporaryDirectory() as folder:
        scores = train_translator(settings, RunFolder(Path(folder)))
        tokens_per_second = last_throughput(RunFolder(Path(folder)).logs)
    by_name = {score.name: score.value for score in scores}
    return {
        "exact": round(by_name["exact match"], 2),
        "bleu": round(by_name["BLEU"], 2),
        "parameters": parameters(settings.model, settings.vocabulary.size, build_model),
        "tokens_per_second": round(tokens_per_second),
        "mebibytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def parameters(model: ModelConfig, vocabulary_size: int, build_model: Any) -> int:
    return build_model(model, vocabulary_size).count_params()


def last_throughput(logs: Path) -> float:
    """Tokens per second of the last epoch, from TensorBoard's file."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(logs / "train"))
    events.Reload()
    return float(make_ndarray(events.Tensors("epoch_tokens_per_second")[-1].tensor_proto))


def markdown(rows: Sequence[dict[str, Any]], facts: dict[str, Any]) -> str:
    """A table with its provenance; the docstring of this file says what the columns mean."""
    base = rows[0]["tokens_per_second"]
    lines = [
        "| mechanism | where | exact | BLEU | parameters | tokens/s | time | MiB |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        if "error" in row:
            lines.append(f"| `{row['name']}` | {row['place']} | failed | | | | | |")
            continue
        lines.append(
            f"| `{row['name']}` | {row['place']} | {row['exact']:.1f} | {row['bleu']:.1f} "
            f"| {row['parameters']:,} | {row['tokens_per_second']:,} "
            f"| {base / row['tokens_per_second']:.2f} | {row['mebibytes']} |"
        )
    hardware = facts["hardware"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    caption = (
        f"`{facts['command']}` at commit {facts['commit']}, {facts['date'][:10]}, on "
        f"{hardware['cores']} cores of {hardware['processor']}, {versions}."
    )
    return "\n".join([*lines, "", caption])


def write_line(path: Path, line: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def replace_table(page: Path, table: str) -> None:
    """Puts the table between its two marks on the page."""
    before, rest = page.read_text(encoding="utf-8").split(START)
    _, after = rest.split(END)
    page.write_text(f"{before}{START}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
