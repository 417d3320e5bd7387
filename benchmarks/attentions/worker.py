"""The process of one contestant: reads a job (JSON) from standard input, prints what it cost.

The job: `module` and `options` of the contestant, `cases`, the `seed` of the arrays, and the
`seconds` that each case may take. Memory is right for the first case only: give one to a process.
"""

import gc
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.attentions.workload import Case, arrays
from benchmarks.measuring import clock, median_seconds


def main() -> None:
    job = json.load(sys.stdin)
    contestant = importlib.import_module(job["module"])

    def measure(case: Case) -> dict[str, Any]:
        inputs = arrays(case.length, job["seed"])
        work, short, probe = contestant.prepare(case, inputs, job["options"])
        del inputs
        short()
        gc.collect()
        before = _restart_peak()
        first_seconds, results = clock(work)
        extra = _mebibytes("VmHWM") - before
        values = probe(results)
        del results
        return {
            "case": str(case),
            "seconds": median_seconds(work, job["seconds"], at_least=1),
            "extra_mib": extra,
            "first_seconds": first_seconds,
            "values": values,
        }

    print(json.dumps([measure(Case(**values)) for values in job["cases"]]))


def _restart_peak() -> float:
    """Makes Linux forget the process' peak memory; returns what it uses now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _mebibytes("VmRSS")


def _mebibytes(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(name))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
