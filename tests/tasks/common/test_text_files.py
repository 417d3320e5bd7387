"""Lines of plain, gzipped and zipped text; what is wrong with a file is said with its line."""

import gzip
import zipfile

import pytest

from tasks.common.text_files import read_lines

LINES = ["Grüße", "", "two\u2028lines in one", "猫"]
TEXT = "\n".join(LINES)


def packed(folder, kind, content):
    """A file of that kind with `content` in it."""
    path = folder / f"text{kind}"
    if kind == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("text.txt", content)
    else:
        path.write_bytes(gzip.compress(content) if kind == ".gz" else content)
    return path


@pytest.mark.parametrize("kind", [".txt", ".gz", ".zip"])
@pytest.mark.parametrize("ending", ["", "\n"])
def test_the_lines_of_any_kind_of_file(tmp_path, kind, ending):
    assert read_lines(packed(tmp_path, kind, f"{TEXT}{ending}".encode())) == LINES


def test_windows_line_ends_and_a_byte_order_mark_are_removed(tmp_path):
    content = b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()
    assert read_lines(packed(tmp_path, ".txt", content)) == LINES


@pytest.mark.parametrize("kind", [".txt", ".gz", ".zip"])
def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path, kind):
    path = packed(tmp_path, kind, "eins\nzwei\nfünf\n".encode("latin-1"))
    with pytest.raises(ValueError, match=rf"text\{kind}.*, line 3: not UTF-8 \(byte 0xfc at off"):
        read_lines(path)


@pytest.mark.parametrize("kind", [".txt", ".gz", ".zip"])
def test_an_empty_file_is_named(tmp_path, kind):
    with pytest.raises(ValueError, match=rf"text\{kind}.* is empty"):
        read_lines(packed(tmp_path, kind, b""))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no file at .*nothing.tsv"):
        read_lines(tmp_path / "nothing.tsv")


@pytest.mark.parametrize("kind", [".gz", ".zip"])
@pytest.mark.parametrize("damage", ["cut off", "something else", "flipped"])
def test_a_damaged_archive_is_named(tmp_path, kind, damage):
    path = packed(tmp_path, kind, (TEXT * 99).encode())
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 0xFF
    path.write_bytes({"cut off": content[:-40], "something else": b"x" * 99}.get(damage, content))
    with pytest.raises(ValueError, match=rf"text\{kind} cannot be unpacked"):
        read_lines(path)


def test_a_member_of_an_archive_is_chosen_by_name(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/a.txt", "first")
        archive.writestr("b.txt", "second")
    assert read_lines(path, "folder/a.txt") == ["first"]
    for member in (None, "c.txt"):
        with pytest.raises(ValueError, match=rf"folder/a.txt, b.txt. Received: member={member}"):
            read_lines(path, member)


def test_only_an_archive_has_members(tmp_path):
    with pytest.raises(ValueError, match=r"Only a .zip has members.*member=a.txt"):
        read_lines(packed(tmp_path, ".txt", b"x"), "a.txt")
