"""Settings that go together: the configurations by name that a run begins with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tasks.translation.config import (
    DecodeConfig,
    ModelConfig,
    RecurrentConfig,
    TrainConfig,
    TranslationConfig,
    VocabularyConfig,
)
from tasks.translation.corpora import Builtin, Multi30k, Tsv
from tasks.translation.data import Batching


def tiny() -> TranslationConfig:
    """Built-in English-Spanish phrases, minutes on two CPU cores."""
    return TranslationConfig(
        name="tiny",
        data=Builtin(),
        vocabulary=VocabularyConfig(size=1350),
        batching=Batching(batch_tokens=2048, max_length=40),
        model=ModelConfig(num_layers=2, d_model=128, num_heads=4, dff=256, dropout=0.0),
        train=TrainConfig(
            epochs=4,
            peak_learning_rate=3e-3,
            schedule="cosine",
            warmup_steps=200,
            label_smoothing=0.0,
            clip_norm=1.0,
            validation_sentences=200,
        ),
        decode=DecodeConfig(beams=1, max_length=40),
    )


def recurrent() -> TranslationConfig:
    """The same phrases with an LSTM encoder and decoder, and Bahdanau's attention."""
    model = RecurrentConfig(num_layers=1, d_model=128, dropout=0.0)
    return replace(tiny(), name="recurrent", model=model)


def multi30k() -> TranslationConfig:
    """Multi30k English-German with the published Transformer-Tiny, under 3 million parameters."""
    return TranslationConfig(
        name="multi30k",
        data=Multi30k(),
        vocabulary=VocabularyConfig(size=8000, lowercase_source=True),
        batching=Batching(batch_tokens=4096, max_length=96, sampling=0.3),
        model=ModelConfig(num_layers=4, d_model=128, num_heads=4, dff=256, dropout=0.3),
        train=TrainConfig(
            epochs=60,
            peak_learning_rate=4e-3,
            schedule="cosine",
            warmup_steps=1000,
            average=10,
            validate_every=4,
        ),
        decode=DecodeConfig(beams=5, length_penalty=1.0, max_length=96),
    )


def tatoeba_spanish() -> TranslationConfig:
    """English-Spanish sentences of tatoeba.org: `spa-eng.zip` of manythings.org/anki."""
    return replace(
        base(),
        name="tatoeba_spanish",
        data=Tsv(Path("tatoeba_spa_eng/spa-eng.zip"), member="spa.txt"),
        target_language="es",
        model=_small(dropout=0.1),
        train=_small_training(epochs=10),
    )


def tatoeba_chinese() -> TranslationConfig:
    """English-Chinese sentences of tatoeba.org: `cmn.txt.gz` made of manythings.org/anki's file."""
    return replace(
        base(),
        name="tatoeba_chinese",
        data=Tsv(Path("tatoeba_cmn_eng/cmn.txt.gz")),
        target_language="zh",
        vocabulary=VocabularyConfig(size=8000, target_coverage=0.9995),
        model=_small(dropout=0.3),
        train=_small_training(epochs=25),
    )


def base() -> TranslationConfig:
    """Your own sentence pairs (`--data.path pairs.tsv`), a model of medium size."""
    return TranslationConfig(
        name="base",
        data=Tsv(Path("pairs.tsv")),
        batching=Batching(batch_tokens=4096, max_length=128),
        model=ModelConfig(num_layers=3, d_model=256, num_heads=4, dff=1024, dropout=0.2),
        train=TrainConfig(epochs=20, patience=5, average=5),
    )


PRESETS: dict[str, Callable[[], TranslationConfig]] = {
    preset.__name__: preset
    for preset in (tiny, recurrent, multi30k, tatoeba_spanish, tatoeba_chinese, base)
}


def _small(dropout: float) -> ModelConfig:
    """A model under 3 million parameters, which fits into the repository."""
    return ModelConfig(num_layers=4, d_model=128, num_heads=4, dff=512, dropout=dropout)


def _small_training(epochs: int) -> TrainConfig:
    return TrainConfig(epochs=epochs, peak_learning_rate=4e-3, schedule="cosine", average=5)
