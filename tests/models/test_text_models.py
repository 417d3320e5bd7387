"""Classifiers and language models: what their parts compute, whole and step by step."""

import keras
import numpy as np
import pytest

import keras_attention
from keras_attention.decoding.lineage import Lineage

SIZES = dict(num_layers=2, d_model=12, num_heads=3, dff=17, dropout=0.0)
MIXED = "mixed_bfloat16"
IDS = np.array([[5, 7, 3, 11, 2], [13, 17, 19, 0, 0]])


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def text_encoder():
    return keras_attention.TextEncoder(23, **SIZES)


def test_a_classifier_is_its_encoder_and_its_head():
    head = keras_attention.SequenceHead(4)
    model = keras_attention.TextClassifier(text_encoder(), head)
    features = model.encoder({"token_ids": IDS})
    expected = head(features, padding_mask=IDS > 0)
    np.testing.assert_allclose(as_numpy(model({"token_ids": IDS})), as_numpy(expected), atol=1e-6)


def test_several_heads_share_an_encoder():
    heads = {
        "words": keras_attention.TokenHead(3),
        "whole": keras_attention.SequenceHead(4, keras_attention.FirstTokenPooling()),
    }
    model = keras_attention.TextClassifier(text_encoder(), heads)
    outputs = model({"token_ids": IDS})
    assert {name: tuple(x.shape) for name, x in outputs.items()} == {
        "words": (2, 5, 3),
        "whole": (2, 4),
    }
    paths = {weight.path.split("/")[1] for weight in model.weights}
    assert len(model.encoder.weights) < len(model.weights)
    assert len({weight.path for weight in model.weights}) == len(model.weights), paths


def test_a_masked_language_model_predicts_at_the_positions():
    model = keras_attention.MaskedLanguageModel(text_encoder())
    every = np.broadcast_to(np.arange(5), (2, 5))
    whole = as_numpy(model({"token_ids": IDS, "positions": every}))
    assert whole.shape == (2, 5, 23)
    positions = np.array([[4, 1], [0, 2]])
    chosen = as_numpy(model({"token_ids": IDS, "positions": positions}))
    np.testing.assert_allclose(
        chosen, np.take_along_axis(whole, positions[..., None], axis=1), atol=1e-5
    )


def test_in_mixed_precision_logits_are_products_of_halves():
    encoders = [keras_attention.TextEncoder(23, **SIZES, dtype=p) for p in ("float32", MIXED)]
    models = [
        keras_attention.MaskedLanguageModel(encoder, dtype=encoder.dtype_policy)
        for encoder in encoders
    ]
    models[1].set_weights(models[0].get_weights())
    inputs = {"token_ids": IDS, "positions": np.array([[4, 1], [0, 2]])}
    expected, logits = (model(inputs) for model in models)
    assert keras.backend.standardize_dtype(logits.dtype) == "bfloat16"
    assert {weight.dtype for weight in models[1].trainable_weights} == {"float32"}
    logits = as_numpy(keras.ops.cast(logits, "float32"))
    np.testing.assert_allclose(logits, as_numpy(expected), atol=3e-2)


def test_a_pretrained_encoder_is_the_classifiers():
    encoder = text_encoder()
    pretraining = keras_attention.MaskedLanguageModel(encoder)
    model = keras_attention.TextClassifier(encoder, keras_attention.SequenceHead(4))
    assert model.encoder is pretraining.encoder
    before = as_numpy(model({"token_ids": IDS}))
    weight = encoder.weights[0]
    weight.assign(as_numpy(weight) + draw(weight.shape))
    assert np.abs(as_numpy(model({"token_ids": IDS})) - before).max() > 1e-4


def draw(shape):
    return np.random.default_rng(5).normal(size=shape).astype("float32")


def language_model(**arguments):
    return keras_attention.LanguageModel(23, **{**SIZES, **arguments})


def test_no_token_sees_those_after_it():
    model = language_model()
    whole = as_numpy(model(IDS[:1]))
    for length in range(1, 5):
        np.testing.assert_allclose(as_numpy(model(IDS[:1, :length])), whole[:, :length], atol=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"position_scheme": keras_attention.Rotary()},
        {"num_key_value_heads": 1, "position_scheme": keras_attention.ALiBi()},
    ],
    ids=["plain", "rotary", "grouped heads and ALiBi"],
)
@pytest.mark.parametrize("beams", [1, 3])
def test_step_by_step_is_the_whole_sequence(arguments, beams):
    model = language_model(**arguments)
    ids = np.stack([np.roll(IDS[0], beam) for beam in range(beams)])  # [beams, length]
    whole = as_numpy(model(ids))
    cache, slots = model.make_cache(1, 5, beams), np.arange(5 * beams)
    own = slots % beams == np.arange(beams)[:, None]
    for place in range(5):
        ancestors = (own & (slots // beams <= place))[None]
        lineage = Lineage(place, np.arange(beams)[None], ancestors)
        logits, cache = model.step(ids[None, :, place], cache, lineage)
        np.testing.assert_allclose(as_numpy(logits)[0], whole[:, place], atol=1e-4)
