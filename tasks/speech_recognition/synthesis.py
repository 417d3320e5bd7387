"""Speech made of formants: no recording, no model, a voice that is drawn by lot.

Each sound has resonances (formants) and a source, the voice or noise. What is heard is the source,
filtered by the resonances, which glide from one sound to the next.
"""

from dataclasses import dataclass

import numpy as np

_FRAME_SECONDS, _HOP_SECONDS = 0.02, 0.005
_BANDWIDTHS = np.array([70.0, 100.0, 150.0])  # of the three formants, in hertz
_NOISE = 0.3  # of noise beside the voice, where both are as loud as can be
_GLIDE_SECONDS = 0.04  # from one sound to the next


@dataclass(frozen=True)
class Sound:
    """One sound of a language.

    Args:
        seconds: how long it lasts at a moderate rate.
        formants: three frequencies at its beginning, in hertz.
        end: these at its end; `()` if they stay.
        voice: how loud the voice is, from 0 to 1.
        noise: how loud the noise is, from 0 to 1.
        noise_hertz: where the noise is strongest.
        burst: whether it is a silence that ends in a burst of noise.
    """

    seconds: float
    formants: tuple[float, float, float]
    end: tuple[float, ...] = ()
    voice: float = 0.0
    noise: float = 0.0
    noise_hertz: float = 2500.0
    burst: bool = False


SOUNDS = {
    # Vowels, after the averages of Peterson and Barney, 1952.
    "IY": Sound(0.13, (270, 2290, 3010), voice=1.0),
    "IH": Sound(0.09, (390, 1990, 2550), voice=1.0),
    "EH": Sound(0.10, (530, 1840, 2480), voice=1.0),
    "AH": Sound(0.10, (640, 1190, 2390), voice=1.0),
    "AO": Sound(0.13, (570, 840, 2410), voice=1.0),
    "UW": Sound(0.15, (300, 870, 2240), voice=1.0),
    "OW": Sound(0.16, (540, 1000, 2400), (330, 830, 2250), voice=1.0),
    "AY": Sound(0.19, (700, 1150, 2440), (330, 2200, 2800), voice=1.0),
    "EY": Sound(0.17, (500, 1850, 2500), (300, 2250, 2950), voice=1.0),
    # Glides and nasals.
    "R": Sound(0.07, (350, 1100, 1550), voice=0.8),
    "W": Sound(0.07, (290, 650, 2200), voice=0.7),
    "N": Sound(0.08, (250, 1450, 2500), voice=0.4),
    # Fricatives.
    "S": Sound(0.11, (350, 1700, 2600), noise=0.6, noise_hertz=3600.0),
    "Z": Sound(0.08, (300, 1700, 2600), voice=0.3, noise=0.4, noise_hertz=3500.0),
    "F": Sound(0.10, (350, 1200, 2300), noise=0.25, noise_hertz=1500.0),
    "V": Sound(0.06, (300, 1200, 2300), voice=0.4, noise=0.12, noise_hertz=1500.0),
    "TH": Sound(0.09, (350, 1400, 2500), noise=0.2, noise_hertz=2600.0),
    # Stops.
    "T": Sound(0.08, (350, 1800, 2700), noise=0.7, noise_hertz=3300.0, burst=True),
    "K": Sound(0.08, (350, 1900, 2300), noise=0.6, noise_hertz=1900.0, burst=True),
}
WORDS = {
    "zero": ("Z", "IH", "R", "OW"),
    "one": ("W", "AH", "N"),
    "two": ("T", "UW"),
    "three": ("TH", "R", "IY"),
    "four": ("F", "AO", "R"),
    "five": ("F", "AY", "V"),
    "six": ("S", "IH", "K", "S"),
    "seven": ("S", "EH", "V", "AH", "N"),
    "eight": ("EY", "T"),
    "nine": ("N", "AY", "N"),
}


@dataclass(frozen=True)
class Voice:
    """Who speaks, and how.

    Args:
        pitch: of the voice at the beginning of a word, in hertz.
        fall: by what share the pitch is lower at its end.
        size: what all formants are multiplied by: above 1 for a shorter throat.
        rate: what all durations are divided by.
        breath: how much noise is in the voice.
    """

    pitch: float
    fall: float
    size: float
    rate: float
    breath: float

    @classmethod
    def drawn(cls, draw: np.random.Generator) -> "Voice":
        """One of all that there may be."""
        size = draw.uniform(0.88, 1.2)
        pitch = np.exp(draw.normal(np.log(110.0 + 330.0 * (size - 0.88)), 0.15))
        return cls(
            pitch=float(pitch),
            fall=float(draw.uniform(0.0, 0.3)),
            size=float(size),
            rate=float(draw.uniform(0.8, 1.3)),
            breath=float(draw.uniform(0.01, 0.06)),
        )


def spoken(word: str, voice: Voice, draw: np.random.Generator, sampling_rate: int) -> np.ndarray:
    """A word, as a voice says it this time.

    Args:
        word: one of `WORDS`.
        voice: who speaks.
        draw: what differs each time.
        sampling_rate: in hertz.

    Returns:
        float32 `[samples]`, with an average power of 0.01.

    Raises:
        KeyError: if the word is unknown.
    """
    sounds = [SOUNDS[name] for name in WORDS[word]]
    seconds = np.array([one.seconds for one in sounds]) / voice.rate
    seconds *= draw.uniform(0.8, 1.25, len(sounds))
    times = np.arange(0.0, seconds.sum(), _HOP_SECONDS)
    formants, loudness = _tracks(sounds, seconds, times)
    formants *= voice.size * draw.uniform(0.97, 1.03, 3)
    pulses = _pulses(len(times), voice, draw, sampling_rate)
    noise = draw.normal(size=pulses.size)
    of_voice = _resonances(formants, sampling_rate) * loudness[:, :1]
    of_noise = _noise_envelope(loudness[:, 2] * voice.size, sampling_rate) * loudness[:, 1:2]
    wave = _filtered(pulses, of_voice, sampling_rate)
    wave += _NOISE * _filtered(noise, of_noise, sampling_rate)
    power = np.mean(np.square(wave))
    return (wave * 0.1 / np.sqrt(power + 1e-12)).astype("float32")


def _tracks(
    sounds: list[Sound], seconds: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each frame: three formants, and voice, noise and the noise's place."""
    ends = np.cumsum(seconds)
    knots, formants, loudness = [], [], []
    for sound, end, length in zip(sounds, ends, seconds, strict=True):
        glide = min(_GLIDE_SECONDS, length / 2) / 2
        beginning = end - length
        knots += [beginning + glide, end - glide]
        formants += [sound.formants, sound.end or sound.formants]
        if sound.burst:  # silence, and all noise in the last third
            knots[-1:] = [end - length / 3, end - length / 3 + 1e-3, end - glide / 2]
            formants += [sound.formants, sound.formants]
            silent = (0.0, 0.0, sound.noise_hertz)
            loud = (0.0, sound.noise, sound.noise_hertz)
            loudness += [silent, silent, loud, loud]
        else:
            loudness += 2 * [(sound.voice, sound.noise, sound.noise_hertz)]

    def interpolated(values):
        columns = np.asarray(values, float).T
        return np.stack([np.interp(times, knots, column) for column in columns], axis=1)

    return interpolated(formants), interpolated(loudness)


def _pulses(frames: int, voice: Voice, draw: np.random.Generator, rate: int) -> np.ndarray:
    """What the vocal cords do, as many samples as the frames cover, with some breath."""
    count = frames * round(_HOP_SECONDS * rate)
    progress = np.linspace(0.0, 1.0, count)
    wobble = 1.0 + 0.02 * np.interp(progress, np.linspace(0, 1, 9), draw.normal(size=9))
    pitch = voice.pitch * (1.0 - voice.fall * progress) * wobble
    phase = np.cumsum(pitch / rate) + draw.uniform()
    pulses = np.diff(np.floor(phase), prepend=np.floor(phase[0])) * np.sqrt(rate / pitch)
    return pulses + voice.breath * draw.normal(size=count)


def _resonances(formants: np.ndarray, rate: int) -> np.ndarray:
    """How much of each frequency gets through, `[frames, frequencies]`."""
    hertz = _frequencies(rate)
    gain = np.ones((len(formants), len(hertz)))
    for number in range(3):
        center = formants[:, number : number + 1]
        width = _BANDWIDTHS[number]
        gain *= center**2 / np.sqrt((hertz**2 - center**2) ** 2 + (width * hertz) ** 2 + 1.0)
    # The source falls by 12 decibels per octave, and lips give back 6.
    return gain / (1.0 + hertz / 300.0)


def _noise_envelope(center: np.ndarray, rate: int) -> np.ndarray:
    hertz = _frequencies(rate)
    octaves = np.log2((hertz + 50.0) / (center[:, None] + 50.0))
    return np.exp(-np.square(octaves / 0.7))


def _frequencies(rate: int) -> np.ndarray:
    return np.fft.rfftfreq(round(_FRAME_SECONDS * rate), 1.0 / rate)


def _filtered(source: np.ndarray, gain: np.ndarray, rate: int) -> np.ndarray:
    """The source, frame by frame, through what lets frequencies through; frames overlap and add."""
    length, hop = round(_FRAME_SECONDS * rate), round(_HOP_SECONDS * rate)
    padded = np.pad(source, (length // 2, length))
    starts = hop * np.arange(len(gain))
    window = np.hanning(length + 1)[:-1]
    frames = padded[starts[:, None] + np.arange(length)] * window
    frames = np.fft.irfft(np.fft.rfft(frames) * gain, length)
    wave = np.zeros(len(padded))
    np.add.at(wave, starts[:, None] + np.arange(length), frames)
    return wave[length // 2 : length // 2 + len(source)] * hop / (length / 2)
