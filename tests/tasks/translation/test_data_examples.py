"""The examples in the docstrings of what reads and prepares the data."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    "name",
    [
        "tasks.common.vocabulary",
        "tasks.translation.corpora",
        "tasks.translation.data",
        "tasks.translation.phrases",
        "tasks.translation.text",
    ],
)
def test_examples_run(name):
    failed, attempted = doctest.testmod(importlib.import_module(name))
    assert attempted > 0
    assert failed == 0
