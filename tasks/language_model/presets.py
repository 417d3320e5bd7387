"""Settings that go together: the configurations by name that a run begins with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tasks.common.transformer_config import TransformerConfig
from tasks.language_model.config import LanguageModelConfig, TrainConfig
from tasks.language_model.data import Builtin, TextFile, TinyShakespeare, Windowing


def tiny() -> LanguageModelConfig:
    """Built-in reviews, character by character, a minute on two CPU cores."""
    return LanguageModelConfig(
        name="tiny",
        data=Builtin(),
        windowing=Windowing(length=128, batch_size=32),
        model=TransformerConfig(
            num_layers=2, d_model=96, num_heads=4, dff=384, dropout=0.0, position_scheme="Rotary"
        ),
        train=TrainConfig(
            epochs=4, peak_learning_rate=3e-3, schedule="cosine", warmup_steps=100, clip_norm=1.0
        ),
    )


def shakespeare() -> LanguageModelConfig:
    """Tiny Shakespeare, character by character, a quarter of an hour on two CPU cores."""
    return LanguageModelConfig(
        name="shakespeare",
        data=TinyShakespeare(),
        windowing=Windowing(length=128, batch_size=16),
        model=TransformerConfig(
            num_layers=4,
            d_model=160,
            num_heads=5,
            dff=640,
            dropout=0.1,
            activation="gelu",
            position_scheme="Rotary",
        ),
        train=TrainConfig(
            epochs=15,
            peak_learning_rate=2e-3,
            schedule="cosine",
            warmup_steps=300,
            weight_decay=0.1,
            clip_norm=1.0,
        ),
    )


def base() -> LanguageModelConfig:
    """Your own text (`--data.path text.txt`), of a million characters or more."""
    return replace(shakespeare(), name="base", data=TextFile(Path("text.txt")))


PRESETS: dict[str, Callable[[], LanguageModelConfig]] = {
    preset.__name__: preset for preset in (tiny, shakespeare, base)
}
