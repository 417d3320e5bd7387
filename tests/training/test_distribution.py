"""The names of strategies, and what is said when one cannot be made."""

import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

from keras_attention.training import make_strategy  # noqa: E402

CPUS = 2  # logical ones, see tests/conftest.py


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)


@pytest.mark.skipif(bool(tf.config.list_physical_devices("GPU")), reason="counts CPUs")
def test_names_without_a_gpu():
    default = type(tf.distribute.get_strategy())
    assert type(make_strategy()) is type(make_strategy("auto")) is default
    assert type(make_strategy("one_device")) is default
    mirrored = make_strategy("mirrored")
    assert isinstance(mirrored, tf.distribute.MirroredStrategy)
    assert mirrored.num_replicas_in_sync == CPUS


@pytest.mark.parametrize(("gpus", "kind"), [(1, "_Default"), (2, "Mirrored")])
def test_auto_takes_several_gpus(monkeypatch, gpus, kind):
    made = []
    devices = [tf.config.LogicalDevice(f"/device:CPU:{i}", "GPU") for i in range(gpus)]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: devices)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda *a: made.append(a) or "mirrored")
    strategy = make_strategy("auto")
    assert (strategy == "mirrored") == (gpus > 1)
    assert made == [(["/device:CPU:0", "/device:CPU:1"], None)] * (gpus > 1)


def test_auto_follows_tf_config(monkeypatch):
    monkeypatch.setenv(
        "TF_CONFIG", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}'
    )
    monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", lambda: "multi")
    assert make_strategy("auto") == make_strategy("multi_worker") == "multi"
    assert make_strategy("one_device").num_replicas_in_sync == 1


def test_unknown_name():
    with pytest.raises(
        ValueError,
        match=r"one of auto, one_device, mirrored, multi_worker\. Received: name='mirored'",
    ):
        make_strategy("mirored")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no json",
        "3",
        "{}",
        '{"cluster": {"worker": []}, "task": {"type": "worker", "index": 0}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"index": 0}}',
    ],
)
def test_multi_worker_needs_a_cluster(monkeypatch, text):
    if text is not None:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(
        ValueError, match=r"needs the environment variable TF_CONFIG.*for example \{.cluster"
    ):
        make_strategy("multi_worker")
