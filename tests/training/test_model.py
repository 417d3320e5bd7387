"""`fit` gives the same numbers on one device and on two, compiled or not, whatever the split."""

import inspect
import sys

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow
tf = pytest.importorskip("tensorflow")

from training.runs import VOCABULARY, curve, make_model, sentences  # noqa: E402

from keras_attention.training import MaskedCrossEntropy, Model, make_strategy  # noqa: E402

ONE, TWO = "one_device", "mirrored"


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


def assert_same(run, other, rtol=2e-5):
    (history, weights), (other_history, other_weights) = run, other
    assert history.keys() == other_history.keys()
    for name in history:
        np.testing.assert_allclose(history[name], other_history[name], rtol=rtol, err_msg=name)
    np.testing.assert_allclose(weights, other_weights, rtol=50 * rtol, atol=50 * rtol)


@pytest.fixture(scope="module")
def reference():
    return curve(make_strategy(ONE), validate=True)


def test_the_strategies_have_one_and_two_replicas():
    assert make_strategy(ONE).num_replicas_in_sync == 1
    assert make_strategy(TWO).num_replicas_in_sync == 2


# 17 sentences in batches of 5: replicas of 3 and 2 with unequal lengths, then a last batch of 2.
@pytest.mark.parametrize(
    ("strategy", "settings"),
    [
        (TWO, {}),
        (TWO, dict(jit_compile=True, steps_per_execution=3)),
        slow(ONE, dict(jit_compile=True)),
        slow(ONE, dict(steps_per_execution=3)),
        slow(TWO, dict(run_eagerly=True)),
    ],
    ids=str,
)
def test_same_curve(reference, strategy, settings):
    assert_same(curve(make_strategy(strategy), validate=True, **settings), reference)


def test_an_empty_replica_counts_for_nothing():
    # 17 sentences in batches of 4: the last batch is one sentence, so one replica has none.
    one, two = (curve(make_strategy(name), batch_size=4) for name in (ONE, TWO))
    assert np.isfinite(one[1]).all()
    assert_same(two, one)


def test_a_batch_of_padding_only_changes_no_prediction():
    model = make_model(
        make_strategy(TWO), optimizer=lambda: keras.optimizers.SGD(1.0), regularizer=None
    )
    before = model.get_weights()
    nothing = np.zeros((4, 7), "int32")
    assert model.fit(nothing, nothing, verbose=0).history["loss"] == [0.0]
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: keras.optimizers.SGD(
            0.5, momentum=0.9, clipnorm=0.05, gradient_accumulation_steps=2
        ),
        slow(
            lambda: keras.optimizers.AdamW(
                0.02, weight_decay=0.1, global_clipnorm=0.1, use_ema=True, ema_overwrite_frequency=2
            )
        ),
    ],
    ids=["accumulate-clip", "decay-average-clip-all"],
)
def test_same_curve_with_every_part_of_an_optimizer(optimizer):
    one, two = (curve(make_strategy(name), optimizer=optimizer) for name in (ONE, TWO))
    assert_same(two, one)


@pytest.mark.parametrize(
    ("strategy", "policy", "jit_compile"),
    [
        (TWO, "mixed_bfloat16", False),
        slow(TWO, "mixed_float16", True),
        slow(ONE, "mixed_float16", False),
    ],
)
def test_mixed_precision(reference, strategy, policy, jit_compile):
    strategy = make_strategy(strategy)
    history, weights = curve(strategy, validate=True, policy=policy, jit_compile=jit_compile)
    for name in ("loss", "val_loss", "perplexity", "val_perplexity"):
        np.testing.assert_allclose(history[name], reference[0][name], rtol=2e-3, err_msg=name)
    assert np.abs(weights - reference[1]).mean() < 1e-3


@pytest.mark.parametrize("strategy", [slow(ONE), TWO])
def test_loss_scale_falls_and_rises(strategy):
    huge = 2.0**127  # the scaled gradients overflow, so this step must change nothing but the scale
    model = make_model(
        make_strategy(strategy),
        policy="mixed_float16",
        optimizer=lambda: keras.optimizers.LossScaleOptimizer(
            keras.optimizers.SGD(0.1), initial_scale=huge, dynamic_growth_steps=1
        ),
    )
    before = model.get_weights()
    model.train_on_batch(*sentences())
    assert model.optimizer.dynamic_scale.numpy() == huge / 2
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
    model.optimizer.dynamic_scale.assign(8.0)
    model.train_on_batch(*sentences())
    assert model.optimizer.dynamic_scale.numpy() == 16.0
    assert not np.array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize("strategy", [ONE, slow(TWO)])
def test_accumulation_equals_the_big_batch(strategy):
    # Batches with as many real tokens each: then the mean of two is the mean over both.
    ids, labels = (
        np.tile([[5, 7, 3, 0], [2, 0, 0, 0]], (6, 1)),
        np.tile([[1, 2, 3, 0], [4, 0, 0, 0]], (6, 1)),
    )
    weights = []
    for size, steps in ((12, None), (6, 2)):
        model = make_model(
            make_strategy(strategy),
            optimizer=lambda k=steps: keras.optimizers.SGD(0.5, gradient_accumulation_steps=k),
        )
        model.fit(ids, labels, batch_size=size, epochs=3, shuffle=False, verbose=0)
        weights.append(model.get_weights())
    for big, accumulated in zip(*weights, strict=True):
        np.testing.assert_allclose(accumulated, big, rtol=1e-4, atol=1e-6)


def keras_model():
    keras.utils.set_random_seed(5)
    return keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(5, kernel_regularizer="l2"),
            keras.layers.Dense(1),
        ]
    )


class Wrapped(Model):
    """The same graph of layers in our base."""

    def __init__(self):
        super().__init__()
        self.graph = keras_model()

    def call(self, x):
        return self.graph(x)


EXAMPLES = np.random.default_rng(3).normal(size=(17, 3)).astype("float32")
TARGETS = EXAMPLES.sum(axis=1, keepdims=True) > 0


@pytest.mark.parametrize(
    ("compiled", "fitted"),
    [
        (dict(loss="mse", metrics=["mae"]), {}),
        slow(dict(loss=keras.losses.BinaryCrossentropy(from_logits=True)), {}),
        (dict(loss="mse", weighted_metrics=["mae"]), dict(sample_weight=np.arange(17.0))),
        slow(dict(loss="mse"), dict(class_weight={0: 0.25, 1: 3.0})),
        slow(dict(loss=keras.losses.MeanSquaredError(reduction="sum")), {}),
        slow(
            dict(loss=keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")),
            dict(sample_weight=np.arange(17.0)),
        ),
    ],
    ids=["mse", "binary", "sample_weight", "class_weight", "sum", "weighted_mean"],
)
def test_equals_keras_on_one_device_and_itself_on_two(compiled, fitted):
    histories = []
    for make, strategy in ((keras_model, ONE), (Wrapped, ONE), (Wrapped, TWO)):
        with make_strategy(strategy).scope():
            model = make()
            model.compile(keras.optimizers.SGD(0.1), **compiled)
        fit = dict(batch_size=17, epochs=3, shuffle=False, verbose=0, **fitted)
        histories.append(model.fit(EXAMPLES, TARGETS.astype("float32"), **fit).history)
    for history in histories[1:]:
        assert history.keys() == histories[0].keys()
        for name in history:
            np.testing.assert_allclose(history[name], histories[0][name], rtol=1e-5, err_msg=name)


class TwoOutputs(Wrapped):
    def call(self, x):
        return {"one": self.graph(x), "two": 2 * self.graph(x)}


@pytest.mark.parametrize("strategy", [ONE, TWO])
def test_several_outputs_and_no_labels(strategy):
    with make_strategy(strategy).scope():
        several = TwoOutputs()
        several.compile("sgd", loss={"one": "mse", "two": "mae"})
        unlabelled = LossOfItsOwn()
        unlabelled.compile("sgd")
    targets = {"one": TARGETS, "two": TARGETS}
    losses = several.fit(EXAMPLES, targets, batch_size=5, epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]
    losses = unlabelled.fit(EXAMPLES, batch_size=5, epochs=2, verbose=0).history["loss"]
    assert losses[1] < losses[0]


class LossOfItsOwn(Wrapped):
    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        return keras.ops.mean(y_pred**2) / self.distribute_strategy.num_replicas_in_sync


def test_sample_weights_of_tokens():
    draw = np.random.default_rng(7)
    weights = draw.uniform(size=17).astype("float32")
    ids, labels = sentences()
    histories = []
    for name in (ONE, TWO):
        model = make_model(make_strategy(name), metrics=[])
        fit = dict(sample_weight=weights, batch_size=5, epochs=2, shuffle=False, verbose=0)
        histories.append(model.fit(ids, labels, **fit).history["loss"])
    np.testing.assert_allclose(histories[1], histories[0], rtol=1e-5)


def test_the_reported_loss_is_the_mean_over_all_tokens():
    ids, labels = sentences()
    model = make_model(make_strategy(TWO), loss=MaskedCrossEntropy(), regularizer=None)
    result = model.evaluate(ids, labels, batch_size=5, verbose=0, return_dict=True)
    expected = float(MaskedCrossEntropy()(labels, model(ids)))
    np.testing.assert_allclose(result["loss"], expected, rtol=1e-5)
    np.testing.assert_allclose(result["perplexity"], np.exp(expected), rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, slow(True)])
def test_predict(jit_compile):
    ids, _ = sentences()
    predictions = [
        make_model(make_strategy(name), jit_compile=jit_compile).predict(
            ids, batch_size=5, verbose=0
        )
        for name in (ONE, TWO)
    ]
    assert predictions[0].shape == (17, 7, VOCABULARY)
    np.testing.assert_allclose(predictions[1], predictions[0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("strategy", [ONE, slow(TWO)])
def test_batch_by_batch(strategy):
    model = make_model(make_strategy(strategy))
    ids, labels = sentences()
    first = model.train_on_batch(ids, labels, return_dict=True)
    second = model.test_on_batch(ids, labels, return_dict=True)
    assert second["loss"] < first["loss"]
    # Keras gives such a batch whole to every replica.
    assert model.labels_seen == (labels > 0).sum() * model.distribute_strategy.num_replicas_in_sync


def test_token_buckets_of_several_shapes_under_a_repeated_data_set():
    ids, labels = sentences(count=24)
    data = tf.data.Dataset.from_tensor_slices((ids, labels))
    short = data.batch(4).map(lambda x, y: (x[:, :5], y[:, :5]))
    data = short.concatenate(data.batch(5)).repeat()
    histories = [
        make_model(make_strategy(name))
        .fit(data, steps_per_epoch=7, epochs=2, shuffle=False, verbose=0)
        .history
        for name in (ONE, TWO)
    ]
    np.testing.assert_allclose(histories[1]["loss"], histories[0]["loss"], rtol=1e-5)


def test_replicas_draw_dropout_of_their_own():
    strategy = make_strategy(TWO)
    model = make_model(strategy, dropout=0.5)
    model.make_train_function()

    @tf.function
    def outputs():
        return strategy.run(lambda: model(tf.ones((1, 7), "int32"), training=True))

    for _ in range(2):  # and do not fall into step
        first, second = strategy.experimental_local_results(outputs())
        assert not np.allclose(first, second)
        model.make_train_function()


@pytest.mark.slow
def test_fit_may_be_called_inside_the_scope(reference):
    strategy = make_strategy(TWO)
    with strategy.scope():
        assert_same(curve(strategy, validate=True), reference)


def test_an_own_weight_of_replicas():
    class ByExample(Wrapped):
        def loss_weight(self, x, y, sample_weight):
            return 2 * keras.ops.shape(x)[0]

    with make_strategy(TWO).scope():
        model = ByExample()
        model.compile("sgd", "mse")
    model.fit(EXAMPLES, TARGETS, verbose=0)
    assert model.labels_seen == 34


def test_a_graph_of_layers_is_refused():
    x = keras.Input((3,))
    with pytest.raises(ValueError, match="is for subclasses"):
        Model(x, keras.layers.Dense(2)(x))


def test_saved_and_loaded(tmp_path):
    model = make_model(make_strategy(ONE))
    ids, labels = sentences()
    model.fit(ids, labels, verbose=0)
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(tmp_path / "exported")
    np.testing.assert_allclose(exported.serve(ids), model(ids), rtol=1e-5, atol=1e-6)


def test_canary_keras_private_method():
    """Fails on the day that Keras changes what `DistributedSteps` overrides."""
    advice = (
        "Keras has changed: see `_maybe_symbolic_build` in training/distributed_steps.py. It shows "
        "Keras the shapes of one replica's batch, without which fit fails under "
        "MultiWorkerMirroredStrategy. Adapt the override, or drop it if Keras needs it no more."
    )
    trainer = next(c for c in keras.Model.__mro__ if c.__name__ == "TensorFlowTrainer")
    method = getattr(trainer, "_maybe_symbolic_build", None)
    assert method is not None, advice
    assert list(inspect.signature(method).parameters) == ["self", "iterator", "data_batch"], advice
    for caller in ("fit", "evaluate"):
        call = "self._maybe_symbolic_build(iterator=epoch_iterator)"
        assert call in inspect.getsource(getattr(trainer, caller)), advice
    assert "_distributed_dataset" in inspect.getsource(sys.modules[trainer.__module__]), advice


NUMBERS = TARGETS.astype("float32")


class Counted(Model):
    """Two layers without a `build`; counts how often its training is traced."""

    def __init__(self):
        super().__init__()
        self.hidden, self.out = keras.layers.Dense(5), keras.layers.Dense(3)
        self.traces = 0

    def call(self, x, training=None):
        self.traces += bool(training)
        return self.out(self.hidden(x))


def compiled(strategy):
    with make_strategy(strategy).scope():
        model = Counted()
        model.compile("adam", "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize(("strategy", "replicas"), [(ONE, 1), (TWO, 2)])
def test_a_step_is_traced_once(strategy, replicas):
    """Nor is a batch taken from the data to see its shape: a generator cannot give it again."""
    given = []

    def examples():
        for i in range(4):
            given.append(i)
            yield EXAMPLES[:4], NUMBERS[:4]

    model = compiled(strategy)
    signature = (tf.TensorSpec((None, 3)), tf.TensorSpec((None, 1)))
    data = tf.data.Dataset.from_generator(examples, output_signature=signature)
    data = data.apply(tf.data.experimental.assert_cardinality(4))
    model.fit(data, shuffle=False, verbose=0)
    assert model.traces == replicas
    assert given == [0, 1, 2, 3]


def test_ragged_data_are_left_to_the_step():
    class OfRagged(Counted):
        def call(self, x, training=None):
            return super().call(x.to_tensor(shape=(None, 3)), training)

    model = OfRagged()
    model.compile("adam", "mse")
    x = tf.ragged.constant([[1.0], [2.0, 3.0], [4.0, 5.0, 6.0]])
    data = tf.data.Dataset.from_tensor_slices((x, NUMBERS[:3])).batch(3)
    assert np.isfinite(model.fit(data, shuffle=False, verbose=0).history["loss"]).all()
