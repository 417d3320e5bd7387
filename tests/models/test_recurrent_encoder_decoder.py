import keras
import numpy as np
import pytest

from keras_attention.decoding import Beam, Greedy, Lineage, decode
from keras_attention.layers import Bilinear, LocationAware, Monotonic
from keras_attention.models import RecurrentEncoderDecoder
from keras_attention.models.recurrent_encoder_decoder import _drawn

VOCABULARY = 23
SOURCE = np.array([[5, 7, 11, 3, 0], [13, 3, 0, 0, 0]], "int32")
TARGET = np.array([[2, 17, 19, 4], [2, 6, 8, 0]], "int32")
STAIRS = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.0, 0.75])
VARIANTS = {
    "LSTM": {},
    "GRU": {"cell": "gru", "score": Bilinear()},
    "two layers": {"num_layers": 2},
    "monotonic": {
        "score": LocationAware(5, filters=2, kernel_size=3),
        "normalizer": Monotonic(sigmoid_noise=1.0),
    },
}
WAYS = ("forward", "backward")
ADDITIVE = ("query_kernel", "key_kernel", "vector", "bias")
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def made(variant="LSTM", **arguments):
    arguments = {"dropout": 0.0, **VARIANTS[variant], **arguments}
    return RecurrentEncoderDecoder(VOCABULARY, d_model=12, **arguments)


def logits(model, source=SOURCE, target=TARGET, **arguments):
    return as_numpy(model({"source_ids": source, "target_ids": target}, **arguments))


def lineage(index, parents=((0,), (0,))):
    return Lineage(index, np.array(parents), None)


def test_has_these_weights_and_no_others():
    for _ in range(2):  # they do not depend on how many models there are
        model = made("two layers")
        paths = {weight.path.split("/", 1)[1] for weight in model.weights}
        cells = [
            *(f"encoder_layer_{i}/{way}_lstm/lstm_cell" for i in (0, 1) for way in WAYS),
            *(f"decoder/cells/cell_{i}" for i in (0, 1)),
        ]
        score = {f"decoder/additive/{name}" for name in ADDITIVE}
        kinds = ("kernel", "recurrent_kernel", "bias")
        assert paths == {
            "token_embedding/embedding/embeddings",
            *(f"{cell}/{kind}" for cell in cells for kind in kinds),
            *score,
            "decoder/attention_layer/kernel",
        }


@every_variant
def test_padding_and_batch_mates_change_nothing(variant):
    model = made(variant)
    together = logits(model)
    alone = logits(model, SOURCE[1:, :2], TARGET[1:, :3])
    np.testing.assert_allclose(together[1:, :3], alone, atol=1e-5)
    assert np.abs(together).max() > 0.1


def test_a_target_position_sees_no_later_one():
    model, changed = made(), TARGET.copy()
    changed[:, 2:] = 9
    np.testing.assert_allclose(
        logits(model, target=changed)[:, :2], logits(model)[:, :2], atol=1e-5
    )


@every_variant
def test_step_by_step_equals_the_whole_sequence(variant):
    model = made(variant)
    whole = logits(model)
    cache = model.make_cache(SOURCE, max_length=7)
    for i in range(TARGET.shape[1]):
        output, cache = model.step(TARGET[:, i : i + 1], cache, lineage(i))
        np.testing.assert_allclose(as_numpy(output)[:, 0], whole[:, i], atol=1e-5)


@every_variant
def test_beams_that_cross_equal_their_histories_decoded_alone(variant):
    """Two beams: in step 2 both extend the second one, whose own parent was the first."""
    model = made(variant)
    tokens = np.array([[2, 2], [5, 7], [11, 13]], "int32")  # [step, beam]
    parents = np.array([[0, 1], [1, 0], [1, 1]])
    cache = model.make_cache(SOURCE, max_length=3, beams=2, coverage=True)
    histories = [[], []]
    for step in range(3):
        histories = [[*histories[p], tokens[step, beam]] for beam, p in enumerate(parents[step])]
        token_ids = np.broadcast_to(tokens[step], (2, 2))
        output, cache = model.step(token_ids, cache, lineage(step, [parents[step]] * 2))
    for beam in range(2):
        target = np.broadcast_to(np.array(histories[beam], "int32"), (2, 3))
        np.testing.assert_allclose(
            as_numpy(output)[:, beam], logits(model, target=target)[:, -1], atol=1e-5
        )
        weights = as_numpy(model.cross_attention({"source_ids": SOURCE, "target_ids": target}))
        coverage = np.where(SOURCE == 0, 1, weights[:, 0, 0].sum(1))
        np.testing.assert_allclose(as_numpy(cache["coverage"])[:, beam], coverage, atol=1e-5)


def test_cross_attention_is_that_of_one_layer_and_head():
    weights = as_numpy(made().cross_attention({"source_ids": SOURCE, "target_ids": TARGET}))
    assert weights.shape == (2, 1, 1, 4, 5)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    assert (weights[1, ..., 2:] == 0).all()


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("variant", "strategy"),
    [
        ("LSTM", Greedy()),
        pytest.param("monotonic", Beam(3, coverage_penalty=0.3), marks=pytest.mark.slow),
        pytest.param("two layers", Beam(3), marks=pytest.mark.slow),
    ],
)
def test_a_compiled_search_finds_the_same(variant, strategy):
    import tensorflow as tf

    model = made(variant)

    def search(source_ids):
        cache = model.make_cache(source_ids, 5, strategy.beams, coverage=strategy.beams > 1)
        batch_size = keras.ops.shape(source_ids)[0]
        return decode(model.step, cache, strategy, batch_size=batch_size, max_length=5)

    eager = search(SOURCE)
    unknown = tf.function(search, input_signature=[tf.TensorSpec((None, None), "int32")])
    for compiled in (unknown, tf.function(search, jit_compile=True)):
        found = compiled(tf.constant(SOURCE))
        np.testing.assert_array_equal(found.token_ids, eager.token_ids)
        np.testing.assert_allclose(found.scores, eager.scores, rtol=1e-4)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    model = made("monotonic", num_layers=2, scheduled_sampling=STAIRS, name="translator")
    before = logits(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(logits(loaded), before)
    assert loaded.get_config() == model.get_config()


def test_scheduled_sampling_takes_tokens_of_its_own_in_training_alone():
    model, changed = made(scheduled_sampling=0.999999), TARGET.copy()
    changed[:, 1:] = 9
    assert np.abs(logits(model, target=changed) - logits(model)).max() > 1e-3
    # Both targets begin alike, and with the same seeds the same tokens are drawn after that.
    state = as_numpy(model.seed_generator.state).copy()
    found = []
    for target in (TARGET, changed):
        model.seed_generator.state.assign(state)
        found.append(logits(model, target=target, training=True))
    np.testing.assert_allclose(*found, atol=1e-6)


def test_the_first_token_is_always_right():
    model = made(scheduled_sampling=0.999999)
    right = logits(model)
    np.testing.assert_allclose(logits(model, training=True)[:, 0], right[:, 0], atol=1e-5)
    drawn = [logits(model, training=True)[:, 1:] for _ in range(2)]
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3


def test_scheduled_sampling_follows_its_schedule():
    model = made(scheduled_sampling=STAIRS)
    right = logits(model)
    first, second = (logits(model, training=True) for _ in range(2))
    np.testing.assert_allclose(first, right, atol=1e-5)
    assert np.abs(second - right).max() > 1e-3
    assert [int(w) for w in model.non_trainable_weights if w.name == "step"] == [2]


def test_draws_each_token_as_often_as_the_softmax_says():
    probabilities = np.array([0.5, 0.2, 0.3])
    places = (np.arange(1000, dtype="float32")[:, None] + 0.5) / 1000
    rows = np.broadcast_to(np.log(probabilities).astype("float32"), (1000, 1, 3))
    counts = np.bincount(as_numpy(_drawn(rows, places)).ravel(), minlength=3)
    np.testing.assert_allclose(counts / 1000, probabilities, atol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [{"scheduled_sampling": 0.25, "normalizer": Monotonic(inference="expected")}, {}],
)
def test_learns_to_copy(arguments):
    """The whole model, trained: the last sign that no part of it is wired wrongly."""
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    copied = random.integers(4, VOCABULARY, size=(512, 3)).astype("int32")
    start = np.full((512, 1), 2, "int32")
    inputs = {"source_ids": copied, "target_ids": np.concatenate([start, copied[:, :-1]], axis=1)}
    model = RecurrentEncoderDecoder(VOCABULARY, d_model=32, dropout=0.0, **arguments)
    model.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(inputs, copied, epochs=20, batch_size=64, verbose=0)
    assert model.evaluate(inputs, copied, verbose=0, return_dict=True)["accuracy"] > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"d_model": 7}, "`d_model` must be even.*Received: d_model=7"),
        ({"cell": "rnn"}, "`cell`, expected one of 'lstm', 'gru'. Received: cell='rnn'"),
        ({"num_layers": 0}, "`num_layers`, expected a positive integer"),
        ({"scheduled_sampling": 1.5}, r"`scheduled_sampling`, expected a number in \[0, 1\)"),
    ],
)
def test_what_cannot_be(arguments, message):
    with pytest.raises(ValueError, match=message):
        RecurrentEncoderDecoder(VOCABULARY, **arguments)
