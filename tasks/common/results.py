"""The record of finished runs: one line of JSON each, with what is needed to repeat them."""

import datetime
import json
import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tasks.common.provenance import command_line, commit, processor

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Start:
    """When and from which source a run began: the files may change while it trains."""

    commit: str = field(default_factory=commit)
    seconds: float = field(default_factory=time.perf_counter)


def record(
    task: str, start: Start, facts: dict[str, Any], folder: Path = _ROOT / "results"
) -> Path:
    """Append a line to `results/<task>.jsonl`.

    Args:
        task: name of the task.
        start: made when the run began.
        facts: what the task knows: seed, parameters, scores. Command, commit, wall time, date,
            versions and hardware are added.
        folder: where the file is.

    Returns:
        Path of the file.
    """
    line = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": command_line(),
        "commit": start.commit,
        "wall_seconds": round(time.perf_counter() - start.seconds, 1),
        **facts,
        "hardware": hardware(),
        "versions": {
            "python": platform.python_version(),
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
    }
    path = folder / f"{task}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path


def hardware() -> str:
    """Processors and accelerators of this machine, in words."""
    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    usable = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(usable(0)) if usable else os.cpu_count()
    return ", ".join([f"{cores} cores of {processor()}", *gpus])
