"""What a recognizer hears: by every search, with times, alone as in a batch."""

from dataclasses import replace

import numpy as np
import pytest
from thinning import every_nth

from tasks.common.run_folder import RunFolder
from tasks.speech_recognition import predict
from tasks.speech_recognition.batches import padded
from tasks.speech_recognition.build import build_model, with_statistics
from tasks.speech_recognition.commands import CommandClassifier
from tasks.speech_recognition.config import DecodeOptions
from tasks.speech_recognition.corpora import load_utterances
from tasks.speech_recognition.facts import Facts
from tasks.speech_recognition.model import Heard, Recognizer, Word
from tasks.speech_recognition.text import TranscriptText

METHODS = ("ctc_greedy", "ctc_beam", "attention", "joint")


@pytest.fixture(scope="module")
def recordings(tiny_run):
    config = Recognizer.load(tiny_run.path).config
    return load_utterances(config.data).test.audio


@pytest.mark.parametrize("method", every_nth(3, METHODS))
def test_a_batch_is_heard_as_each_recording_alone(tiny_run, recordings, method):
    recognizer = Recognizer.load(tiny_run.path, DecodeOptions(method=method))
    together = recognizer(recordings)
    alone = [recognizer([one])[0] for one in recordings]
    assert [one.text for one in together] == [one.text for one in alone]
    np.testing.assert_allclose(
        [one.log_probability for one in together],
        [one.log_probability for one in alone],
        atol=1e-3,
    )


@pytest.mark.slow
def test_both_searches_rescored_are_at_least_as_likely_as_each(tiny_run, recordings):
    joint = Recognizer.load(tiny_run.path, DecodeOptions(method="joint", ctc_weight=1.0))
    beam = Recognizer.load(tiny_run.path, DecodeOptions(method="ctc_beam"))
    for both, one in zip(joint(recordings), beam(recordings), strict=True):
        assert both.log_probability >= one.log_probability - 1e-6
    joint = Recognizer.load(tiny_run.path, DecodeOptions(method="joint", ctc_weight=0.0))
    attention = Recognizer.load(tiny_run.path, DecodeOptions(method="attention"))
    for both, one in zip(joint(recordings), attention(recordings), strict=True):
        assert both.log_probability >= one.log_probability - 1e-3


def test_nothing_is_heard_in_no_recording(tiny_run):
    assert Recognizer.load(tiny_run.path)([]) == []


class _OfLetters:
    """CTC that is certain of a letter in each of these frames; `-` is the blank, `_` a space."""

    def __init__(self, recognizer, letters):
        pieces, size = recognizer.text.pieces, recognizer.text.size
        ids = [4 + pieces.index(one.replace("_", " ")) if one != "-" else 0 for one in letters]
        self.ids = tuple(one for one in ids if one)
        self.frames = np.log(np.eye(size)[ids] * 0.99 + 0.01 / size)


def test_words_begin_where_their_first_letter_does(tiny_run):
    recognizer = Recognizer.load(tiny_run.path)
    given = _OfLetters(recognizer, "--o-n-e--_-t-w-o")
    words = recognizer._words(given.frames, given.ids)
    assert [word.text for word in words] == ["one", "two"]
    seconds = recognizer.seconds_per_frame
    assert seconds == 0.04
    assert [word.seconds for word in words] == pytest.approx([2 * seconds, 11 * seconds])


def test_too_few_frames_have_no_times(tiny_run):
    recognizer = Recognizer.load(tiny_run.path)
    given = _OfLetters(recognizer, "one")
    assert recognizer._words(given.frames[:1], given.ids) == []


def test_texts_tell_the_search_what_is_likely(tiny_run, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("one two\nOne six\n\n", encoding="utf-8")
    known = DecodeOptions(method="ctc_beam", n_gram_text=texts, n_gram_order=3)
    recognizer = Recognizer.load(tiny_run.path, known)
    given = _OfLetters(recognizer, "o-n-e-_-s-i-x")
    unsure, (i, e) = given.frames.copy(), (4 + recognizer.text.pieces.index(one) for one in "ie")
    unsure[10, [i, e]] = np.log(0.45), np.log(0.53)

    def heard(by):
        return by.text.decode(by._searched([unsure], None, None)[0][0])

    plain = Recognizer.load(tiny_run.path, DecodeOptions(method="ctc_beam"))
    assert (heard(plain), heard(recognizer)) == ("one sex", "one six")
    texts.write_text("???\n", encoding="utf-8")
    with pytest.raises(ValueError, match="texts.txt has no text of the characters or words"):
        Recognizer.load(tiny_run.path, known)


def test_a_recording_is_heard_while_it_arrives(tiny_config, recordings):
    config = tiny_config({"chunk_length": 4, "left_chunks": 1})
    config = replace(config, features=replace(config.features, normalization="global"))
    splits = load_utterances(config.data)
    facts = Facts.of(splits, TranscriptText.of(["seven one"], config.text))
    facts = with_statistics(facts, config.features, splits.train.audio)
    recognizer = Recognizer(build_model(config, facts), facts, config)
    for wave in recordings:
        *_, heard = recognizer.stream(wave, seconds=0.11)
        assert heard == recognizer.greedy([wave])[0]


def test_features_are_normalised_over_all_frames_of_training(tiny_config):
    config = tiny_config()
    config = replace(config, features=replace(config.features, normalization="global"))
    splits = load_utterances(config.data)
    facts = Facts.of(splits, TranscriptText.of(["seven one"], config.text))
    facts = with_statistics(facts, config.features, splits.train.audio)
    front_end = build_model(config, facts).encoder.front_end
    frames = []
    for wave in splits.train.audio:
        inputs = padded([wave])
        frames.append(np.array(front_end(inputs["audio"], inputs["lengths"])[0][0]))
    frames = np.concatenate(frames)
    np.testing.assert_allclose(frames.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(frames.std(axis=0), 1.0, atol=1e-3)


@pytest.mark.slow
def test_probabilities_of_commands(command_run):
    classifier = CommandClassifier.load(command_run.path)
    audio = load_utterances(classifier.config.data).test.audio
    found = classifier.probabilities(audio)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-5)
    for row, command in zip(found, classifier(audio), strict=True):
        assert command.label == classifier.facts.pieces[row.argmax()]
    np.testing.assert_allclose(classifier.probabilities(audio[:1])[0], found[0], atol=1e-5)


@pytest.mark.slow
def test_each_run_has_its_own_kind(tiny_run, command_run):
    with pytest.raises(ValueError, match="use `Recognizer`"):
        CommandClassifier.load(tiny_run.path)
    with pytest.raises(ValueError, match="use `CommandClassifier`"):
        Recognizer.load(command_run.path)


def test_a_missing_run_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no run in"):
        Recognizer.load(RunFolder(tmp_path).path)


def test_long_recordings_are_cut_where_they_are_quiet():
    rate = 100
    wave = np.full(70 * rate, 5_000, np.int16)
    wave[17 * rate : 18 * rate] = 0
    wave[33 * rate : 34 * rate] = 0
    wave[52 * rate : 53 * rate] = 0
    first, *others = predict.cuts(wave, rate)
    assert first == 0
    assert len(others) == 3
    for start, second in zip(others, (17, 33, 52), strict=True):
        assert second * rate <= start < (second + 1) * rate


def test_times_in_a_long_recording_are_from_its_beginning(monkeypatch):
    class Hears:
        """One word at half a second of each part."""

        class facts:
            rate = 100.0

        def __call__(self, parts):
            return [Heard(f"w{i}", -1.0, [Word(f"w{i}", 0.5)]) for i in range(len(parts))]

    wave = np.full(3_000, 5_000, np.int16)
    wave[1_700:1_800] = 0
    heard = predict.listen(Hears(), wave)
    assert heard.text == "w0 w1"
    assert heard.log_probability == -2.0
    starts = predict.cuts(wave, 100)
    assert [word.seconds for word in heard.words] == [0.5, starts[1] / 100 + 0.5]
