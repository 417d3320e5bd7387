"""What TensorFlow Addons computed, as `addons_reference.py` wrote it.

The file beside this one is used, or the fresh one that `make test-addons` names in the environment
variable KERAS_ATTENTION_ADDONS.
"""

import json
import os
from pathlib import Path

import numpy as np

COMMITTED = Path(__file__).with_name("addons_reference.npz")
PATH = Path(os.environ.get("KERAS_ATTENTION_ADDONS", COMMITTED))

with np.load(PATH) as file:
    ARRAYS = dict(file)
CASES = json.loads(str(ARRAYS.pop("cases")))
NAMES = ARRAYS.pop("names").tolist()  # what TensorFlow Addons has for attention


class Case:
    """A case: `class_name` and `config`, and arrays by name: `inputs`, `weights`, `outputs`."""

    def __init__(self, name):
        described = CASES.get(name, {})
        self.class_name, self.config = described.get("class_name"), described.get("config")
        self.inputs, self.weights, self.outputs = (
            {
                path.removeprefix(f"{name}/{role}/"): array
                for path, array in ARRAYS.items()
                if path.startswith(f"{name}/{role}/")
            }
            for role in ("inputs", "weights", "outputs")
        )
