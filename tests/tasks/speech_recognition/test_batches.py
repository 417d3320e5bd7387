"""Each utterance once in each epoch, padded with silence; what cannot be learned is left out."""

import numpy as np
import pytest

from tasks.speech_recognition.batches import (
    Batching,
    LabelledAudio,
    learnable,
    make_dataset,
    padded,
    transcript_batch,
)
from tasks.speech_recognition.text import TextConfig, TranscriptText
from tasks.speech_recognition.utterances import Utterances

draw = np.random.default_rng(0)
TEXT = TranscriptText.of(["abc"], TextConfig())


def waves(*lengths):
    return [draw.integers(-9_000, 9_000, length).astype(np.int16) for length in lengths]


def labelled(*lengths, **arguments):
    ids = [TEXT.encode("abc"[: 1 + i % 3]) for i in range(len(lengths))]
    return LabelledAudio(waves(*lengths), ids, transcript_batch(True), **arguments)


def test_recordings_are_scaled_and_padded():
    audio = waves(5, 3)
    inputs = padded(audio)
    assert inputs["lengths"].tolist() == [5, 3]
    np.testing.assert_allclose(inputs["audio"][0], audio[0] / 32768.0)
    np.testing.assert_allclose(inputs["audio"][1], [*(audio[1] / 32768.0), 0, 0])


def test_features_are_padded_alone():
    features = [np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)]
    inputs = padded(features)
    assert inputs["audio"].shape == (2, 4, 3)
    assert inputs["audio"].sum() == 18


def test_labels_are_those_of_ctc_and_of_the_decoder():
    inputs, labels = labelled(50, 60).batch(np.array([1, 0]))
    assert labels["ctc"].tolist() == [[4, 5, 0], [4, 0, 0]]
    assert labels["attention"].tolist() == [[4, 5, 3], [4, 3, 0]]
    assert inputs["target_ids"].tolist() == [[2, 4, 5], [2, 4, 0]]


def test_without_a_decoder_there_are_labels_of_ctc_alone():
    inputs, labels = transcript_batch(False)([TEXT.encode("ab")])
    assert (inputs, labels["ctc"].tolist()) == ({}, [[4, 5, 0]])


def test_each_epoch_has_each_utterance_once_in_batches_of_its_own():
    examples = labelled(*range(10, 40))
    dataset = make_dataset(examples, Batching(batch_size=7), seed=3)
    assert int(dataset.cardinality()) == 5
    epochs = [[inputs["lengths"].numpy().tolist() for inputs, _ in dataset] for _ in range(2)]
    for epoch in epochs:
        assert sorted(length for batch in epoch for length in batch) == list(range(10, 40))
    assert epochs[0] != epochs[1]
    resumed = make_dataset(examples, Batching(batch_size=7), seed=3, first_epoch=1)
    assert [inputs["lengths"].numpy().tolist() for inputs, _ in resumed] == epochs[1]


def test_training_recordings_are_played_faster_and_slower():
    examples = labelled(*[1000] * 40, speed=(0.8, 1.25))
    lengths = [
        len(examples._played(one, np.random.default_rng(i))) for i, one in enumerate(examples.audio)
    ]
    assert 780 <= min(lengths) < 850
    assert 1180 < max(lengths) <= 1260
    assert examples.batch(np.arange(2))[0]["lengths"].tolist() == [1000, 1000]


def test_a_tone_played_faster_is_higher():
    tone = (9_000 * np.sin(2 * np.pi * 100.0 * np.arange(8_000) / 8_000)).astype(np.int16)
    examples = LabelledAudio([tone], [TEXT.encode("a")], transcript_batch(True), speed=(1.2, 1.2))
    faster = examples._played(tone, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(faster))
    assert spectrum.argmax() * 8_000 / len(faster) == pytest.approx(120, abs=2)


def utterances(**columns):
    audio = waves(800, 800, 40, 9_000)
    given = dict(audio=audio, transcripts=["abc", " ", "aabbcc", "a"], names=list("wxyz"))
    return Utterances(**{**given, **columns})


def frames(samples):
    return samples // 10


def test_what_cannot_be_learned_is_left_out_and_counted(caplog):
    kept = learnable(utterances(), TEXT, frames, 100, 30.0, 1.0, "training")
    assert kept.names == ["w"]
    assert (
        "left out 1 of 4 utterances, which have an empty transcript. The first: x." in caplog.text
    )
    assert "have more tokens than frames are left of the recording. The first: y." in caplog.text
    assert "are longer than 30 seconds. The first: z." in caplog.text


def test_a_blank_stands_between_two_tokens_that_are_the_same():
    pair = utterances(audio=waves(30, 30), transcripts=["aab", "aba"], names=["double", "single"])
    assert learnable(pair, TEXT, frames, 100, 30.0, 1.0, "training").names == ["single"]


def test_who_plays_faster_has_fewer_frames():
    pair = utterances(audio=waves(30, 45), transcripts=["abc", "abc"], names=["short", "long"])
    assert learnable(pair, TEXT, frames, 100, 30.0, 1.5, "training").names == ["long"]


def test_nothing_to_learn_from_is_an_error():
    none = utterances(transcripts=[""] * 4)
    with pytest.raises(ValueError, match="training: no utterance is left to learn from"):
        learnable(none, TEXT, frames, 100, 30.0, 1.0, "training")


@pytest.mark.parametrize("settings", [dict(batch_size=0), dict(longest_seconds=0.0)])
def test_settings_out_of_range(settings):
    with pytest.raises(ValueError, match="`batch_size` must be at least 1"):
        Batching(**settings)
