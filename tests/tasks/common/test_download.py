"""Downloads: checked, kept, never half; from `file:` addresses, as tests have no network."""

import hashlib
import urllib.error
from pathlib import Path

import pytest

from tasks.common import download as module
from tasks.common.download import cache_folder, download

CONTENT = b"some public data"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def url(tmp_path):
    path = tmp_path / "server" / "data.gz"
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    return path.as_uri()


def test_a_file_is_fetched_once(tmp_path, url):
    path = tmp_path / "cache" / "data.gz"
    assert download(url, path, SHA256) == path
    assert path.read_bytes() == CONTENT
    assert [file.name for file in path.parent.iterdir()] == ["data.gz"]
    assert download("file:///no/such/file", path, SHA256) == path  # it is there already


def test_a_changed_file_is_not_kept(tmp_path, url):
    path = tmp_path / "cache" / "data.gz"
    with pytest.raises(ValueError, match=rf"data.gz must have the SHA-256 0+\. Received: {SHA256}"):
        download(url, path, "0" * 64)
    assert list(path.parent.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_named(tmp_path, url):
    path = tmp_path / "data.gz"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(ValueError, match=r"data.gz is damaged or another version.*Delete the file"):
        download(url, path, SHA256)


@pytest.mark.parametrize("error", [urllib.error.URLError("no route"), TimeoutError("timed out")])
def test_without_a_network_it_says_where_to_put_the_file(tmp_path, url, error, monkeypatch):
    def unreachable(*_, **__):
        raise error

    monkeypatch.setattr(module.urllib.request, "urlopen", unreachable)
    with pytest.raises(OSError, match=r"Cannot download file:.*put it at .*cache.data.gz"):
        download(url, tmp_path / "cache" / "data.gz", SHA256)
    assert not (tmp_path / "cache").exists()


def test_the_cache_is_where_the_system_keeps_caches(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "keras_attention"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "keras_attention"
