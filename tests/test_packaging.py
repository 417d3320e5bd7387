"""What users install: a wheel without `tasks`, a library that runs where TensorFlow is absent."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

WITHOUT_TENSORFLOW = """
import importlib, pkgutil, sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("tensorflow", "tensorflow_text", "tensorboard"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTensorFlow())

import keras_attention
assert "keras" not in sys.modules, "the root imports nothing before it is used"

for part in ("ops", "layers", "decoding", "training", "models", "interop"):
    package = importlib.import_module(f"keras_attention.{part}")
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if ".backend.tensorflow_" not in module.name:  # imported where that is the backend
            importlib.import_module(module.name)
for name in keras_attention.__all__:
    getattr(keras_attention, name)

import numpy as np
x = np.ones((2, 5, 6), "float32")
attended = keras_attention.MultiHeadAttention(num_heads=3, key_dim=2)(x, x, use_causal_mask=True)
encoded = keras_attention.EncoderLayer(d_model=6, num_heads=3, dff=7)(x)
decoded = keras_attention.DecoderLayer(d_model=6, num_heads=3, dff=7)(x, encoded)
assert attended.shape == encoded.shape == decoded.shape == x.shape
assert "tensorflow" not in sys.modules
"""


def test_the_library_runs_where_tensorflow_is_absent():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    finished = subprocess.run(
        [sys.executable, "-c", WITHOUT_TENSORFLOW],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory):
    """The files in the wheel, built from a copy so that the checkout keeps no traces."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("keras_attention", "tasks", "benchmarks"):
        if (ROOT / name).is_dir():
            unneeded = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=unneeded)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index"]
    build += ["--no-build-isolation", "--quiet", "--wheel-dir", str(folder), str(source)]
    finished = subprocess.run(build, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_the_wheel_installs_one_package(wheel_names):
    folders = {name.split("/")[0] for name in wheel_names}
    assert {name for name in folders if not name.endswith(".dist-info")} == {"keras_attention"}


def test_the_wheel_holds_the_whole_library(wheel_names):
    library = ROOT / "keras_attention"
    sources = {path.relative_to(ROOT).as_posix() for path in library.rglob("*.py")}
    assert sources | {"keras_attention/py.typed"} <= set(wheel_names)


def test_tasks_are_importable_from_anywhere(tmp_path):
    command = [sys.executable, "-c", "import tasks.translation.config"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_the_license_travels_along(wheel_names):
    assert any(name.endswith("licenses/LICENSE") for name in wheel_names)
