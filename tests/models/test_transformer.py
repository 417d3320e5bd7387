import keras
import numpy as np
import pytest

from keras_attention.decoding import Lineage
from keras_attention.layers import (
    EntropyPenalty,
    LearnedPositionEmbedding,
    LocationAware,
    Mechanism,
    Monotonic,
    SinusoidalPositionEmbedding,
)
from keras_attention.models import Transformer
from keras_attention.training.weight_files import named_weights

VOCABULARY = 23
SIZES = dict(vocabulary_size=VOCABULARY, num_layers=2, d_model=12, num_heads=3, dff=17)
# The last three need the weights of the query before, which are the parent beam's.
CROSS_ATTENTIONS = [
    None,
    Mechanism(score=LocationAware(5, filters=2, kernel_size=3)),
    Mechanism(normalizer=Monotonic()),
    Mechanism(
        score=LocationAware(5, filters=2, kernel_size=3), normalizer=Monotonic(inference="expected")
    ),
]
SOURCE = np.array([[5, 7, 11, 3, 0], [13, 3, 0, 0, 0]], "int32")
TARGET = np.array([[2, 17, 19, 4], [2, 6, 8, 0]], "int32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def logits(model, source=SOURCE, target=TARGET):
    return as_numpy(model({"source_ids": source, "target_ids": target}))


def lineage(index, ancestors, parents=((0,), (0,))):
    return Lineage(index, np.array(parents), ancestors)


@pytest.fixture(params=["pre", "post"])
def model(request):
    return Transformer(**SIZES, normalization=request.param)


def test_has_these_weights_and_no_others(model):
    paths = {weight.path.split("/", 1)[1] for weight in model.weights}
    attention = [
        f"{side}/layer_{i}/{name}/{projection}/{kind}"
        for side, names in [
            ("encoder", ["self_attention"]),
            ("decoder", ["self_attention", "cross_attention"]),
        ]
        for i in range(2)
        for name in names
        for projection in ("query", "key", "value", "attention_output")
        for kind in ("kernel", "bias")
    ]
    normalization = [
        f"{side}/layer_{i}/{name}_residual/layer_normalization/{kind}"
        for side, names in [
            ("encoder", ["self_attention", "feed_forward"]),
            ("decoder", ["self_attention", "cross_attention", "feed_forward"]),
        ]
        for i in range(2)
        for name in names
        for kind in ("gamma", "beta")
    ]
    feed_forward = [
        f"{side}/layer_{i}/feed_forward/{dense}_dense/{kind}"
        for side in ("encoder", "decoder")
        for i in range(2)
        for dense in ("intermediate", "output")
        for kind in ("kernel", "bias")
    ]
    expected = {"token_embedding/embedding/embeddings", *attention, *normalization, *feed_forward}
    if model.get_config()["normalization"] == "pre":
        expected |= {
            f"{side}/final_normalization/{kind}"
            for side in ("encoder", "decoder")
            for kind in ("gamma", "beta")
        }
    assert paths == expected


def test_padding_and_batch_mates_change_nothing(model):
    together = logits(model)
    alone = logits(model, SOURCE[1:, :2], TARGET[1:, :3])
    np.testing.assert_allclose(together[1:, :3], alone, atol=1e-5)
    assert np.abs(together).max() > 0.1


def test_a_target_position_sees_no_later_one(model):
    changed = TARGET.copy()
    changed[:, 2:] = 9
    np.testing.assert_allclose(
        logits(model, target=changed)[:, :2], logits(model)[:, :2], atol=1e-5
    )


@pytest.mark.parametrize("position_scheme", [None, LearnedPositionEmbedding(7)])
def test_step_by_step_equals_the_whole_sequence(position_scheme):
    model = Transformer(**SIZES, position_scheme=position_scheme)
    whole = logits(model)
    cache = model.make_cache(SOURCE, max_length=7)
    for i in range(TARGET.shape[1]):
        ancestors = np.broadcast_to(np.arange(7) <= i, (2, 1, 7))
        output, cache = model.step(TARGET[:, i : i + 1], cache, lineage(i, ancestors))
        np.testing.assert_allclose(as_numpy(output)[:, 0], whole[:, i], atol=1e-5)


@pytest.mark.parametrize("cross_attention", CROSS_ATTENTIONS)
def test_beams_that_cross_equal_their_histories_decoded_alone(cross_attention):
    """Two beams: in step 2 both extend the second one, whose own parent was the first."""
    model = Transformer(**SIZES, cross_attention=cross_attention)
    tokens = np.array([[2, 2], [5, 7], [11, 13]])  # [step, beam]
    parents = np.array([[0, 1], [1, 0], [1, 1]])
    cache = model.make_cache(SOURCE, max_length=3, beams=2, coverage=True)
    slots = [{0}, {1}]  # the cache slots of each beam's history
    histories = [[], []]
    for step in range(3):
        slots = [slots[p] | {2 * step + beam} for beam, p in enumerate(parents[step])]
        histories = [[*histories[p], tokens[step, beam]] for beam, p in enumerate(parents[step])]
        if step == 0:
            slots = [{0}, {1}]
        ancestors = np.array([[slot in beam for slot in range(6)] for beam in slots])
        ancestors = np.broadcast_to(ancestors, (2, 2, 6))
        token_ids = np.broadcast_to(tokens[step], (2, 2)).astype("int32")
        output, cache = model.step(token_ids, cache, lineage(step, ancestors, [parents[step]] * 2))
    for beam in range(2):
        target = np.broadcast_to(np.array(histories[beam], "int32"), (2, 3))
        expected = logits(model, target=target)[:, -1]
        np.testing.assert_allclose(as_numpy(output)[:, beam], expected, atol=1e-5)
        weights = as_numpy(model.cross_attention({"source_ids": SOURCE, "target_ids": target}))
        # By the mean of the last layer's heads; padding counts as seen.
        coverage = np.where(SOURCE == 0, 1, weights[:, -1].mean(1).sum(1))
        np.testing.assert_allclose(as_numpy(cache["coverage"])[:, beam], coverage, atol=1e-5)


def test_cross_attention_gives_the_weights_of_every_layer_and_head(model):
    weights = as_numpy(model.cross_attention({"source_ids": SOURCE, "target_ids": TARGET}))
    assert weights.shape == (2, 2, 3, 4, 5)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    assert (weights[1, ..., 2:] == 0).all()


def test_penalties_do_not_count_padding():
    penalized = Mechanism(attention_regularizer=EntropyPenalty())
    model = Transformer(**SIZES, dropout=0.0, attention=penalized, cross_attention=penalized)

    def penalties(source, target):
        model({"source_ids": source, "target_ids": target}, training=True)
        return [float(loss) for loss in model.losses]

    source, target = SOURCE[:1, :4], TARGET[:1]
    alone = penalties(source, target)
    padded = penalties(np.pad(source, ((0, 0), (0, 3))), np.pad(target, ((0, 0), (0, 5))))
    assert len(alone) == 3 * SIZES["num_layers"]
    np.testing.assert_allclose(padded, alone, rtol=1e-4)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    model = Transformer(
        **SIZES,
        normalization="post",
        num_key_value_heads=1,
        activation="gelu",
        position_scheme=SinusoidalPositionEmbedding(max_wavelength=77.0, interleaved=False),
        name="translator",
    )
    before = logits(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(logits(loaded), before)
    assert loaded.get_config() == model.get_config()


def test_weights_of_another_model_of_the_process_fit():
    models = [Transformer(**SIZES, position_scheme=LearnedPositionEmbedding(11)) for _ in range(2)]
    names = [named_weights(model).keys() for model in models]
    assert names[0] == names[1]
    assert "token_embedding/position_scheme/embeddings" in names[0]


@pytest.mark.slow
def test_learns_to_copy():
    """The whole model, trained: the last sign that no part of it is wired wrongly."""
    random = np.random.default_rng(0)
    copied = random.integers(4, VOCABULARY, size=(512, 3)).astype("int32")
    start = np.full((512, 1), 2, "int32")
    inputs = {"source_ids": copied, "target_ids": np.concatenate([start, copied[:, :-1]], axis=1)}
    model = Transformer(VOCABULARY, num_layers=1, d_model=32, num_heads=2, dff=64, dropout=0.0)
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(inputs, copied, epochs=20, batch_size=64, verbose=0)
    assert model.evaluate(inputs, copied, verbose=0, return_dict=True)["accuracy"] > 0.95


def test_heads_that_do_not_divide():
    with pytest.raises(ValueError, match="`d_model` must be divisible by `num_heads`"):
        Transformer(**{**SIZES, "num_heads": 5})
