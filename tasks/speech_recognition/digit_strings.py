"""Strings of digits, joined from recordings of single ones: gaps and noise between and below."""

import numpy as np

from tasks.speech_recognition.utterances import Utterances, as_int16

_GAPS = (0.02, 0.3)  # seconds
_SIGNAL_TO_NOISE = (15.0, 40.0)  # decibels
_PEAK = 0.5  # of a recording within a string: levels differ much between speakers


def join(
    digits: Utterances,
    count: int,
    fewest: int,
    most: int,
    seed: int | tuple[int, ...],
    sampling_rate: int,
) -> Utterances:
    """`count` strings, each of one speaker's recordings drawn at random.

    Args:
        digits: recordings of single words, with their speakers.
        count: number of strings.
        fewest, most: least and greatest number of digits in one.
        seed: decides which.
        sampling_rate: of the recordings, in hertz.

    Returns:
        `Utterances` whose names say which recordings they are of.

    Raises:
        ValueError: if a number is not positive, or `fewest` greater than `most`.
    """
    if count < 1 or not 1 <= fewest <= most:
        raise ValueError(
            "`count` and `fewest` must be at least 1, and `fewest` at most `most`. Received: "
            f"count={count}, fewest={fewest}, most={most}."
        )
    draw = np.random.default_rng(seed)
    by_speaker = {
        speaker: [i for i, other in enumerate(digits.speakers) if other == speaker]
        for speaker in sorted({*digits.speakers})
    }
    speakers = list(by_speaker)
    audio, transcripts, names, said_by = [], [], [], []
    for _ in range(count):
        speaker = speakers[draw.integers(len(speakers))]
        chosen = draw.choice(by_speaker[speaker], draw.integers(fewest, most + 1))
        audio.append(_joined([digits.audio[i] for i in chosen], draw, sampling_rate))
        transcripts.append(" ".join(digits.transcripts[i] for i in chosen))
        names.append(" + ".join(digits.names[i] for i in chosen))
        said_by.append(speaker)
    return Utterances(audio, transcripts, names, said_by)


def _joined(waves: list[np.ndarray], draw: np.random.Generator, rate: int) -> np.ndarray:
    parts = [_gap(draw, rate)]
    for wave in waves:
        parts += [_PEAK * wave / max(1, np.abs(wave.astype(int)).max()), _gap(draw, rate)]
    joined = np.concatenate(parts)
    noise = np.sqrt(np.mean(np.square(joined)) / 10.0 ** (draw.uniform(*_SIGNAL_TO_NOISE) / 10.0))
    return as_int16(joined + draw.normal(0.0, noise, joined.size))


def _gap(draw: np.random.Generator, rate: int) -> np.ndarray:
    return np.zeros(round(draw.uniform(*_GAPS) * rate))
