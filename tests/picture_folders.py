"""Folders of small pictures, and archives of them, for whatever test reads them."""

import io
import tarfile
import zipfile

import numpy as np
from PIL import Image


def picture_file(number, height=5, width=7, channels=3, kind="PNG"):
    """The bytes of a picture of which there is one for each number."""
    shape = (height, width) if channels == 1 else (height, width, channels)
    pixels = np.random.default_rng(number).integers(0, 256, shape, np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return stream.getvalue()


def write_folder(folder, files):
    """Write bytes by the names of their files."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_archive(path, files):
    """Write bytes by the names of their files into a .zip or, packed or not, a .tar."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
