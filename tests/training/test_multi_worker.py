"""Two processes under MultiWorkerMirroredStrategy see the same numbers as one device."""

import json
import sys

import keras
import numpy as np
import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

from training.cluster import TESTS, run_workers  # noqa: E402
from training.runs import curve, make_model, sentences  # noqa: E402

from keras_attention.training import make_strategy  # noqa: E402


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What each of two workers saw, by worker."""
    folder = tmp_path_factory.mktemp("run")
    outputs = run_workers([sys.executable, str(TESTS / "training" / "worker.py"), str(folder)])
    lines = [line for output in outputs for line in output.splitlines()]
    seen = [json.loads(line[5:]) for line in lines if line.startswith("SEEN ")]
    assert {path.name for path in folder.iterdir()} == {"best.npz", "last.npz"}
    return seen


def test_the_workers_agree(seen):
    assert seen[0]["replicas"] == 2
    assert seen[0] == seen[1]


# What one device does with what the workers do compiled and in several steps per execution.
@pytest.mark.parametrize(
    ("name", "settings", "rtol"),
    [
        ("plain", {}, 2e-5),
        ("compiled, several steps", {}, 2e-5),
        ("an empty replica", dict(batch_size=4), 2e-5),
        (
            "half precision, accumulated, clipped",
            dict(
                policy="mixed_float16",
                optimizer=lambda: keras.optimizers.SGD(
                    0.5, momentum=0.9, clipnorm=0.05, gradient_accumulation_steps=2
                ),
            ),
            1e-3,
        ),
    ],
    ids=["plain", "compiled", "empty", "half"],
)
def test_the_same_numbers_as_one_device(seen, name, settings, rtol):
    history, weights = curve(make_strategy("one_device"), validate=True, **settings)
    loss, val_loss, size = seen[0][name]
    np.testing.assert_allclose(loss, history["loss"], rtol=rtol)
    np.testing.assert_allclose(val_loss, history["val_loss"], rtol=rtol)
    np.testing.assert_allclose(size, np.abs(weights).sum(), rtol=rtol)


def test_predict_and_resume(seen):
    model = make_model(make_strategy("one_device"))
    ids, labels = sentences()
    predictions = np.abs(model.predict(ids, verbose=0)).sum()
    np.testing.assert_allclose(seen[0]["predictions"], predictions, rtol=1e-5)
    history = model.fit(ids, labels, batch_size=5, epochs=2, shuffle=False, verbose=0).history
    epoch, losses = seen[0]["resumed"]
    assert epoch == 1
    np.testing.assert_allclose(losses, history["loss"][1:], rtol=2e-5)
