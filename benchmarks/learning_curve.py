"""How many pictures a model needs: `python -m benchmarks.learning_curve --help`.

Small photographs (CIFAR-10, or the subset at hand), of each class so many. Three models of equal
size, each trained for the same time with the settings of the preset `cifar10`, but for the number
of epochs, which is what the time allows: the compact convolutional transformer of the preset, a
plain vision transformer, and a small convolutional net. All give the moving average of their
weights after the last epoch, so nothing is selected, and are scored on the test split once.

Each model has a fresh process, one at a time.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.measuring import ContestantError, Setting, run_worker
from benchmarks.reporting import append_line, provenance, run_facts, table, without_repetition

MODELS = ("compact", "plain", "convolutional")


@dataclass(frozen=True)
class Config:
    """What to train."""

    models: tuple[str, ...] = MODELS
    """Of "compact", "plain" and "convolutional"."""
    per_class: tuple[int, ...] = (50, 150, 450)
    """Numbers of training pictures of each class."""
    minutes: float = 8.0
    """How long each model is trained."""
    seed: int = 0
    """Of weights, order and augmentation."""
    folder: Path | None = None
    """Of CIFAR-10, see `tasks.image_classification.corpora.Cifar10`."""
    output: Path = Path("results/benchmarks_learning_curve.jsonl")
    """A JSON line is added to it for each run of this program."""

    def __post_init__(self):
        if unknown := sorted(set(self.models) - set(MODELS)):
            raise SystemExit(f"Unknown models: {unknown}. Known: {list(MODELS)}.")
        if not self.minutes > 0 or not all(count > 0 for count in self.per_class):
            raise SystemExit(
                "`minutes` and `per_class` must be positive. Received: "
                f"minutes={self.minutes}, per_class={self.per_class}."
            )


@dataclass(frozen=True)
class Row:
    """What a model reached.

    Attributes:
        pictures: how many it learned from.
        model: one of `MODELS`.
        parameters: number of weights.
        epochs: passes over the pictures.
        minutes: that these took.
        accuracy: on the test split, in percent.
        tested: number of test pictures.
        error: why there are no figures.
    """

    pictures: int
    model: str
    parameters: int = 0
    epochs: int = 0
    minutes: float = 0.0
    accuracy: float = 0.0
    tested: int = 0
    error: str = ""


def main(config: Config) -> None:
    rows = [
        measure(model, per_class, config)
        for per_class in sorted(config.per_class)
        for model in config.models
    ]
    facts = {
        **run_facts(["keras", "tensorflow"]),
        **{name: getattr(config, name) for name in ("seed", "minutes")},
    }
    print(f"{markdown(rows)}\n\n`{facts['command']}`: {provenance(facts)}")
    append_line(config.output, facts, rows)
    if failures := [f"{row.pictures}, {row.model}: {row.error}" for row in rows if row.error]:
        raise SystemExit("\n".join(failures))


def measure(model: str, per_class: int, config: Config) -> Row:
    """Trains a model in a fresh process."""
    name = f"{model}, {per_class} pictures per class"
    print(name, file=sys.stderr, flush=True)
    job = {
        "model": model,
        "per_class": per_class,
        "minutes": config.minutes,
        "seed": config.seed,
        "folder": None if config.folder is None else str(config.folder),
    }
    setting = Setting(f"{config.minutes} minutes")
    seconds = 60 * (3 * config.minutes + 10)
    try:
        (answer,) = run_worker("benchmarks.learning_curve_worker", name, setting, job, seconds)
    except ContestantError as error:
        return Row(10 * per_class, model, error=str(error))
    return Row(model=model, **answer)


def markdown(rows: Sequence[Row]) -> str:
    """A table; what its columns mean is said by `Row`."""

    def figures(row: Row) -> Sequence[str]:
        if row.error:
            return ["failed"]
        return (
            f"{row.accuracy:.1f} %",
            f"{row.parameters:,}",
            f"{row.epochs}",
            f"{row.minutes:.1f}",
        )

    columns = "pictures, model, test accuracy>, parameters>, epochs>, minutes>"
    lines = ((f"{row.pictures:,}", row.model, *figures(row)) for row in rows)
    return table(columns, without_repetition(lines))


if __name__ == "__main__":
    main(tyro.cli(Config, description=__doc__))
