"""Settings that go together: the configurations by name that a run begins with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tasks.speech_recognition.batches import Batching
from tasks.speech_recognition.config import (
    AugmentationConfig,
    CommandConfig,
    FeatureConfig,
    RecognizerConfig,
    SpeechConfig,
    TrainConfig,
)
from tasks.speech_recognition.corpora import (
    An4,
    Builtin,
    DigitStrings,
    FreeSpokenDigit,
    LibriSpeech,
    SpeechCommands,
    Table,
)


def tiny() -> SpeechConfig:
    """Built-in strings of digits, minutes on two CPU cores."""
    return SpeechConfig(
        name="tiny",
        data=Builtin(),
        features=FeatureConfig(num_mels=32),
        model=RecognizerConfig(
            num_layers=2, d_model=64, num_heads=4, dff=128, dropout=0.0, kernel_size=7
        ),
        batching=Batching(batch_size=16),
        train=TrainConfig(epochs=4, peak_learning_rate=3e-3, warmup_steps=200, label_smoothing=0.0),
    )


def fsdd() -> SpeechConfig:
    """Free Spoken Digit, one word each: which digit is it?"""
    return SpeechConfig(
        name="fsdd",
        data=FreeSpokenDigit(),
        augmentation=AugmentationConfig(
            speed=(0.8, 1.25),
            gain=6.0,
            noise=(10.0, 40.0),
            frequency_masks=2,
            time_masks=2,
            time_width=10,
        ),
        model=CommandConfig(num_layers=3, d_model=96, num_heads=4, dff=256, convolutions=1),
        train=TrainConfig(
            epochs=60,
            monitor="val_accuracy",
            peak_learning_rate=2e-3,
            warmup_steps=300,
            weight_decay=0.01,
        ),
    )


def digit_strings() -> SpeechConfig:
    """Strings of digits, joined from Free Spoken Digit."""
    return SpeechConfig(
        name="digit_strings",
        data=DigitStrings(),
        augmentation=AugmentationConfig(
            speed=(0.85, 1.2), gain=6.0, frequency_masks=2, time_masks=2, time_width=10
        ),
        model=RecognizerConfig(num_layers=4, d_model=96, num_heads=4, dff=256),
        train=TrainConfig(
            epochs=25, monitor="val_word_error", peak_learning_rate=2e-3, warmup_steps=500
        ),
    )


def an4() -> SpeechConfig:
    """CMU AN4 from its cepstra: characters, a Conformer of less than 2 million parameters."""
    return SpeechConfig(
        name="an4",
        data=An4(),
        augmentation=AugmentationConfig(
            speed=(0.85, 1.2), frequency_masks=1, frequency_width=3, time_masks=2
        ),
        batching=Batching(batch_size=16),
        model=RecognizerConfig(
            num_layers=6, d_model=144, num_heads=4, dff=288, dropout=0.1, convolutions=1
        ),
        train=TrainConfig(
            epochs=80,
            monitor="val_word_error",
            peak_learning_rate=1.5e-3,
            warmup_steps=800,
            average=10,
        ),
    )


def librispeech() -> SpeechConfig:
    """Read English sentences from raw audio."""
    return SpeechConfig(
        name="librispeech",
        data=LibriSpeech(),
        features=FeatureConfig(num_mels=80),
        augmentation=AugmentationConfig(
            speed=(0.9, 1.1), frequency_masks=2, frequency_width=27, time_masks=5, time_width=40
        ),
        batching=Batching(batch_size=16),
        model=RecognizerConfig(num_layers=6, d_model=144, num_heads=4, dff=576),
        train=TrainConfig(epochs=60, monitor="val_word_error", warmup_steps=2000, average=10),
    )


def commands() -> SpeechConfig:
    """Speech Commands: one of 35 words."""
    return replace(fsdd(), name="commands", data=SpeechCommands())


def base() -> SpeechConfig:
    """Your own recordings (`--data.path recordings.tsv`), a model of medium size."""
    return replace(digit_strings(), name="base", data=Table(Path("recordings.tsv")))


PRESETS: dict[str, Callable[[], SpeechConfig]] = {
    preset.__name__: preset
    for preset in (tiny, fsdd, digit_strings, an4, librispeech, commands, base)
}
