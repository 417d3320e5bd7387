"""The process of one contestant: reads a job (JSON) from standard input, prints measurements.

The job: `module` and `options` of the contestant, `sizes` and `seed` of the work, `cases`, and the
`seconds` that each case may take. Importing is timed, so nothing heavy is imported here.
"""

import importlib
import json
import sys
from typing import Any

from benchmarks.measuring import clock, median_seconds
from benchmarks.translators.workload import Case, Sizes, Workload


def main() -> None:
    job = json.load(sys.stdin)
    import_seconds, contestant = clock(lambda: importlib.import_module(job["module"]))
    workload = Workload(Sizes(**job["sizes"]), job["seed"])

    def measure(case: Case) -> dict[str, Any]:
        prepare_seconds, work = clock(lambda: contestant.prepare(case, workload, job["options"]))
        first_seconds, result = clock(work.first)
        return {
            "case": str(case),
            "tokens_per_second": work.tokens / median_seconds(work.again, job["seconds"]),
            "import_seconds": import_seconds,
            "prepare_seconds": prepare_seconds,
            "first_seconds": first_seconds,
            "result": float(result) if case.task == "train" else result.tolist(),
        }

    print(json.dumps([measure(Case(**values)) for values in job["cases"]]))


if __name__ == "__main__":
    main()
