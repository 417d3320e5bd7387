"""Files that are whole or not there."""

import hashlib
import os

import pytest

from tasks.common.files import check_sha256, sha256_of, write_atomically


def test_a_file_is_written_with_its_folder_and_replaces_the_old_one(tmp_path):
    path = tmp_path / "a" / "b" / "file.bin"
    for content in (b"first", b"second, which is longer"):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["file.bin"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "file.bin"
    write_atomically(path, b"old")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file.bin"]


def test_a_wrong_checksum_names_the_file_and_both_sums(tmp_path):
    path = tmp_path / "data.gz"
    path.write_bytes(b"content")
    right = hashlib.sha256(b"content").hexdigest()
    assert sha256_of(path) == right
    check_sha256(path, right)
    with pytest.raises(ValueError, match=f"data.gz is damaged.*must be {'0' * 64}.*: {right}"):
        check_sha256(path, "0" * 64)
