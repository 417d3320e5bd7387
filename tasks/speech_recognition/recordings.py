"""One audio file as 16-bit samples at the rate that is wanted, or an error that names the file."""

import io
import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePath

import numpy as np
import soundfile
from scipy.signal import resample_poly

from tasks.speech_recognition.utterances import as_int16

logger = logging.getLogger(__name__)
SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
SHORTEST_SECONDS = 0.05
_FULL_SCALE, _CLIPPED = 0.999, 0.01  # a hundredth of all samples as loud as can be
_UNKNOWN_SIZE = 0xFFFFFFFF  # in the header of what was written to a pipe


@dataclass
class Recordings:
    """Reads files, and counts what had to be done to them.

    Args:
        sampling_rate: what all are resampled to, in hertz; None: that of the first file.

    Example:

    >>> recordings = Recordings(8_000)
    >>> content = io.BytesIO()
    >>> soundfile.write(content, np.ones((16_000, 2)) / 7, 16_000, format="WAV")
    >>> recordings.read(content.getvalue(), "tone.wav").shape
    (8000,)
    >>> sorted(recordings.notes)
    ['mixed 2 channels to one', 'resampled from 16000 to 8000 hertz']
    """

    sampling_rate: int | None = None
    notes: Counter = field(default_factory=Counter)
    """How often each thing had to be done."""
    count: int = 0
    """Number of files read."""

    def read(self, content: bytes, where: str) -> np.ndarray:
        """The samples of a file.

        Args:
            content: the bytes of a WAV, FLAC, OGG or MP3 file: any rate, any number of channels,
                integers or floats of any size.
            where: they come from, for messages.

        Returns:
            int16 `[samples]`.

        Raises:
            ValueError: if it is no such file, is cut off, holds numbers that are none, or is
                shorter than a twentieth of a second.
        """
        wave, rate = _decoded(content, where)
        if not np.isfinite(wave).all():
            bad = int(np.sum(~np.isfinite(wave).all(axis=1)))
            raise ValueError(
                f"{where} holds {bad} samples that are not numbers (NaN or infinite). Write the "
                "file again."
            )
        seconds = len(wave) / rate
        if seconds < SHORTEST_SECONDS:
            raise ValueError(
                f"{where} is too short to hold a word: expected at least {SHORTEST_SECONDS} "
                f"seconds. Received: {len(wave)} samples at {rate} hertz."
            )
        self.count += 1
        if wave.shape[1] > 1:
            self.notes[f"mixed {wave.shape[1]} channels to one"] += 1
        wave = wave.mean(axis=1)
        if not wave.any():
            self.notes["silent from beginning to end"] += 1
        elif np.mean(np.abs(wave) >= _FULL_SCALE) > _CLIPPED:
            self.notes["clipped: recorded too loud"] += 1
        if self.sampling_rate is None:
            self.sampling_rate = rate
        if rate != self.sampling_rate:
            self.notes[f"resampled from {rate} to {self.sampling_rate} hertz"] += 1
            wave = resample_poly(wave, self.sampling_rate, rate)
        return as_int16(wave)

    def report(self, where: str) -> None:
        """Log what had to be done, if anything."""
        for note, count in sorted(self.notes.items()):
            logger.warning("%s: %d of %d recordings %s.", where, count, self.count, note)


def _decoded(content: bytes, where: str) -> tuple[np.ndarray, int]:
    """float32 `[samples, channels]` and the sampling rate."""
    if not content:
        raise ValueError(f"{where} is empty: expected an audio file ({', '.join(SUFFIXES)}).")
    _check_whole(content, where)
    try:
        return soundfile.read(_named(content, where), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        raise ValueError(
            f"{where} is no audio file that can be read: expected {', '.join(SUFFIXES)}. Received: "
            f"a file that begins with {content[:16]!r} ({' '.join(str(error).split())})."
        ) from error


def _named(content: bytes, where: str) -> io.BytesIO:
    """A file in memory with a name: MP3 is known by that."""
    file = io.BytesIO(content)
    file.name = f"audio{PurePath(where).suffix.lower()}"
    return file


def _check_whole(content: bytes, where: str) -> None:
    """A WAV says how long it is; the decoder takes what there is of it without a word."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return
    place = 12
    while place + 8 <= len(content):
        name = content[place : place + 4]
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        if name == b"data":
            there = len(content) - place - 8
            if size > there and size != _UNKNOWN_SIZE:
                raise ValueError(
                    f"{where} is cut off: its header promises {size} bytes of samples. Received: "
                    f"{there}. Copy the file again."
                )
            return
        place += 8 + size + size % 2
    raise ValueError(f"{where} is cut off: a WAV file without samples. Copy the file again.")
