"""The tests of the library part, run once more on the JAX backend in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import keras
import pytest

ROOT = Path(__file__).parents[1]

# Tests that may skip on JAX: name -> the reason. What needs TensorFlow is marked so, not skipped.
MAY_SKIP = {
    "test_example_runs[interop.from_torch]": "needs torch, which CI has",
    "test_example_runs[interop.to_torch]": "needs torch, which CI has",
}

# All tests are run on TensorFlow; here each n-th of a file says whether its operations are JAX's,
# too, which compiles each for each shape, two seconds a test.
EVERY_NTH_TEST = 8

# Without it most of the time goes into optimising what runs once.
QUICK_COMPILATION = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="this process is on JAX already")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(
            ["ops/test_attention.py", "layers/test_multi_head_attention.py"],
            id="core",
        ),
        pytest.param(
            [
                "ops",
                "layers",
                "decoding/test_beam.py",
                "models/test_transformer.py",
                "models/test_speech_models.py",
                "training/test_losses.py",
                "training/test_ctc_loss.py",
                "training/test_alignment_loss.py",
            ],
            id="library",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["interop/test_tf_addons.py", "test_public_api.py", "test_round_trip.py"],
            id="examples",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_passes_on_jax(names, tmp_path):
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-m", "not tensorflow and not slow", "--quiet"]
    command += ["-p", "no:cacheprovider", f"--junitxml={report}", f"--basetemp={tmp_path / 'jax'}"]
    command += [f"tests/{name}" for name in names]
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    environment["XLA_FLAGS"] = QUICK_COMPILATION
    environment["KERAS_ATTENTION_EVERY_NTH_TEST"] = str(EVERY_NTH_TEST)
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert finished.returncode == 0, finished.stdout[-20_000:] + finished.stderr[-5_000:]
    cases = list(ElementTree.parse(report).iter("testcase"))
    skipped = {case.get("name") for case in cases if case.find("skipped") is not None}
    assert skipped <= set(MAY_SKIP)
    for name in names:
        module = f"tests.{name.removesuffix('.py').replace('/', '.')}."
        ran = [case for case in cases if f"{case.get('classname')}.".startswith(module)]
        assert ran, f"no test of tests/{name} ran on JAX"
