"""Measures one contestant at a time in a process of its own, so that none disturbs another."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.common.provenance import processor

# A contestant that takes longer than this for one process is reported as failed.
PROCESS_SECONDS = 900


@dataclass(frozen=True)
class Setting:
    """One way to run a contestant.

    Attributes:
        label: what the report prints.
        environment: variables of its process.
        options: handed to the contestant's `prepare`.
    """

    label: str
    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """A case made ready by one contestant.

    Attributes:
        first: does the work once; whatever is traced or compiled on first use happens here. It
            returns what shows that the work was right, as JSON or NumPy arrays: the tokens of a
            decode, `[batch, new_tokens]`, the loss of a training step, some numbers of an output.
        again: the call that is timed.
        tokens: how many tokens one `again` processes: written by a decode, read in training
            (source and target) or by an encoder. Of a classifier it is how many texts.
    """

    first: Callable[[], Any]
    again: Callable[[], Any]
    tokens: float


@dataclass(frozen=True)
class Measurement:
    """One contestant, one setting, one case, one process.

    Attributes:
        case, contestant, setting: what was measured; names.
        tokens_per_second: from the median call.
        import_seconds: the contestant's modules.
        prepare_seconds: the model with its weights.
        first_seconds: the first call: trace, compile, run. That is the first translation.
        result: what the first call returned, see `Work`; arrays as nested lists.
    """

    case: str
    contestant: str
    setting: str
    tokens_per_second: float
    import_seconds: float
    prepare_seconds: float
    first_seconds: float
    result: Any


class ContestantError(RuntimeError):
    """A contestant's process failed; the message ends with the last lines that it printed."""


def clock(function: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def median_seconds(function: Callable[[], Any], seconds: float, at_least: int = 3) -> float:
    """Median duration of the calls that fit into `seconds`, after one call to warm up."""
    function()
    durations: list[float] = []
    while len(durations) < at_least or sum(durations) < seconds:
        durations.append(clock(function)[0])
    return statistics.median(durations)


def run_process(
    contestant: str, module: str, setting: Setting, job: dict[str, Any]
) -> list[Measurement]:
    """Measures `job["cases"]` in a fresh process, see `benchmarks.worker`."""
    job = {**job, "module": module, "options": setting.options}
    answers = run_worker("benchmarks.worker", contestant, setting, job)
    return [Measurement(contestant=contestant, setting=setting.label, **one) for one in answers]


def run_worker(
    worker: str,
    contestant: str,
    setting: Setting,
    job: dict[str, Any],
    seconds: float = PROCESS_SECONDS,
) -> list[dict[str, Any]]:
    """What a module, started as a fresh process, answers to a job; both are JSON."""
    name = f"{contestant} ({setting.label})"
    try:
        process = subprocess.run(
            [sys.executable, "-m", worker],
            input=json.dumps(job),
            cwd=Path(__file__).parents[1],
            env={**os.environ, **setting.environment},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ContestantError(f"{name} took longer than {seconds} seconds.") from None
    if process.returncode:
        tail = "\n".join(process.stderr.strip().splitlines()[-5:])
        raise ContestantError(f"{name} failed:\n{tail}")
    # Frameworks print, too: the answer is the last line.
    return json.loads(process.stdout.strip().splitlines()[-1])


def cores() -> int:
    """Cores that this process, and so each contestant, may use."""
    return len(os.sched_getaffinity(0))


def hardware() -> dict[str, Any]:
    """What a reader needs to know to compare the figures with others."""
    return {"processor": processor(), "cores": cores(), "system": platform.system()}
