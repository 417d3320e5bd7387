from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest

from tasks.common.run_folder import RunFolder, load_weights
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


def model_of(units):
    return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(units)])


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


def test_weights_are_read(tmp_path):
    path = tmp_path / "final.weights.h5"
    saved, loaded = model_of(5), model_of(5)
    saved.save_weights(path)

    load_weights(loaded, path)

    for one, other in zip(saved.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights at .*best\.weights\.h5"):
        load_weights(model_of(5), tmp_path / "best.weights.h5")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_half_written_file_is_refused(tmp_path, share):
    path = tmp_path / "last.weights.h5"
    model_of(5).save_weights(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"last\.weights\.h5 is damaged or half-written"):
        load_weights(model_of(5), path)


def test_weights_of_another_model_are_refused(tmp_path):
    path = tmp_path / "last.weights.h5"
    model_of(5).save_weights(path)
    with pytest.raises(ValueError, match=r"last\.weights\.h5 does not belong to this model"):
        load_weights(model_of(7), path)
