"""What every test starts from: the backend, the devices, the seed, the folder of real data."""

import os
from pathlib import Path

# Before anything imports keras. The suite runs on TensorFlow unless the environment says otherwise.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "agg")
# Small tensors gain nothing from more threads, and processes that share two cores lose a fifth of
# their time to each other's. Processes that tests start inherit it.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1" if "PYTEST_XDIST_WORKER" in os.environ else "2")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "2")

import keras
import pytest
from hypothesis import settings
from thinning import every_nth_of_each_file
from xdist.scheduler import LoadScopeScheduling

BACKEND = keras.backend.backend()
ROOT = Path(__file__).parent
# The environment variable of a run that takes each n-th test of a file only.
EVERY_NTH_TEST = "KERAS_ATTENTION_EVERY_NTH_TEST"
LONGEST = ("test_jax_backend.py", "test_train.py", "test_notebooks.py")

# Compilation makes the first example slow and the next ones fast, which a deadline takes for flaky.
# JAX compiles each operation for each new shape.
examples = 15 if BACKEND == "tensorflow" else 3
settings.register_profile("house", deadline=None, max_examples=examples, derandomize=True)
settings.load_profile("house")

if BACKEND == "tensorflow":
    import tensorflow as tf

    # Two logical CPUs, so that MirroredStrategy has two replicas on any machine. This must happen
    # before the first tensor is made.
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()],
    )
    # TF32 would make float32 comparisons on a GPU fail.
    tf.config.experimental.enable_tensor_float_32_execution(False)


def pytest_report_header(config):
    return f"keras {keras.__version__} on {BACKEND}"


class _Together(LoadScopeScheduling):
    """In one process stay the tests of a file, and those of a task, which share a finished run."""

    def _split_scope(self, nodeid):
        file = nodeid.split("::")[0]
        folder = file.rsplit("/", 1)[0]
        shares = (ROOT.parent / folder / "conftest.py").exists() and folder != ROOT.name
        return folder if shares else file


def pytest_xdist_make_scheduler(config, log):
    return _Together(config, log)


@pytest.hookimpl(trylast=True)  # after `-m` and `-k`
def pytest_collection_modifyitems(config, items):
    """Of several processes, none shall be left alone at the end with a file that takes minutes."""
    if hasattr(config, "workerinput"):  # this is one of them
        items.sort(key=lambda item: item.path.name not in LONGEST)
    nth = int(os.environ.get(EVERY_NTH_TEST, "1"))
    kept, left_out = every_nth_of_each_file(nth, items)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


@pytest.fixture(autouse=True)
def seed():
    """The same random numbers in every test, whatever ran before it."""
    keras.utils.set_random_seed(1729)
    return 1729


@pytest.fixture(autouse=True)
def policy_restored():
    """A test that changes the dtype policy does not change the next test's."""
    policy = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="session")
def data_folder():
    """The folder of real data that KERAS_ATTENTION_DATA names."""
    name = os.environ.get("KERAS_ATTENTION_DATA")
    if name and Path(name).is_dir():
        return Path(name).resolve()
    reason = f"needs the real data; KERAS_ATTENTION_DATA names no folder (it is {name!r})"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
