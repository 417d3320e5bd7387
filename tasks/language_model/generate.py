"""Continue a text: `python -m tasks.language_model.generate RUN_FOLDER "ROMEO:" --length 300`."""

from pathlib import Path
from typing import Literal

import tyro

from tasks.common import console
from tasks.language_model.model import Writer, WritingConfig


def main(
    run_folder: tyro.conf.Positional[Path],
    prompt: tyro.conf.Positional[str] = "",
    length: int = 300,
    samples: int = 1,
    writing: tyro.conf.OmitArgPrefixes[WritingConfig] = WritingConfig(),  # noqa: B008 - frozen
    weights: Literal["final", "best", "last"] = "final",
    jit: bool = False,
) -> None:
    """Write texts that begin with a prompt.

    Args:
        run_folder: what `train` made.
        prompt: how each text begins; without it, anywhere.
        length: units to write, characters or subwords; more than a window is written in parts.
        samples: number of texts, written independently of each other.
        writing: how the next unit is chosen.
        weights: those that the finished run has chosen, or its best or last checkpoint.
        jit: compile by XLA, which takes seconds and is worth them for thousands of units. Other
            numbers are drawn for the same seed.
    """
    if samples < 1:
        raise ValueError(f"`samples` must be at least 1. Received: samples={samples}.")
    writer = Writer.load(run_folder, writing, samples, weights, jit)
    texts = writer([prompt] * samples, length)
    print(f"\n\n{'-' * 40}\n".join(texts))


if __name__ == "__main__":
    console.run(main)
