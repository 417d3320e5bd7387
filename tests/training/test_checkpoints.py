"""A run that stops and resumes is the run that never stopped."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow

from training.runs import make_model, sentences  # noqa: E402

from keras_attention.training import Checkpoints, load_weights, make_strategy  # noqa: E402
from keras_attention.training.checkpoint_file import read_checkpoint  # noqa: E402


def fit(model, epochs, callbacks, **arguments):
    ids, labels = sentences()
    return model.fit(
        ids,
        labels,
        batch_size=5,
        epochs=epochs,
        shuffle=False,
        callbacks=callbacks,
        verbose=0,
        **arguments,
    ).history["loss"]


def adam():
    return keras.optimizers.Adam(0.02, gradient_accumulation_steps=3)


@pytest.mark.parametrize(
    ("strategy", "policy"),
    [("one_device", "float32"), pytest.param("mirrored", "mixed_float16", marks=pytest.mark.slow)],
)
def test_a_resumed_run_goes_on_as_if_it_had_never_stopped(tmp_path, strategy, policy):
    strategy = make_strategy(strategy)
    settings = dict(optimizer=adam, dropout=0.25, policy=policy)
    whole = make_model(strategy, **settings)
    losses = fit(whole, 3, [])

    first, checkpoints = make_model(strategy, **settings), Checkpoints(tmp_path, "loss")
    assert checkpoints.restore(first) == checkpoints.epochs_done() == 0
    assert fit(first, 1, [checkpoints]) == losses[:1]

    second, checkpoints = make_model(strategy, **settings), Checkpoints(tmp_path, "loss")
    second.set_weights([weight + 1 for weight in second.get_weights()])
    epoch = checkpoints.restore(second)
    assert epoch == checkpoints.epochs_done() == 1
    assert checkpoints.best == losses[0]
    np.testing.assert_allclose(
        fit(second, 3, [checkpoints], initial_epoch=epoch), losses[1:], rtol=1e-6
    )
    for resumed, uninterrupted in zip(second.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(resumed, uninterrupted, rtol=1e-5, atol=1e-7)


class Scores(keras.callbacks.Callback):
    """Puts one made-up score per epoch into the logs."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = self.scores[epoch]


def plain_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="logits")])
    model.compile("adam", "mse")
    return model


def fit_plain(model, callbacks):
    model.fit(np.ones((5, 2)), np.ones((5, 3)), epochs=4, callbacks=callbacks, verbose=0)


@pytest.mark.parametrize(
    ("mode", "scores", "best"),
    [
        ("max", [1, 3, 2, 3], 1),
        ("min", [3, 1, 2, 5], 1),
        ("min", [float("nan"), 5, float("nan"), 3], 3),
    ],
)
def test_best_last_and_kept_epochs(tmp_path, mode, scores, best):
    checkpoints = Checkpoints(tmp_path / "run", "score", mode, keep=2)
    model = plain_model()
    fit_plain(model, [Scores(scores), checkpoints])
    assert read_checkpoint(checkpoints.best_file).about["epoch"] == best
    assert read_checkpoint(checkpoints.last_file).about["epoch"] == 3
    assert read_checkpoint(checkpoints.last_file).about["best"] == scores[best] == checkpoints.best
    assert [path.name for path in checkpoints.kept_files] == ["epoch_00003.npz", "epoch_00004.npz"]
    names = {"best.npz", "last.npz", "epoch_00003.npz", "epoch_00004.npz"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == names
    other = plain_model()
    load_weights(other, checkpoints.last_file)
    np.testing.assert_array_equal(other.get_weights()[0], model.get_weights()[0])


def test_the_monitored_value_must_be_in_the_logs(tmp_path):
    with pytest.raises(ValueError, match=r"one of \['loss'\]. Received: monitor='val_loss'"):
        fit_plain(plain_model(), [Checkpoints(tmp_path)])


def test_another_optimizer_cannot_resume(tmp_path):
    checkpoints = Checkpoints(tmp_path, "loss")
    fit_plain(plain_model(), [checkpoints])
    other = plain_model()
    other.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"last\.npz cannot be resumed: .*Adam.*SGD"):
        checkpoints.restore(other)


def test_a_damaged_file_is_named(tmp_path):
    checkpoints = Checkpoints(tmp_path, "loss")
    fit_plain(plain_model(), [checkpoints])
    checkpoints.last_file.write_bytes(checkpoints.last_file.read_bytes()[:500])
    for use in (checkpoints.epochs_done, lambda: checkpoints.restore(plain_model())):
        with pytest.raises(ValueError, match=r"last\.npz is damaged"):
            use()


@pytest.mark.parametrize(
    ("arguments", "message"), [(dict(mode="most"), "mode='most'"), (dict(keep=-1), "keep=-1")]
)
def test_arguments_out_of_range(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        Checkpoints(tmp_path, **arguments)
