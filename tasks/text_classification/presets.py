"""Settings that go together: the configurations by name that a run begins with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tasks.text_classification.batches import Batching
from tasks.text_classification.builtin import Kind
from tasks.text_classification.config import (
    ClassificationConfig,
    FineTuningConfig,
    ModelConfig,
    ObjectiveConfig,
    TextConfig,
    TrainConfig,
)
from tasks.text_classification.corpora import AgNews, Builtin, Clinc150, Imdb, Sst2, Table
from tasks.text_classification.pretraining import PretrainingConfig

_FILM_REVIEWS = TextConfig(
    vocabulary_size=8000, max_length=384, truncation="both", lowercase=True, remove_tags=True
)
_IMDB_ENCODER = Path("results", "text_classification", "imdb_encoder")
_SMALL = ModelConfig(num_layers=2, d_model=128, num_heads=4, dff=256, dropout=0.3)
_FINE_TUNING = TrainConfig(
    monitor="val_accuracy",
    peak_learning_rate=5e-4,
    schedule="cosine",
    warmup_steps=200,
    label_smoothing=0.1,
)
_FROM_SCRATCH = replace(_FINE_TUNING, peak_learning_rate=1e-3, warmup_steps=500)


def tiny() -> ClassificationConfig:
    """Built-in reviews, good or bad, minutes on two CPU cores."""
    return ClassificationConfig(
        name="tiny",
        data=Builtin(),
        text=TextConfig(vocabulary_size=300, max_length=96),
        batching=Batching(batch_size=64),
        model=ModelConfig(
            num_layers=2, d_model=64, num_heads=4, dff=256, dropout=0.0, head_dropout=0.0
        ),
        train=TrainConfig(epochs=8, peak_learning_rate=2e-3, schedule="cosine", warmup_steps=200),
    )


def aspects() -> ClassificationConfig:
    """Several labels: which aspects does a built-in review praise?"""
    return _of_reviews("aspects")


def rating() -> ClassificationConfig:
    """A number: the rating of a built-in review."""
    return _of_reviews("rating")


def words() -> ClassificationConfig:
    """A label for each word of a built-in review: topic, praise, blame or nothing of these."""
    run = tiny()
    return replace(run, name="words", data=Builtin("words"), train=replace(run.train, epochs=5))


def _of_reviews(kind: Kind) -> ClassificationConfig:
    """As `tiny`, with so many examples that they cannot be learned by heart."""
    run = tiny()
    return replace(
        run,
        name=kind,
        data=Builtin(kind, train=50_000),
        model=replace(run.model, position_scheme="Rotary"),
        train=replace(run.train, epochs=4, peak_learning_rate=4e-3),
    )


def imdb() -> ClassificationConfig:
    """Film reviews from scratch, within an hour on two CPU cores."""
    return ClassificationConfig(
        name="imdb",
        data=Imdb(),
        text=_FILM_REVIEWS,
        batching=Batching(batch_size=32),
        model=_SMALL,
        train=replace(_FROM_SCRATCH, epochs=6),
    )


def imdb_encoder() -> ClassificationConfig:
    """Filling in hidden words of film reviews: the encoder that other runs begin with."""
    return ClassificationConfig(
        name="imdb_encoder",
        data=Imdb(),
        text=_FILM_REVIEWS,
        batching=Batching(batch_size=32),
        model=ModelConfig(
            num_layers=3,
            d_model=192,
            num_heads=3,
            dff=768,
            activation="gelu",
            position_scheme="Rotary",
        ),
        pretraining=PretrainingConfig(
            epochs=10, hidden_share=0.25, peak_learning_rate=2e-3, warmup_steps=1000, clip_norm=1.0
        ),
        train=TrainConfig(epochs=0, precision="mixed_bfloat16"),
    )


def imdb_pretrained() -> ClassificationConfig:
    """Film reviews, from the encoder that has learned to fill in their words."""
    run = imdb_encoder()
    return replace(
        run,
        name="imdb_pretrained",
        pretraining=PretrainingConfig(),
        train=TrainConfig(
            epochs=4,
            monitor="val_accuracy",
            peak_learning_rate=3e-4,
            schedule="cosine",
            warmup_steps=500,
            precision="mixed_bfloat16",
            initial_encoder=_IMDB_ENCODER,
        ),
    )


def imdb_lora() -> ClassificationConfig:
    """As `imdb_pretrained`, but of the encoder only low-rank changes are trained."""
    run = imdb_pretrained()
    return replace(
        run,
        name="imdb_lora",
        fine_tuning=FineTuningConfig("lora", lora_targets=("query", "value", "output")),
        train=replace(run.train, peak_learning_rate=2e-3),
    )


def sst2() -> ClassificationConfig:
    """Sentences about films, from the encoder of film reviews."""
    run = imdb_pretrained()
    return replace(
        run,
        name="sst2",
        data=Sst2(),
        text=replace(run.text, max_length=64),
        objective=ObjectiveConfig("fgm"),
        train=replace(run.train, warmup_steps=200),
    )


def clinc150() -> ClassificationConfig:
    """Queries to an assistant: which of 150 intents, and which queries have none of them?"""
    return ClassificationConfig(
        name="clinc150",
        data=Clinc150(),
        text=TextConfig(vocabulary_size=2000, max_length=48, lowercase=True),
        batching=Batching(batch_size=32),
        model=ModelConfig(
            num_layers=2, d_model=256, num_heads=4, dff=512, dropout=0.3, head_dropout=0.3
        ),
        pretraining=PretrainingConfig(
            epochs=20, hidden_share=0.25, peak_learning_rate=1e-3, warmup_steps=200, clip_norm=1.0
        ),
        objective=ObjectiveConfig("r_drop"),
        train=replace(_FROM_SCRATCH, epochs=18),
    )


def ag_news() -> ClassificationConfig:
    """News of four kinds, as many articles as are at hand."""
    return ClassificationConfig(
        name="ag_news",
        data=AgNews(),
        text=TextConfig(vocabulary_size=8000, max_length=128),
        batching=Batching(batch_size=32),
        model=_SMALL,
        objective=ObjectiveConfig("r_drop"),
        train=replace(_FINE_TUNING, epochs=10),
    )


def base() -> ClassificationConfig:
    """Your own examples (`--data.path examples.tsv`), a model of medium size."""
    return ClassificationConfig(
        name="base",
        data=Table(Path("examples.tsv")),
        model=_SMALL,
        train=TrainConfig(epochs=10, patience=3, schedule="cosine", warmup_steps=200),
    )


PRESETS: dict[str, Callable[[], ClassificationConfig]] = {
    preset.__name__: preset
    for preset in (
        tiny,
        aspects,
        rating,
        words,
        imdb,
        imdb_encoder,
        imdb_pretrained,
        imdb_lora,
        sst2,
        clinc150,
        ag_news,
        base,
    )
}
