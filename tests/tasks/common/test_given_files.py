"""The files that a command line names, those of folders in order."""

import pytest

from tasks.common.given_files import files_of


def test_files_and_folders(tmp_path):
    for name in ("b.wav", "a.WAV", "notes.txt", "inner/c.wav"):
        path = tmp_path / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "odd.name").touch()
    found = files_of((tmp_path / "odd.name", tmp_path / "folder"), (".wav",), "recording")
    assert [path.name for path in found] == ["odd.name", "a.WAV", "b.wav", "c.wav"]


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"holds no recording \(.wav\). Give files"):
        files_of((tmp_path,), (".wav",), "recording")
    with pytest.raises(FileNotFoundError, match="There is no file at .*missing"):
        files_of((tmp_path / "missing",), (".wav",), "recording")
