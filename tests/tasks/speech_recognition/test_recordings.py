"""Audio files of every kind become the same samples; what is no audio file is named."""

import io

import numpy as np
import pytest
import soundfile

from tasks.speech_recognition.recordings import Recordings

TONE = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(8_000) / 8_000)


def file(samples=TONE, rate=8_000, subtype="PCM_16", kind="WAV"):
    content = io.BytesIO()
    soundfile.write(content, samples, rate, format=kind, subtype=subtype)
    return content.getvalue()


@pytest.mark.parametrize(
    ("subtype", "off"), [("PCM_U8", 2e-2), ("PCM_16", 1e-4), ("PCM_24", 1e-4), ("FLOAT", 1e-4)]
)
def test_any_kind_of_sample(subtype, off):
    recordings = Recordings(8_000)
    wave = recordings.read(file(subtype=subtype), "tone.wav")
    assert wave.dtype == np.int16
    np.testing.assert_allclose(wave / 32767.0, TONE, atol=off)
    assert not recordings.notes


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3"])
def test_any_kind_of_file(kind):
    content = io.BytesIO()
    soundfile.write(content, TONE, 8_000, format=kind)
    wave = Recordings(8_000).read(content.getvalue(), f"tone.{kind.lower()}")
    spectrum = np.abs(np.fft.rfft(wave[:8_000].astype(float)))
    assert spectrum.argmax() * 8_000 / 8_000 == pytest.approx(440, abs=2)


@pytest.mark.parametrize("rate", [44_100, 16_000, 11_025])
def test_any_rate_is_resampled_and_counted(rate):
    recordings = Recordings(8_000)
    tone = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(rate) / rate)
    wave = recordings.read(file(tone, rate), "tone.wav")
    assert len(wave) == 8_000
    inside = slice(400, -400)
    np.testing.assert_allclose(wave[inside] / 32767.0, TONE[inside], atol=5e-3)
    assert recordings.notes == {f"resampled from {rate} to 8000 hertz": 1}


def test_stereo_is_mixed_and_counted():
    recordings = Recordings(8_000)
    wave = recordings.read(file(np.stack([TONE, np.zeros_like(TONE)], axis=1)), "tone.wav")
    np.testing.assert_allclose(wave / 32767.0, TONE / 2, atol=1e-4)
    assert recordings.notes == {"mixed 2 channels to one": 1}


def test_without_a_rate_that_of_the_first_counts():
    recordings = Recordings()
    recordings.read(file(TONE, 8_000), "first.wav")
    assert len(recordings.read(file(TONE, 16_000), "second.wav")) == 4_000


@pytest.mark.parametrize(
    ("samples", "note"),
    [
        (np.zeros(8_000), "silent from beginning to end"),
        (np.clip(9 * TONE, -1, 1), "clipped: recorded too loud"),
    ],
)
def test_what_sounds_wrong_is_counted(samples, note, caplog):
    recordings = Recordings(8_000)
    recordings.read(file(TONE), "good.wav")
    recordings.read(file(samples), "bad.wav")
    assert recordings.notes == {note: 1}
    recordings.report("the folder")
    assert f"the folder: 1 of 2 recordings {note}." in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.wav is empty: expected an audio file"),
        (b"this is a text\n" * 10, "a.wav is no audio file that can be read"),
        (file()[:4_000], "a.wav is cut off: its header promises 16000 bytes"),
        (file()[:38], "a.wav is cut off"),
        (file(TONE[:0]), "a.wav is too short to hold a word.*Received: 0 samples"),
        (file(TONE[:1]), "a.wav is too short to hold a word.*Received: 1 samples"),
        (file(np.where(TONE > 0.4, np.nan, TONE), subtype="FLOAT"), "samples that are not numbers"),
    ],
    ids=["empty", "text", "cut off", "no samples", "no length", "one sample", "NaN"],
)
def test_what_is_no_recording_is_named(content, message):
    recordings = Recordings(8_000)
    with pytest.raises(ValueError, match=message):
        recordings.read(content, "a.wav")
    assert recordings.count == 0


def test_a_wav_that_does_not_know_its_length_is_read():
    """As programs write it to a pipe."""
    content = bytearray(file())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    assert len(Recordings(8_000).read(bytes(content), "pipe.wav")) == 8_000
