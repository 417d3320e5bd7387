"""Folders and archives with one folder of pictures per class."""

import logging

import numpy as np
import pytest
from picture_folders import picture_file, write_archive, write_folder

from tasks.image_classification.image_files import read_image
from tasks.image_classification.image_folders import read_folder, read_splits
from tasks.image_classification.sizing import SizeConfig

pytestmark = pytest.mark.tensorflow
ANY = SizeConfig()


@pytest.fixture
def pets():
    """Three cats and two dogs."""
    names = ("cat/1.png", "cat/3.PNG", "cat/2.jpg", "dog/1.jpeg", "dog/0.bmp")
    kinds = {"png": "PNG", "PNG": "PNG", "bmp": "BMP", "jpg": "JPEG", "jpeg": "JPEG"}
    return {
        name: picture_file(number, kind=kinds[name.split(".")[-1]])
        for number, name in enumerate(names)
    }


def test_classes_and_pictures_are_in_the_order_of_their_names(tmp_path, pets):
    write_folder(tmp_path, pets)
    classes, pictures = read_folder(tmp_path, ANY)
    assert classes == ("cat", "dog")
    assert pictures.labels.tolist() == [0, 0, 0, 1, 1]
    assert pictures.images.shape == (5, 5, 7, 3)
    names = [f"{tmp_path}/{name}" for name in sorted(pets)]
    assert list(pictures.files) == names
    expected = read_image(pets["dog/0.bmp"], "x")
    np.testing.assert_array_equal(pictures.images[3], expected)


@pytest.mark.parametrize("name", ["pets.tar", "pets.tar.gz", "pets.zip"])
@pytest.mark.parametrize("around", ["", "pets/"])
def test_an_archive_is_as_its_folder(tmp_path, pets, name, around):
    folder = write_folder(tmp_path / "folder", pets)
    backwards = {f"{around}{one}": pets[one] for one in sorted(pets, reverse=True)}
    archive = write_archive(tmp_path / name, backwards)
    classes, pictures = read_folder(archive, ANY)
    expected_classes, expected = read_folder(folder, ANY)
    assert classes == expected_classes
    np.testing.assert_array_equal(pictures.images, expected.images)
    np.testing.assert_array_equal(pictures.labels, expected.labels)
    assert pictures.files[0] == f"{archive}:{around}cat/1.png"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["folder"]


@pytest.mark.parametrize("validation", ["val", "validation"])
def test_a_folder_of_splits(tmp_path, pets, validation):
    splits = ("train", validation, "test")
    files = {f"{split}/{name}": content for split in splits for name, content in pets.items()}
    read = read_splits(write_folder(tmp_path / "all", files), ANY)
    assert list(read) == ["train", "validation", "test"]
    assert {part.classes for part in read.values()} == {("cat", "dog")}
    packed = read_splits(write_archive(tmp_path / "all.tar", files), ANY)
    assert list(packed) == ["train", "validation", "test"]
    with pytest.raises(ValueError, match="a folder for each of the splits train, validation, test"):
        read_folder(tmp_path / "all", ANY)


def test_a_class_may_be_called_train(tmp_path):
    files = {f"{name}/0.png": picture_file(0) for name in ("train", "plane", "test")}
    classes, _ = read_folder(write_folder(tmp_path, files), ANY)
    assert classes == ("plane", "test", "train")


def test_two_folders_for_validation(tmp_path, pets):
    files = {f"{s}/{name}": pets[name] for s in ("train", "val", "validation") for name in pets}
    with pytest.raises(ValueError, match="must hold val or validation. Received: both"):
        read_splits(write_folder(tmp_path, files), ANY)


def test_a_folder_that_is_a_link(tmp_path, pets):
    write_folder(tmp_path / "real", pets)
    (tmp_path / "chosen").mkdir()
    for name in ("cat", "dog"):
        (tmp_path / "chosen" / name).symlink_to(tmp_path / "real" / name)
    assert len(read_folder(tmp_path / "chosen", ANY)[1].labels) == 5


def test_a_folder_is_found_in_the_folder_of_data(tmp_path, pets, monkeypatch):
    write_folder(tmp_path / "pets", pets)
    monkeypatch.setenv("KERAS_ATTENTION_DATA", str(tmp_path))
    assert read_folder("pets", ANY)[0] == ("cat", "dog")


# Sizes and channels.


def test_pictures_of_several_sizes(tmp_path):
    sizes = {"a/0.png": (5, 7), "a/1.png": (1, 1), "b/0.png": (30, 20)}
    files = {name: picture_file(number, *size) for number, (name, size) in enumerate(sizes.items())}
    write_folder(tmp_path, files)
    with pytest.raises(ValueError, match=r"`--size.height` .*0.png of 5 x 7 .*1.png of 1 x 1"):
        read_folder(tmp_path, ANY)
    with pytest.raises(ValueError, match=r"must have one size, .* of 11 x 7 and .* of 11 x 1"):
        read_folder(tmp_path, SizeConfig(height=11))
    for fit in ("crop", "pad", "stretch"):
        _, pictures = read_folder(tmp_path, SizeConfig(11, 13, fit=fit))
        assert pictures.images.shape == (3, 11, 13, 3)


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_grey_pictures_become_coloured_if_others_are(tmp_path, channels):
    files = {"a/0.png": picture_file(0), "b/0.png": picture_file(1, channels=1)}
    _, pictures = read_folder(write_folder(tmp_path, files), SizeConfig(channels=channels))
    assert pictures.images.shape == (2, 5, 7, channels or 3)
    assert (pictures.images[1] == pictures.images[1][..., :1]).all()


# What is not as it should be.


def test_a_class_without_pictures(tmp_path, pets):
    write_folder(tmp_path, pets)
    (tmp_path / "horse").mkdir()
    with pytest.raises(ValueError, match=f"{tmp_path}/horse holds no picture"):
        read_folder(tmp_path, ANY)
    (tmp_path / "horse" / "notes.txt").write_text("no horses")
    with pytest.raises(ValueError, match=f"{tmp_path}/horse holds no picture"):
        read_folder(tmp_path, ANY)


def test_a_split_without_classes(tmp_path, pets):
    write_folder(tmp_path, {f"train/{name}": content for name, content in pets.items()})
    (tmp_path / "test").mkdir()
    with pytest.raises(ValueError, match=f"{tmp_path}/test must hold one folder per class"):
        read_splits(tmp_path, ANY)


def test_nothing_at_all(tmp_path):
    with pytest.raises(ValueError, match=f"{tmp_path} must hold one folder per class"):
        read_folder(tmp_path, ANY)
    with pytest.raises(FileNotFoundError, match="There is no folder or archive at .*nowhere"):
        read_folder(tmp_path / "nowhere", ANY)


def test_other_files_are_counted_and_hidden_ones_are_not(tmp_path, pets, caplog):
    others = {"cat/notes.txt": b"x", "read.me": b"x", "cat/.hidden.png": b"x"}
    write_folder(tmp_path, pets | others | {"__MACOSX/cat/1.png": b"x"})
    with caplog.at_level(logging.WARNING):
        assert len(read_folder(tmp_path, ANY)[1].labels) == 5
    (record,) = caplog.records
    assert "passed over 2 of 7 files that are no pictures" in record.getMessage()


def test_a_file_that_is_no_picture_stops_or_is_skipped_and_counted(tmp_path, pets, caplog):
    bad = {"cat/bad.png": b"only text", "dog/half.jpg": pets["dog/1.jpeg"][:200]}
    write_folder(tmp_path, pets | bad)
    message = r"cat/bad.png is no picture: .* \(2 such files, 5 good ones.\) .* `bad_pictures`"
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path, ANY)
    with caplog.at_level(logging.WARNING):
        _, pictures = read_folder(tmp_path, ANY, "skip")
    assert len(pictures.labels) == 5
    (record,) = caplog.records
    assert "skipped 2 of 7 pictures. The first: " in record.getMessage()
    assert "cat/bad.png is no picture" in record.getMessage()


def test_a_class_of_which_nothing_is_left(tmp_path, pets):
    write_folder(tmp_path, pets | {"horse/0.png": b"x"})
    with pytest.raises(ValueError, match=f"{tmp_path}/horse holds no picture that can be read"):
        read_folder(tmp_path, ANY, "skip")
    write_folder(tmp_path / "bad", {"a/0.png": b"x", "b/0.png": b"y"})
    with pytest.raises(ValueError, match=r"a/0.png is no picture.*\(2 such files, 0 good ones"):
        read_folder(tmp_path / "bad", ANY, "skip")


def test_archives_that_are_damaged_or_none(tmp_path, pets):
    path = write_archive(tmp_path / "pets.tar.gz", pets)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(
        ValueError, match="pets.tar.gz (cannot be unpacked: |is neither .* that is whole)"
    ):
        read_folder(path, ANY)
    path = write_archive(tmp_path / "pets.zip", pets)
    content = bytearray(path.read_bytes())
    start = content.index(b"\xff\xd8")  # of a JPEG, whose checksum the archive knows
    content[start + 200] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="pets.zip cannot be unpacked: Bad CRC-32"):
        read_folder(path, ANY)
    path = tmp_path / "notes.txt"
    path.write_text("no archive")
    with pytest.raises(ValueError, match="notes.txt is neither a folder nor a .tar nor a .zip"):
        read_folder(path, ANY)
