"""Weight files: whole or not at all, and one error for all that does not fit."""

import keras
import numpy as np
import pytest

from keras_attention.training import average_weights, load_weights, save_weights
from keras_attention.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint


def small_model(width=3, name="logits", dtype=None):
    layer = keras.layers.Dense(width, name=name, dtype=dtype)
    return keras.Sequential([keras.Input((2,)), layer])


def test_round_trip_into_a_model_of_another_name(tmp_path):
    first, second = small_model(), small_model()
    save_weights(first, tmp_path / "a" / "model.npz")
    load_weights(second, str(tmp_path / "a" / "model.npz"))
    for ours, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["model.npz"]


def test_bfloat16_weights(tmp_path):
    first, second = small_model(dtype="bfloat16"), small_model(dtype="bfloat16")
    save_weights(first, tmp_path / "model.npz")
    load_weights(second, tmp_path / "model.npz")
    np.testing.assert_array_equal(first.get_weights()[0], second.get_weights()[0])


def test_all_faults_in_one_error_and_nothing_loaded(tmp_path):
    path = tmp_path / "model.npz"
    model = keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(3, name="hidden"),
            keras.layers.Dense(5, name="logits"),
        ]
    )
    before = model.get_weights()
    weights = {
        "hidden/kernel": np.ones((2, 3)),
        "hidden/bias": np.ones(7),
        "logits/kernel": np.ones((3, 5)),
        "extra/kernel": np.ones(2),
    }
    write_checkpoint(path, Checkpoint(weights))
    with pytest.raises(ValueError, match="does not fit the model") as error:
        load_weights(model, path)
    message = str(error.value)
    assert str(path) in message
    assert "missing: logits/bias" in message
    assert "unexpected: extra/kernel" in message
    assert "wrong shape: hidden/bias, the model has (3,), the checkpoint (7,)" in message
    assert "hidden/kernel" not in message
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
    with pytest.raises(ValueError, match="These weights do not fit"):
        load_weights(model, weights)


def test_a_model_that_is_not_built(tmp_path):
    with pytest.raises(ValueError, match=r"is not built.*Call it on one batch first"):
        save_weights(keras.Sequential([keras.layers.Dense(3)]), tmp_path / "model.npz")


def test_weights_that_share_a_path(tmp_path):
    twins = [keras.layers.Dense(3, name="twin") for _ in range(2)]
    x = keras.Input((3,))

    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = twins

        def call(self, x):
            return self.second(self.first(x))

    model = Twins()
    model(x)
    with pytest.raises(ValueError, match=r"names of their own.*twin/bias"):
        save_weights(model, tmp_path / "model.npz")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text", "other"])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "model.npz"
    save_weights(small_model(), path)
    whole = path.read_bytes()
    middle = whole.index(b"weights/logits/kernel.npy") + 200
    path.write_bytes(
        {
            "truncated": whole[: len(whole) // 2],
            "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            "empty": b"",
            "text": b"no checkpoint",
            "other": whole,
        }[damage]
    )
    if damage == "other":
        np.savez(path, weights=np.ones(3))
    with pytest.raises(ValueError, match=r"model\.npz is damaged or is no checkpoint"):
        load_weights(small_model(), path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no checkpoint .*model\.npz"):
        load_weights(small_model(), tmp_path / "model.npz")


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path, model = tmp_path / "model.npz", small_model()
    save_weights(model, path)
    before = path.read_bytes()

    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_weights(model, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_average(tmp_path):
    paths, kernels = [], []
    for epoch in range(3):
        model = small_model()
        paths.append(tmp_path / f"{epoch}.npz")
        save_weights(model, paths[-1])
        kernels.append(model.get_weights()[0])
    load_weights(model, average_weights(paths))
    np.testing.assert_allclose(model.get_weights()[0], np.mean(kernels, axis=0), rtol=1e-6)


def test_average_of_nothing_and_of_others(tmp_path):
    with pytest.raises(ValueError, match="at least one checkpoint"):
        average_weights([])
    paths = [tmp_path / "3.npz", tmp_path / "5.npz"]
    for path in paths:
        save_weights(small_model(int(path.stem)), path)
    with pytest.raises(ValueError, match=r"5\.npz holds other weights than .*3\.npz"):
        average_weights(paths)


def test_a_checkpoint_says_what_it_is_about(tmp_path):
    path = tmp_path / "model.npz"
    state = Checkpoint(
        {"a/b": np.arange(3)}, {"d": np.ones(2, "uint32")}, [np.ones(5)], {"epoch": 7}
    )
    write_checkpoint(path, state)
    after = read_checkpoint(path)
    assert after.about == {"epoch": 7}
    np.testing.assert_array_equal(after.weights["a/b"], np.arange(3))
    assert after.random["d"].dtype == "uint32"
    assert len(after.optimizer) == 1
