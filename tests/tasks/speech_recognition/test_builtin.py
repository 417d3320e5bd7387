"""The built-in speech: what it sounds like, and that it is the same each time."""

from collections import Counter

import numpy as np
import pytest

from tasks.speech_recognition.builtin import SAMPLING_RATE, generate
from tasks.speech_recognition.synthesis import SOUNDS, WORDS, Voice, spoken

VOICE = Voice(pitch=100.0, fall=0.0, size=1.0, rate=0.5, breath=0.01)


def spectrum(wave):
    """Hertz, and how loud each is."""
    window = np.hanning(len(wave))
    found = np.abs(np.fft.rfft(wave * window))
    return np.fft.rfftfreq(len(wave), 1 / SAMPLING_RATE), found


def test_the_same_arguments_give_the_same_recordings():
    first, again, other = (generate(5, 2, 3, seed=seed) for seed in (1, 1, 2))
    assert first.train.transcripts == again.train.transcripts
    assert all(map(np.array_equal, first.train.audio, again.train.audio))
    assert first.train.transcripts != other.train.transcripts
    longer = generate(9, 2, 3, seed=1)
    assert longer.test.transcripts == first.test.transcripts
    assert longer.train.transcripts[:5] == first.train.transcripts


def test_digits_and_lengths_are_all_there():
    splits = generate(400, 1, 1, fewest=2, most=4)
    counts = Counter(word for said in splits.train.transcripts for word in said.split())
    assert set(counts) == set(WORDS)
    assert min(counts.values()) > 0.6 * max(counts.values())
    assert {len(said.split()) for said in splits.train.transcripts} == {2, 3, 4}
    for wave, said in zip(splits.train.audio, splits.train.transcripts, strict=True):
        assert wave.dtype == np.int16
        assert 0.15 < len(wave) / SAMPLING_RATE / len(said.split()) < 1.2


def test_a_voice_has_its_pitch():
    # The vowel of "two", in the middle of the second half.
    wave = spoken("two", VOICE, np.random.default_rng(0), SAMPLING_RATE)
    vowel = wave[len(wave) * 5 // 8 : len(wave) * 7 // 8]
    correlation = np.correlate(vowel, vowel, "full")[len(vowel) - 1 :]
    period = 40 + correlation[40:160].argmax()
    assert SAMPLING_RATE / period == pytest.approx(100, abs=8)


def test_vowels_have_their_formants():
    wave = spoken("three", VOICE, np.random.default_rng(0), SAMPLING_RATE)
    hertz, loud = spectrum(wave[-len(wave) // 5 :])
    low, high = (
        loud[(hertz > 150) & (hertz < 500)].max(),
        loud[(hertz > 1900) & (hertz < 2700)].max(),
    )
    between = loud[(hertz > 900) & (hertz < 1700)].max()
    assert low > 3 * between
    assert high > 1.5 * between


def test_fricatives_are_high_noise():
    wave = spoken("six", VOICE, np.random.default_rng(0), SAMPLING_RATE)
    hertz, loud = spectrum(wave[: len(wave) // 8])
    assert (loud[hertz > 2500] ** 2).sum() > 20 * (loud[hertz < 1500] ** 2).sum()


def test_words_are_of_known_sounds():
    assert {name for sounds in WORDS.values() for name in sounds} == set(SOUNDS)
    assert len(set(WORDS.values())) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(train=0, validation=1, test=1), "`train` must be at least 1. Received: train=0"),
        (dict(train=1, validation=1, test=1, fewest=3, most=2), "fewest=3, most=2"),
        (dict(train=1, validation=1, test=1, fewest=0), "fewest=0"),
    ],
)
def test_numbers_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        generate(**arguments)
