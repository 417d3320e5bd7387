"""Public data sets in every form in which they come, the real ones included; and folders."""

import gzip
import logging
import tarfile
from dataclasses import replace

import numpy as np
import pytest
from picture_folders import picture_file, write_archive, write_folder

from tasks.common.files import sha256_of
from tasks.image_classification import public_corpora
from tasks.image_classification.corpora import (
    Builtin,
    Cifar10,
    FashionMnist,
    Folder,
    Mnist,
    load_pictures,
    name_of,
)
from tasks.image_classification.sizing import SizeConfig, as_input

pytestmark = pytest.mark.tensorflow


def counts(splits):
    return tuple(len(part.labels) for part in (splits.train, splits.validation, splits.test))


def of_class(part):
    return np.bincount(part.labels).tolist()


def test_fashion_mnist(data_folder):
    splits = load_pictures(FashionMnist(data_folder / "fashion_mnist"))
    assert counts(splits) == (55_000, 5000, 10_000)
    assert of_class(splits.validation) == [500] * 10
    assert splits.train.images.shape == (55_000, 28, 28, 1)
    assert splits.train.images.mean() / 255 == pytest.approx(0.2860, abs=0.001)
    # The first of the test is a boot.
    assert splits.classes[splits.test.labels[0]] == "Ankle boot"


@pytest.mark.slow
def test_cifar10_of_jpeg_files(data_folder):
    corpus = Cifar10(data_folder / "cifar10_jpeg_subset", per_class=100)
    splits = load_pictures(corpus, SizeConfig(24, 24, channels=1))
    assert counts(splits) == (1000, 500, 1000)
    assert of_class(splits.train) == [100] * 10
    assert splits.train.images.shape == (1000, 24, 24, 1)
    whole = load_pictures(replace(corpus, per_class=None))
    assert counts(whole) == (4500, 500, 1000)
    # A size changes nothing about what is in which split.
    assert splits.validation.files == whole.validation.files
    assert whole.test.files[0].endswith("cifar10_jpeg_subset.tar:test/airplane/0000.jpg")
    mean = whole.train.images.mean(axis=(0, 1, 2)) / 255
    np.testing.assert_allclose(mean, [0.4920, 0.4819, 0.4454], atol=0.005)


@pytest.mark.parametrize("corpus", [FashionMnist(), Cifar10()])
def test_a_data_set_is_found_by_the_environment(data_folder, monkeypatch, corpus):
    monkeypatch.setenv("KERAS_ATTENTION_DATA", str(data_folder))
    assert min(counts(load_pictures(corpus))) >= 500


# MNIST and its format, with files of our own.


def idx(numbers):
    magic = 2048 + numbers.ndim
    header = np.array([magic, *numbers.shape], ">u4").tobytes()
    return header + numbers.astype(np.uint8).tobytes()


def draw_idx(part, count):
    images = np.random.default_rng(count).integers(0, 256, (count, 28, 28))
    return {
        f"{part}-images-idx3-ubyte": idx(images),
        f"{part}-labels-idx1-ubyte": idx(np.arange(count) % 10),
    }


@pytest.fixture
def idx_files():
    return draw_idx("train", 200) | draw_idx("t10k", 30)


@pytest.fixture
def idx_folder(tmp_path, idx_files):
    for name, content in idx_files.items():
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    return tmp_path


def test_idx_files_packed_or_not(idx_folder, idx_files, tmp_path):
    packed = load_pictures(Mnist(idx_folder, validation=40))
    assert counts(packed) == (160, 40, 30)
    assert of_class(packed.validation) == [4] * 10
    assert packed.classes == tuple("0123456789")
    expected = np.frombuffer(idx_files["t10k-images-idx3-ubyte"][16:], np.uint8)
    np.testing.assert_array_equal(packed.test.images.ravel(), expected)
    for name, content in idx_files.items():
        (tmp_path / f"{name}.gz").unlink()
        (tmp_path / name).write_bytes(content)
    plain = load_pictures(Mnist(tmp_path, validation=40))
    np.testing.assert_array_equal(plain.validation.images, packed.validation.images)


def test_a_size_and_channels_are_those_of_every_corpus(idx_folder):
    size = SizeConfig(32, 20, 3, "pad")
    plain = load_pictures(Mnist(idx_folder, validation=40))
    sized = load_pictures(Mnist(idx_folder, validation=40), size)
    np.testing.assert_array_equal(sized.test.images, as_input(plain.test.images, size))
    drawn = load_pictures(Builtin(train=16, validation=8, test=8), size)
    assert drawn.validation.images.shape == (8, 32, 20, 3)


def test_a_data_set_is_downloaded_into_the_cache(idx_folder, tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_ATTENTION_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    local = {
        name: replace(
            file,
            url=(idx_folder / f"{name}.gz").as_uri(),
            sha256=sha256_of(idx_folder / f"{name}.gz"),
        )
        for name, file in public_corpora.IDX_FILES["mnist"].items()
    }
    monkeypatch.setitem(public_corpora.IDX_FILES, "mnist", local)
    assert counts(load_pictures(Mnist(validation=40))) == (160, 40, 30)
    kept = {path.name for path in (tmp_path / "cache/keras_attention/mnist").iterdir()}
    assert kept == {f"{name}.gz" for name in local}


@pytest.mark.parametrize("validation", [0, 200])
def test_too_many_or_too_few_for_validation(idx_folder, validation):
    with pytest.raises(ValueError, match=f"between 1 and 199, .* validation={validation}"):
        load_pictures(Mnist(idx_folder, validation))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:50], "must hold 200 x 28 x 28 bytes .* 50 bytes in all"),
        (lambda content: b"", "must begin with the number 2051, .* Received: 0"),
        (lambda content: b"PK\x03\x04", "must begin with the number 2051, .* Received: 1347"),
        (lambda content: content[:7], "must hold .* bytes .* Received: 7 bytes in all"),
        (lambda content: idx(np.zeros((3, 28, 28))), "the same length. .* 3 pictures and 200"),
    ],
)
def test_idx_files_of_pictures_that_are_damaged(idx_folder, idx_files, damage, message):
    name = "train-images-idx3-ubyte"
    (idx_folder / f"{name}.gz").write_bytes(gzip.compress(damage(idx_files[name])))
    with pytest.raises(ValueError, match=f"{name}.gz.* {message}"):
        load_pictures(Mnist(idx_folder))


def test_a_packed_file_that_is_cut_off_and_labels_that_cannot_be(idx_folder):
    path = idx_folder / "train-labels-idx1-ubyte.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(ValueError, match="train-labels-idx1-ubyte.gz cannot be unpacked"):
        load_pictures(Mnist(idx_folder))
    path.write_bytes(gzip.compress(idx(np.full(200, 11))))
    with pytest.raises(ValueError, match="labels must be between 0 and 9. Received: 11"):
        load_pictures(Mnist(idx_folder))


def test_a_folder_that_lacks_a_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"lacks train-images-idx3-ubyte or "):
        load_pictures(Mnist(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"lacks cifar-10-batches-bin or "):
        load_pictures(Cifar10(tmp_path))


# The forms of CIFAR-10.


def batch(seed, count=40):
    draw = np.random.default_rng(seed)
    planes = draw.integers(0, 256, (count, 3, 32, 32)).astype(np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    records = np.concatenate([labels[:, np.newaxis], planes.reshape(count, -1)], axis=1)
    return records.tobytes()


@pytest.fixture
def batches():
    names = (*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin")
    return {f"cifar-10-batches-bin/{name}": batch(seed) for seed, name in enumerate(names)}


def test_cifar10_of_the_archive_and_of_its_files(tmp_path, batches):
    packed_folder = tmp_path / "packed"
    packed_folder.mkdir()
    others = {"cifar-10-batches-bin/readme.html": b"read"}
    write_archive(packed_folder / "cifar-10-binary.tar.gz", batches | others)
    packed = load_pictures(Cifar10(packed_folder))
    assert counts(packed) == (180, 20, 40)
    assert of_class(packed.validation) == [2] * 10
    record = np.frombuffer(batches["cifar-10-batches-bin/test_batch.bin"], np.uint8)[: 1 + 3072]
    np.testing.assert_array_equal(
        packed.test.images[0], record[1:].reshape(3, 32, 32).transpose(1, 2, 0)
    )
    folder = write_folder(tmp_path / "unpacked", batches)
    for where in (folder, folder / "cifar-10-batches-bin"):
        unpacked = load_pictures(Cifar10(where))
        np.testing.assert_array_equal(unpacked.train.images, packed.train.images)
        np.testing.assert_array_equal(unpacked.train.labels, packed.train.labels)


def test_cifar10_that_is_not_whole(tmp_path, batches):
    name = "cifar-10-batches-bin/data_batch_3.bin"
    write_folder(tmp_path, batches | {name: batches[name][:-1]})
    with pytest.raises(ValueError, match="data_batch_3.bin must hold records of 3073 bytes"):
        load_pictures(Cifar10(tmp_path))
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match="cifar-10-batches-bin lacks data_batch_3.bin"):
        load_pictures(Cifar10(tmp_path))
    other = tmp_path / "other"
    other.mkdir()
    path = write_archive(other / "cifar-10-binary.tar.gz", batches)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(ValueError, match="cifar-10-binary.tar.gz cannot be unpacked"):
        load_pictures(Cifar10(other))


def test_cifar10_of_folders(tmp_path, data_folder):
    with tarfile.open(data_folder / "cifar10_jpeg_subset/cifar10_jpeg_subset.tar") as archive:
        few = [m for m in archive if m.isfile() and int(m.name[-8:-4]) < 10]
        archive.extractall(tmp_path, few, filter="data")
    assert counts(load_pictures(Cifar10(tmp_path))) == (90, 10, 100)
    (tmp_path / "train/cat").rename(tmp_path / "train/lion")
    with pytest.raises(ValueError, match="must hold the folder train .* deer, dog, frog, horse, l"):
        load_pictures(Cifar10(tmp_path))


# The user's own.


@pytest.fixture
def pets():
    """Forty cats and thirty dogs."""
    return {
        f"{name}/{number}.png": picture_file((seed, number))
        for seed, (name, count) in enumerate((("cat", 40), ("dog", 30)))
        for number in range(count)
    }


def test_a_folder_is_split_by_itself(tmp_path, pets, caplog):
    corpus = Folder(write_folder(tmp_path / "pets", pets))
    with caplog.at_level(logging.WARNING):
        splits = load_pictures(corpus)
    assert not caplog.records
    assert splits.classes == ("cat", "dog")
    assert counts(splits) == (56, 7, 7)
    assert of_class(splits.test) == [4, 3]
    assert len({*splits.train.files, *splits.validation.files, *splits.test.files}) == 70
    assert name_of(corpus) == "folder_pets"


def test_a_folder_with_a_test_but_no_validation(tmp_path, pets, caplog):
    files = {f"{split}/{name}": pets[name] for split in ("train", "test") for name in pets}
    with caplog.at_level(logging.WARNING):
        splits = load_pictures(Folder(write_folder(tmp_path, files)))
    assert counts(splits) == (63, 7, 70)
    (record,) = caplog.records
    assert "63 of 70 pictures of the test split occur in the training split" in record.getMessage()


def test_folders_of_their_own_for_validation_and_test(tmp_path, pets):
    folder = write_folder(tmp_path / "all", pets)
    few = write_folder(tmp_path / "few", {name: pets[name] for name in ("cat/0.png", "dog/0.png")})
    splits = load_pictures(Folder(folder, validation_path=few, test_path=few))
    assert counts(splits) == (70, 2, 2)


@pytest.mark.parametrize(
    ("renamed", "message"),
    [
        ("lion", "must hold the same .* Missing: cat. Received beyond them: lion"),
        (None, "must hold the same .* Missing: cat. Received beyond them: none"),
    ],
)
def test_folders_of_classes_that_differ(tmp_path, pets, renamed, message):
    test = {
        name.replace("cat", renamed or "cat"): content
        for name, content in pets.items()
        if renamed or "cat" not in name
    }
    files = {f"train/{name}": content for name, content in pets.items()}
    write_folder(tmp_path / "all", files | {f"test/{name}": test[name] for name in test})
    with pytest.raises(ValueError, match=f"The test folder in {tmp_path}/all {message}"):
        load_pictures(Folder(tmp_path / "all"))
    write_folder(tmp_path / "test", test)
    with pytest.raises(ValueError, match=f"{tmp_path}/test {message}"):
        load_pictures(Folder(tmp_path / "all/train", test_path=tmp_path / "test"))


def test_a_single_class(tmp_path, pets):
    files = {name: content for name, content in pets.items() if "cat" in name}
    with pytest.raises(ValueError, match="at least two classes .* Received: 'cat'"):
        load_pictures(Folder(write_folder(tmp_path, files)))


def test_splits_of_other_sizes_and_channels(tmp_path, pets):
    folder = write_folder(tmp_path / "all", pets)
    small = write_folder(
        tmp_path / "small", {f"{name}/0.png": picture_file(1, 3, 3) for name in ("cat", "dog")}
    )
    with pytest.raises(ValueError, match="all splits must have one size, .* train 5 x 7, test 3"):
        load_pictures(Folder(folder, test_path=small))
    assert counts(load_pictures(Folder(folder, test_path=small), SizeConfig(4, 4))) == (63, 7, 2)
    grey = write_folder(
        tmp_path / "grey",
        {f"{name}/0.png": picture_file(1, channels=1) for name in ("cat", "dog")},
    )
    splits = load_pictures(Folder(folder, test_path=grey))
    assert splits.test.images.shape == (2, 5, 7, 3)


def test_bad_pictures_are_skipped_if_asked(tmp_path, pets, caplog):
    write_folder(tmp_path, pets | {"cat/bad.png": b"text"})
    with pytest.raises(ValueError, match="cat/bad.png is no picture"):
        load_pictures(Folder(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert sum(counts(load_pictures(Folder(tmp_path, bad_pictures="skip")))) == 70
    assert "skipped 1 of 71 pictures" in caplog.text


def test_names():
    names = [name_of(one) for one in (Builtin(), Mnist(), Cifar10(), Folder("data/pets.tar"))]
    assert names == ["builtin", "mnist", "cifar10", "folder_pets"]
