"""The SavedModel hears what the recognizer hears, from waveforms of any rate and from files."""

import io
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from tasks.common import console
from tasks.speech_recognition import export as export_module
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.corpora import load_utterances
from tasks.speech_recognition.export import export
from tasks.speech_recognition.model import Recognizer

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]

# Everything that a user of the SavedModel needs, and proof that it is everything.
CLIENT = """
import sys
import tensorflow as tf

listen = tf.saved_model.load(sys.argv[1]).signatures["wav"]
print(listen(content=tf.constant(open(sys.argv[2], "rb").read()))["text"].numpy().decode())
ours = [name for name in sys.modules if name.startswith(("keras_attention", "tasks"))]
assert not ours, ours
"""


@pytest.fixture(scope="module")
def recordings(tiny_run):
    return load_utterances(Recognizer.load(tiny_run.path).config.data).test.audio


@pytest.fixture(scope="module")
def exported(tiny_run, tmp_path_factory):
    path = tmp_path_factory.mktemp("exported") / "model"
    console.run(export_module.main, [str(tiny_run.path), "--output", str(path)])
    return path


def wav(wave, rate=8_000):
    content = io.BytesIO()
    soundfile.write(content, wave, rate, format="WAV", subtype="PCM_16")
    return content.getvalue()


def text_of(found):
    return found["text"].numpy().decode()


def test_it_hears_what_the_recognizer_hears(exported, tiny_run, recordings):
    model = tf.saved_model.load(exported)
    expected = Recognizer.load(tiny_run.path).greedy(recordings)
    for wave, said in zip(recordings, expected, strict=True):
        by_wave = model.signatures["serving_default"](
            waveform=tf.constant(wave / 32768.0, tf.float32), rate=tf.constant(8_000)
        )
        by_file = model.signatures["wav"](content=tf.constant(wav(wave)))
        stereo = model.signatures["wav"](content=tf.constant(wav(np.stack([wave, wave], axis=1))))
        assert text_of(by_wave) == text_of(by_file) == text_of(stereo) == said


def test_any_rate_is_taken(exported):
    listen = tf.saved_model.load(exported).signatures["serving_default"]
    for rate in (16_000, 44_100):
        found = listen(waveform=tf.zeros([rate]), rate=tf.constant(rate))
        assert found["text"].shape == ()


def test_the_decoder_may_search(tiny_run, recordings, tmp_path):
    recognizer = Recognizer.load(tiny_run.path)
    path = export(recognizer, tmp_path / "model", "attention")
    listen = tf.saved_model.load(path).signatures["wav"]
    found = text_of(listen(content=tf.constant(wav(recordings[0]))))
    assert set(found) <= set("".join(recognizer.facts.pieces))


def test_commands_have_probabilities(command_run, recordings, tmp_path):
    classifier = CommandClassifier.load(command_run.path)
    path = export(classifier, tmp_path / "model")
    found = tf.saved_model.load(path).signatures["wav"](content=tf.constant(wav(recordings[0])))
    expected = classifier.probabilities(recordings[:1])[0]
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-4)
    assert [name.decode() for name in found["labels"].numpy()] == list(classifier.facts.pieces)
    assert found["label"].numpy().decode() == classifier(recordings[:1])[0].label


def test_a_fresh_process_needs_nothing_of_ours(exported, tiny_run, recordings, tmp_path):
    (tmp_path / "a.wav").write_bytes(wav(recordings[0]))
    finished = subprocess.run(
        [sys.executable, "-c", CLIENT, str(exported), "a.wav"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    assert finished.stdout.strip("\n") == Recognizer.load(tiny_run.path).greedy(recordings[:1])[0]
