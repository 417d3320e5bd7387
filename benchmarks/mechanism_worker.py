"""The process of one variant of `benchmarks/mechanisms.py`: trains it, prints what it reached.

The job (JSON) on standard input: the name of the `variant`, the `seed`, and how many `epochs`, or
None for as many as the preset has.
"""

import json
import resource
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray

from benchmarks.mechanisms import named
from tasks.common.run_folder import RunFolder
from tasks.translation.model import build_model
from tasks.translation.train import train


def main() -> None:
    job = json.load(sys.stdin)
    (variant,) = named([job["variant"]])
    config = variant.config()
    epochs = job["epochs"] or config.train.epochs
    config = replace(config, train=replace(config.train, seed=job["seed"], epochs=epochs))
    with tempfile.TemporaryDirectory() as path:
        folder = RunFolder(Path(path))
        scores = {score.name: score.value for score in train(config, folder)}
        speed = last_throughput(folder.logs)
    answer = {
        "exact": scores["exact match"],
        "bleu": scores["BLEU"],
        "parameters": build_model(config.model, config.vocabulary.size).count_params(),
        "tokens_per_second": speed,
        "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps([answer]))


def last_throughput(logs: Path) -> float:
    """Tokens per second of the last epoch, from TensorBoard's file."""
    events = EventAccumulator(str(logs / "train"))
    events.Reload()
    return float(make_ndarray(events.Tensors("epoch_tokens_per_second")[-1].tensor_proto))


if __name__ == "__main__":
    main()
