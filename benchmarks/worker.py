"""The process of one contestant: reads a job (JSON) from standard input, prints measurements.

The job: `module` and `options` of the contestant, `workload`, the module that knows the work, its
`sizes` and `seed`, `cases`, and the `seconds` that each case may take. Importing a contestant is
timed, so nothing heavy is imported here.
"""

import importlib
import json
import sys
from typing import Any

from benchmarks.measuring import clock, median_seconds


def main() -> None:
    job = json.load(sys.stdin)
    import_seconds, contestant = clock(lambda: importlib.import_module(job["module"]))
    work_of = importlib.import_module(job["workload"])
    workload = work_of.Workload(work_of.Sizes(**job["sizes"]), job["seed"])

    def measure(case: Any) -> dict[str, Any]:
        prepare_seconds, work = clock(lambda: contestant.prepare(case, workload, job["options"]))
        first_seconds, result = clock(work.first)
        return {
            "case": str(case),
            "tokens_per_second": work.tokens / median_seconds(work.again, job["seconds"]),
            "import_seconds": import_seconds,
            "prepare_seconds": prepare_seconds,
            "first_seconds": first_seconds,
            "result": result,
        }

    answers = [measure(work_of.Case(**values)) for values in job["cases"]]
    print(json.dumps(answers, default=lambda array: array.tolist()))


if __name__ == "__main__":
    main()
