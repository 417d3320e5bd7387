"""The committed answers of TensorFlow Addons are those that it gives."""

import json

import numpy as np
import pytest
from interop.addons import ARRAYS, CASES, COMMITTED, NAMES, PATH


@pytest.mark.skipif(PATH == COMMITTED, reason="make test-addons computes the answers anew")
def test_the_committed_answers_are_those_of_tensorflow_addons():
    with np.load(COMMITTED) as file:
        committed = dict(file)
    assert json.loads(str(committed.pop("cases"))) == CASES
    assert committed.pop("names").tolist() == NAMES
    assert committed.keys() == ARRAYS.keys()
    for name, array in committed.items():
        np.testing.assert_allclose(ARRAYS[name], array, atol=1e-5, err_msg=name)
