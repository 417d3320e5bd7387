from dataclasses import dataclass, replace

import numpy as np
import pytest

from keras_attention.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from tasks.common.run_folder import RunFolder
from tasks.common.vocabulary import Vocabulary

pytestmark = pytest.mark.tensorflow


@dataclass(frozen=True)
class Config:
    size: int = 5
    epochs: int = 3


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "runs" / "first")


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary.train([["a red house", "a red car", "the car"]], size=16)


def test_a_run_is_started_once_and_then_resumed(folder):
    assert not folder.is_started
    assert folder.start(Config()) is False
    assert folder.start(Config()) is True
    assert folder.load_config(Config) == Config()


def test_other_settings_are_refused_by_name(folder):
    folder.start(Config())
    with pytest.raises(
        ValueError, match=r"(?s)first holds a run with other.*size: 5 before, now 7"
    ):
        folder.start(Config(size=7), may_change={"epochs"})

    assert folder.load_config(Config) == Config()


def test_settings_that_may_change_are_kept_anew(folder):
    folder.start(Config())

    assert folder.start(Config(epochs=11), may_change={"epochs"})
    assert folder.load_config(Config) == replace(Config(), epochs=11)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="is not empty and holds no run"):
        RunFolder(tmp_path).start(Config())


def test_a_folder_without_a_run_is_named(folder):
    with pytest.raises(FileNotFoundError, match=r"no run in .*first: config\.json is missing"):
        folder.load_config(Config)


def test_a_damaged_configuration_is_named(folder):
    folder.start(Config())
    folder.config.write_text('{"size": 5, ')
    with pytest.raises(ValueError, match=r"config\.json is damaged"):
        folder.load_config(Config)


def test_the_vocabulary_is_kept_with_its_fingerprint(folder, vocabulary):
    folder.save_vocabulary(vocabulary)

    assert folder.load_vocabulary().fingerprint == vocabulary.fingerprint


def test_a_vocabulary_of_another_run_is_refused(folder, vocabulary):
    folder.save_vocabulary(vocabulary)
    Vocabulary.train([["another house"]], size=14).save(folder.vocabulary)
    with pytest.raises(ValueError, match=r"does not belong to the checkpoints in .*checkpoints"):
        folder.load_vocabulary()


def test_checkpoints_without_a_fingerprint_are_refused(folder, vocabulary):
    vocabulary.save(folder.vocabulary)
    with pytest.raises(FileNotFoundError, match=r"vocabulary\.sha256 is missing"):
        folder.load_vocabulary()


def test_a_published_run_has_what_it_takes_to_use_it_in_half_the_size(folder, vocabulary, tmp_path):
    weights = {"dense/kernel": np.linspace(-3, 3, 1000, dtype="float32"), "step": np.int64(10**5)}
    folder.start(Config(size=7))
    folder.save_vocabulary(vocabulary)
    write_checkpoint(folder.weights("final"), Checkpoint(weights))
    write_checkpoint(folder.weights("last"), Checkpoint(weights))

    for _ in range(2):  # the second time over the first
        copy = folder.publish(tmp_path / "results" / "published")

    assert copy.load_config(Config) == Config(size=7)
    assert copy.load_vocabulary().fingerprint == vocabulary.fingerprint
    halves = read_checkpoint(copy.weights("final")).weights
    kernel = halves["dense/kernel"]
    assert kernel.dtype == np.float16
    assert halves["step"] == 10**5
    np.testing.assert_allclose(kernel, weights["dense/kernel"], rtol=1e-3)
    assert {path.name for path in copy.checkpoints.iterdir()} == {"final.npz", "vocabulary.sha256"}


def test_of_a_run_that_only_pre_trained_the_encoder_is_published(folder, vocabulary, tmp_path):
    folder.start(Config())
    folder.save_vocabulary(vocabulary)
    write_checkpoint(folder.weights("encoder"), Checkpoint({"kernel": np.zeros(5, "float32")}))

    copy = folder.publish(tmp_path / "published")

    encoder = read_checkpoint(copy.weights("encoder")).weights
    assert encoder["kernel"].shape == (5,)
    assert encoder["kernel"].dtype == np.float16
    assert not copy.weights("final").exists()


def test_an_unfinished_run_is_not_published(folder, tmp_path):
    folder.start(Config())
    with pytest.raises(FileNotFoundError, match=r"final\.npz"):
        folder.publish(tmp_path / "published")


def test_weights_have_names(folder):
    assert folder.weights("best") == folder.checkpoints / "best.npz"


def test_a_worker_that_does_not_write_still_checks(folder):
    assert folder.start(Config(), write=False) is False
    assert not folder.is_started
    folder.start(Config())
    with pytest.raises(ValueError, match="size: 5 before, now 7"):
        folder.start(Config(size=7), write=False)
