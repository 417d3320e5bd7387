"""Built-in speech: digits one after the other, each recording by another voice; no network."""

import numpy as np

from tasks.speech_recognition.synthesis import WORDS, Voice, spoken
from tasks.speech_recognition.utterances import Splits, Utterances, as_int16

SAMPLING_RATE = 8_000
_PAUSES = (0.03, 0.25)  # seconds between two words, and before and after all
_SIGNAL_TO_NOISE = (12.0, 35.0)  # decibels
_GAINS = (-12.0, 6.0)  # decibels
_POWER = 0.01  # of a word


def generate(
    train: int, validation: int, test: int, fewest: int = 1, most: int = 5, seed: int = 0
) -> Splits:
    """Have that many utterances spoken for each split; the same ones for the same arguments.

    Args:
        train: number of training utterances.
        validation: number of validation utterances.
        test: number of test utterances.
        fewest: least number of digits in an utterance.
        most: greatest number of digits in an utterance.
        seed: decides what is said, and how.

    Returns:
        `Splits` of utterances at 8,000 hertz.

    Raises:
        ValueError: if a number is not positive, or `fewest` greater than `most`.

    Example:

    >>> splits = generate(train=8, validation=2, test=2, seed=1)
    >>> splits.train.transcripts[0], splits.train.audio[0].dtype
    ('five seven nine', dtype('int16'))
    """
    counts = {"train": train, "validation": validation, "test": test}
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={count}.")
    if not 1 <= fewest <= most:
        raise ValueError(
            "`fewest` must be at least 1 and at most `most`. Received: "
            f"fewest={fewest}, most={most}."
        )
    # Each split has its own numbers: the test stays the same whatever one learns from.
    parts = {
        name: _utterances(np.random.default_rng((seed, number)), count, fewest, most, name)
        for number, (name, count) in enumerate(counts.items())
    }
    return Splits(SAMPLING_RATE, **parts)


def _utterances(
    draw: np.random.Generator, count: int, fewest: int, most: int, split: str
) -> Utterances:
    words, audio, transcripts = list(WORDS), [], []
    for _ in range(count):
        said = [words[i] for i in draw.integers(0, len(words), draw.integers(fewest, most + 1))]
        audio.append(as_int16(_recorded(said, draw)))
        transcripts.append(" ".join(said))
    return Utterances(audio, transcripts, [f"{split} {i}" for i in range(count)])


def _recorded(words: list[str], draw: np.random.Generator) -> np.ndarray:
    """The words by one voice, in noise, more or less loud."""
    voice, parts = Voice.drawn(draw), [_silence(draw)]
    for word in words:
        parts += [spoken(word, voice, draw, SAMPLING_RATE), _silence(draw)]
    wave = np.concatenate(parts)
    noise = draw.normal(0.0, np.sqrt(_POWER) * _factor(-draw.uniform(*_SIGNAL_TO_NOISE)), wave.size)
    return (wave + noise) * _factor(draw.uniform(*_GAINS))


def _silence(draw: np.random.Generator) -> np.ndarray:
    return np.zeros(round(draw.uniform(*_PAUSES) * SAMPLING_RATE))


def _factor(decibels: float) -> float:
    return 10.0 ** (decibels / 20.0)
