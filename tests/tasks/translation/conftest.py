"""One small finished run, trained once for all tests of the task."""

from itertools import product
from pathlib import Path

import pytest

from tasks.translation.config import (
    DecodeConfig,
    ModelConfig,
    TrainConfig,
    TranslationConfig,
    VocabularyConfig,
)
from tasks.translation.corpora import Tsv
from tasks.translation.data import Batching

SUBJECTS = {"the girl": "la niña", "the boy": "el niño", "the dog": "el perro"}
VERBS = {"sees": "ve", "eats": "come", "buys": "compra", "washes": "lava", "paints": "pinta"}
OBJECTS = {"the apple": "la manzana", "a red car": "un coche rojo", "two houses": "dos casas"}


def write_pairs(path: Path, part: int) -> Path:
    """All sentences that these words make (part 0), or a fifth of them."""
    sentences = product(SUBJECTS.items(), VERBS.items(), OBJECTS.items())
    rows = [
        "\t".join(" ".join(words).capitalize() + "." for words in zip(*parts, strict=True))
        for number, parts in enumerate(sentences)
        if not part or number % 5 == part
    ]
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def tiny_config(folder: Path, **train) -> TranslationConfig:
    """The settings of a run of seconds, on files that are written into `folder`."""
    settings = {"epochs": 2, "schedule": "cosine", "warmup_steps": 3, "average": 2, "pictures": 2}
    return TranslationConfig(
        name="test",
        data=Tsv(
            write_pairs(folder / "train.tsv", 0),
            validation_path=write_pairs(folder / "validation.tsv", 1),
            test_path=write_pairs(folder / "test.tsv", 2),
        ),
        target_language="es",
        vocabulary=VocabularyConfig(size=47),
        # All batches have one shape, so that the steps are traced once.
        batching=Batching(batch_tokens=401, max_length=31, pad_to_multiple_of=31),
        model=ModelConfig(num_layers=1, d_model=26, num_heads=2, dff=37, dropout=0.0),
        train=TrainConfig(**(settings | train)),
        decode=DecodeConfig(beams=3, max_length=31),
    )


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Path of a finished run folder, with two epochs of logs. Copy it before you change it."""
    from tasks.common.run_folder import RunFolder
    from tasks.translation.train import train

    folder = tmp_path_factory.mktemp("translation")
    train(tiny_config(folder), RunFolder(folder / "run"))
    return folder / "run"
