"""The record of finished runs: one line of JSON each, with what is needed to repeat them."""

import datetime
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Start:
    """When and from which source a run began: the files may change while it trains."""

    commit: str = field(default_factory=lambda: commit())
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


def command_line() -> str:
    """How this process was started, as one would type it."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    program = f"-m {module.name}" if module else Path(sys.argv[0]).name
    return " ".join(["python", program, *sys.argv[1:]])


def commit() -> str:
    """The commit of the checkout, `+` if files differ from it, or "unknown"."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"],
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()


def hardware() -> str:
    """Processors and accelerators of this machine, in words."""
    gpus = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    usable = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(usable(0)) if usable else os.cpu_count()
    return ", ".join([f"{cores} cores of {_processor()}", *gpus])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
