"""Vision transformers: what their parts compute, what kinds there are, other sizes, learning."""

import keras
import numpy as np
import pytest

import keras_attention as ka
from keras_attention.models.vision_transformer import VARIANTS

IMAGES = np.random.default_rng(0).normal(size=(2, 6, 9, 5)).astype("float32")
SIZES = dict(num_layers=2, num_heads=3, dff=17)


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def encoder(num_prefix=1, **arguments):
    patches = ka.Patches(12, patch_size=3)
    return ka.ImageEncoder(patches, (6, 9, 5), num_prefix=num_prefix, **{**SIZES, **arguments})


def vit():
    return ka.VisionTransformer(encoder(), ka.SequenceHead(4, ka.FirstTokenPooling()))


def two_heads():
    return {
        "label": ka.SequenceHead(4, ka.FirstTokenPooling(), name="label"),
        "distilled": ka.SequenceHead(4, ka.TokenPooling(1), name="distilled"),
    }


def several_heads():
    return ka.VisionTransformer(encoder(num_prefix=2), two_heads())


def deit():
    return ka.DistilledVisionTransformer(encoder(num_prefix=2), two_heads())


def cait():
    """With talking heads, scales and a class token that comes late."""
    pooling = ka.ClassAttentionPooling(2, 12, num_heads=3, dff=17, layer_scale=0.1)
    mechanism = ka.Mechanism(normalizer=ka.TalkingHeads())
    arguments = dict(attention=mechanism, layer_scale=0.1, stochastic_depth=0.1)
    return ka.VisionTransformer(encoder(num_prefix=0, **arguments), ka.SequenceHead(4, pooling))


def swin():
    """One stage."""
    windows = [ka.Mechanism(pattern=ka.GridWindow(2, shift)) for shift in (0, 1)]
    arguments = dict(position_scheme=ka.RelativeBias2D(window=2), attention=windows)
    return ka.VisionTransformer(encoder(num_prefix=0, **arguments), ka.SequenceHead(4))


def small_data():
    """Shifted patches and locality self-attention, with registers."""
    mechanism = ka.Mechanism(ka.TemperedDotProduct(), pattern=ka.OffDiagonal())
    encoder = ka.ImageEncoder(
        ka.ShiftedPatches(12, 3), (6, 9, 5), num_prefix=3, attention=mechanism, **SIZES
    )
    return ka.VisionTransformer(encoder, ka.SequenceHead(4))


def cct():
    return ka.CompactConvolutionalTransformer(4, (6, 9, 5), d_model=12, **SIZES)


KINDS = {f.__name__: f for f in (vit, several_heads, deit, cait, swin, small_data, cct)}
every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


@every_kind
def test_logits_scores_and_shares(make):
    model = make()
    outputs = model(IMAGES)
    names = list(model.head) if isinstance(model.head, dict) else [None]
    assert {tuple(x.shape) for x in keras.tree.flatten(outputs)} == {(2, 4)}
    rows, columns = model.encoder.grid
    length = model.encoder.num_prefix + rows * columns
    weights = as_numpy(model.attention_scores(IMAGES))
    assert weights.shape == (2, 2, 3, length, length)
    if make is not cait:  # talking heads mix weights
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-5)
        assert np.isfinite(ka.attention_rollout(weights)).all()
    for name in names:
        shares = as_numpy(model.pooling_shares(IMAGES, name))
        assert shares.shape == (2, length)
        np.testing.assert_allclose(shares.sum(-1), 1.0, atol=1e-5)


def test_a_vision_transformer_is_its_encoder_and_its_head():
    model = vit()
    features = as_numpy(model.encoder(IMAGES))
    expected = as_numpy(model.head.output_dense(features[:, 0]))
    np.testing.assert_allclose(as_numpy(model(IMAGES)), expected, atol=1e-5)


def test_a_distilled_one_says_the_mean_of_its_heads():
    model = deit()
    heads = {name: as_numpy(x) for name, x in model.each_head(IMAGES).items()}
    features = as_numpy(model.encoder(IMAGES))
    for place, name in enumerate(["label", "distilled"]):
        expected = as_numpy(model.head[name].output_dense(features[:, place]))
        np.testing.assert_allclose(heads[name], expected, atol=1e-5)
    mean = (heads["label"] + heads["distilled"]) / 2
    np.testing.assert_allclose(as_numpy(model(IMAGES)), mean, atol=1e-6)
    assert isinstance(model.resized((12, 15)), ka.DistilledVisionTransformer)


def test_a_distilled_one_needs_two_tokens_and_two_heads():
    with pytest.raises(ValueError, match="at least two learned tokens.*num_prefix=1"):
        ka.DistilledVisionTransformer(encoder(), two_heads())
    for head in (ka.SequenceHead(4), {"label": ka.SequenceHead(4)}):
        with pytest.raises(ValueError, match="dictionary of two heads, 'label' and 'distilled'"):
            ka.DistilledVisionTransformer(encoder(num_prefix=2), head)
    other = two_heads() | {"distilled": ka.SequenceHead(5)}
    with pytest.raises(ValueError, match="same number of outputs"):
        ka.DistilledVisionTransformer(encoder(num_prefix=2), other)


def test_registers_are_not_pooled():
    model = small_data()
    features = as_numpy(model.encoder(IMAGES))
    expected = as_numpy(model.head.output_dense(features[:, 3:].mean(axis=1)))
    np.testing.assert_allclose(as_numpy(model(IMAGES)), expected, atol=1e-5)
    np.testing.assert_array_equal(as_numpy(model.pooling_shares(IMAGES))[:, :3], 0.0)


def test_a_compact_transformer_pools_the_sequence():
    model = cct()
    assert model.encoder.grid == (3, 5)
    assert isinstance(model.head.pooling, ka.SequencePooling)
    rates = [layer.stochastic_depth for layer in model.encoder.encoder.layers]
    assert rates == [0.05, 0.1]


@every_kind
def test_resized(make):
    model = make()
    same = model.resized((6, 9))
    for ours, theirs in zip(*(keras.tree.flatten(m(IMAGES)) for m in (same, model)), strict=True):
        np.testing.assert_allclose(as_numpy(ours), as_numpy(theirs), atol=1e-5)
    larger = model.resized((12, 15))
    images = np.ones((2, 12, 15, 5), "float32")
    assert {tuple(x.shape) for x in keras.tree.flatten(larger(images))} == {(2, 4)}


@every_kind
def test_comes_back_from_a_file(make, tmp_path):
    model = make()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(*(keras.tree.flatten(m(IMAGES)) for m in (loaded, model)), strict=True):
        np.testing.assert_array_equal(as_numpy(ours), as_numpy(theirs))


# Parameters of the papers' models for 1000 classes, in millions.
PARAMETERS = {"Ti/16": 5.7, "S/16": 22.05, "B/16": 86.6, "B/32": 88.2}


@pytest.mark.parametrize("variant", PARAMETERS)
def test_variants_are_as_large_as_those_of_the_papers(variant):
    model = ka.vision_transformer(variant, 1000)
    assert round(model.count_params() / 1e6, 1) == pytest.approx(PARAMETERS[variant], abs=0.1)


@pytest.mark.parametrize("size", VARIANTS)
def test_variants_for_small_pictures(size):
    models = [
        ka.vision_transformer(f"{size}/3", 7, (6, 9, 5), num_layers=1, dtype="mixed_bfloat16")
        for _ in range(2)
    ]
    assert {keras.backend.standardize_dtype(model(IMAGES).dtype) for model in models} == {
        "bfloat16"
    }
    # So that the weights of one fit the other.
    paths = [
        [w.path.removeprefix(model.path or model.name) for w in model.weights] for model in models
    ]
    assert paths[0] == paths[1]


def test_the_size_of_the_papers_compact_transformer():
    model = ka.CompactConvolutionalTransformer(10)
    assert model.encoder.grid == (16, 16)
    assert model.count_params() / 1e6 == pytest.approx(3.76, abs=0.1)


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        ("XXL/16", "argument `variant`, expected one of 'Ti', 'S', 'B', 'Lite-6', 'Lite-7'"),
        ("Ti", "such as 'Ti/16'. Received: variant='Ti'"),
        ("Ti/p", "such as 'Ti/16'. Received: variant='Ti/p'"),
    ],
)
def test_unknown_variants(variant, message):
    with pytest.raises(ValueError, match=message):
        ka.vision_transformer(variant, 10)


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True], ids=["plain", "XLA"])
@pytest.mark.parametrize("make", [cait, swin, small_data, cct], ids=lambda make: make.__name__)
def test_learns(make, jit_compile):
    """Which half of a picture is brighter."""
    draw = np.random.default_rng(1)
    images = draw.normal(size=(64, 6, 9, 5)).astype("float32")
    labels = draw.integers(2, size=64).astype("int32")
    images[labels == 1, :3] += 1.0
    images[labels == 0, 3:] += 1.0
    model = make()
    model.compile(
        ka.Adam(3e-3),
        ka.MaskedCrossEntropy(padding_id=None),
        metrics=[ka.MaskedAccuracy(padding_id=None)],
        jit_compile=jit_compile,
    )
    history = model.fit(images, labels, batch_size=16, epochs=12, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
