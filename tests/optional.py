"""Packages that only some tests need."""

import os
from importlib import import_module, util

import pytest


def need(name):
    """The package; where it is not installed the test is skipped, but not in CI, which has all."""
    if util.find_spec(name.split(".")[0]) is None and os.environ.get("CI") != "true":
        pytest.skip(f"needs {name}: pip install -e '.[interop]'")
    return import_module(name)
