import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tasks.common.config_json import from_json, to_json
from tasks.translation import config
from tasks.translation.config import DecodeConfig, DecodeOptions, TrainConfig
from tasks.translation.corpora import Builtin, Multi30k, Tsv
from tasks.translation.data import Batching
from tasks.translation.model import build_model
from tasks.translation.presets import PRESETS, multi30k, tiny


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_survives_json(preset):
    original = PRESETS[preset]()

    copy = from_json(config.TranslationConfig, json.loads(json.dumps(to_json(original))))

    assert copy == original
    assert copy.name == preset


@pytest.mark.parametrize("preset", PRESETS)
def test_a_presets_sentences_fit_its_search(preset):
    original = PRESETS[preset]()

    assert original.decode.max_length >= original.batching.max_length


def test_the_preset_for_multi30k_has_the_size_of_the_published_model():
    original = multi30k()

    model = build_model(original.model, original.vocabulary.size)

    assert model.count_params() <= 3_000_000
    sizes = original.model
    assert (sizes.num_layers, sizes.d_model, sizes.dff, sizes.num_heads) == (4, 128, 256, 4)


@pytest.mark.parametrize(
    ("data", "given", "expected"),
    [
        (Builtin(), None, "es"),
        (Multi30k(target="fr"), None, "fr"),
        (Multi30k(target="fr"), "de", "de"),
        (Tsv(Path("pairs.tsv")), None, "xx"),
        (Tsv(Path("pairs.tsv")), "zh", "zh"),
    ],
)
def test_the_language_is_that_of_the_data_unless_somebody_says_so(data, given, expected):
    assert replace(tiny(), data=data, target_language=given).language == expected


def test_the_search_can_be_changed_in_every_setting():
    assert {f.name for f in fields(DecodeOptions)} == {f.name for f in fields(DecodeConfig)}

    changed = DecodeOptions(beams=7, length_penalty=0.0).over(DecodeConfig(max_length=53))

    assert changed == DecodeConfig(beams=7, length_penalty=0.0, max_length=53)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": TrainConfig(epochs=0)}, r"`train\.epochs` must be at least 1\. Received: 0"),
        ({"train": TrainConfig(average=0)}, r"`train\.average` must be at least 1"),
        (
            {"train": TrainConfig(strategy="multi_worker", max_minutes=3)},
            "cannot end a multi-worker run",
        ),
        ({"train": TrainConfig(jit=True)}, r"`train\.jit` needs `batching\.pad_to_multiple_of`"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(tiny(), **change)


def test_compiled_training_pads_to_multiples():
    batching = Batching(pad_to_multiple_of=8)

    assert replace(tiny(), train=TrainConfig(jit=True), batching=batching).train.jit
