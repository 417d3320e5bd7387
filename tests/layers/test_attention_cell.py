"""Recurrent attention against its equations, step by step in float64."""

import keras
import numpy as np
import pytest
from thinning import every_nth

import keras_attention as ka
from keras_attention import reorder

BATCH, LENGTH, K_LEN, FEATURES, UNITS, MEMORY, ATTENTION = 2, 5, 7, 3, 11, 13, 17
MASK = np.arange(K_LEN) < np.array([[7], [4]])

MECHANISMS = {
    "Bahdanau": lambda: {},
    "Luong": lambda: {"score": ka.Bilinear()},
    "monotonic": lambda: {"normalizer": ka.Monotonic(sigmoid_noise=1.0)},
    "location-aware": lambda: {"score": ka.LocationAware(5, filters=2, kernel_size=3)},
    "sparse": lambda: {"score": ka.Concat(5), "normalizer": ka.Entmax()},
}
CELLS = {
    "LSTM": lambda **arguments: keras.layers.LSTMCell(UNITS, name="lstm_cell", **arguments),
    "GRU": lambda **arguments: keras.layers.GRUCell(UNITS, **arguments),
    "a stack of one": lambda **arguments: keras.layers.StackedRNNCells(
        [keras.layers.LSTMCell(UNITS, **arguments)]
    ),
    "a stack": lambda **arguments: keras.layers.StackedRNNCells(
        [keras.layers.LSTMCell(19, **arguments), keras.layers.GRUCell(UNITS, **arguments)]
    ),
    "a cell of somebody": lambda: Accumulator(UNITS),
}
every_mechanism = pytest.mark.parametrize("mechanism", MECHANISMS)
every_cell = pytest.mark.parametrize("cell", CELLS)


class Accumulator(keras.layers.Layer):
    """A cell without the arguments that Keras' cells have, whose state is a single tensor."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.state_size, self.units = units, units
        self.dense = keras.layers.Dense(units, activation="tanh")

    def build(self, input_shape):
        self.dense.build(input_shape)

    def get_initial_state(self, batch_size=None):
        return [keras.ops.zeros((batch_size, self.units))]

    def call(self, inputs, states):
        total = 0.5 * states[0] + self.dense(inputs)
        return total, [total]


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.fixture
def inputs():
    return normal(BATCH, LENGTH, FEATURES)


@pytest.fixture
def memory():
    return normal(BATCH, K_LEN, MEMORY, seed=1)


def made(cell="LSTM", mechanism="Bahdanau", **arguments):
    layer = ka.AttentionCell(
        CELLS[cell](), **MECHANISMS[mechanism](), attention_layer_size=ATTENTION, **arguments
    )
    layer.build((None, None, FEATURES), (None, None, MEMORY))
    for i, weight in enumerate(layer.trainable_weights):
        weight.assign(normal(*weight.shape, seed=i) / 2)
    return layer


def weights_of(layer):
    """Float64 arrays by the last parts of their paths."""
    return {
        "/".join(weight.path.split("/")[-2:]): as_numpy(weight).astype("float64")
        for weight in layer.weights
    }


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(layer, inputs, memory):
    """Bahdanau's attention over an LSTM, Luong's input feeding: outputs and weights."""
    w = weights_of(layer)
    h, c = np.zeros((2, BATCH, UNITS))
    attention, outputs, alignments = np.zeros((BATCH, ATTENTION)), [], []
    for x in np.swapaxes(inputs, 0, 1):
        z = np.concatenate([x, attention], -1) @ w["lstm_cell/kernel"]
        z += h @ w["lstm_cell/recurrent_kernel"] + w["lstm_cell/bias"]
        i, f, g, o = np.split(z, 4, axis=-1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        hidden = (h @ w["additive/query_kernel"])[:, None] + memory @ w["additive/key_kernel"]
        scores = np.tanh(hidden + w["additive/bias"]) @ w["additive/vector"]
        weights = np.exp(scores - scores.max(-1, keepdims=True)) * MASK
        weights /= weights.sum(-1, keepdims=True)
        context = np.einsum("bk,bkd->bd", weights, memory)
        attention = np.tanh(np.concatenate([h, context], -1) @ w["attention_layer/kernel"])
        outputs.append(attention)
        alignments.append(weights)
    return np.stack(outputs, 1), np.stack(alignments, 1)


def test_equals_its_equations(inputs, memory):
    layer = made()
    output, weights = layer(inputs, memory, MASK, return_attention_scores=True)
    expected, expected_weights = reference(layer, inputs, memory)
    np.testing.assert_allclose(as_numpy(output), expected, atol=1e-5)
    np.testing.assert_allclose(as_numpy(weights), expected_weights, atol=1e-5)
    np.testing.assert_array_equal(as_numpy(layer(inputs, memory, MASK)), as_numpy(output))


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_gradient_equals_finite_differences(inputs, memory, jit_compile):
    import tensorflow as tf

    layer = made()
    direction = normal(BATCH, LENGTH, ATTENTION, seed=2).astype("float64")

    @tf.function(jit_compile=jit_compile)
    def gradients(inputs, memory):
        with tf.GradientTape() as tape:
            tape.watch([inputs, memory])
            output = layer(inputs, memory, tf.constant(MASK))
            loss = tf.reduce_sum(output * tf.constant(direction, "float32"))
        return tape.gradient(loss, [inputs, memory])

    ours = gradients(tf.constant(inputs), tf.constant(memory))
    arrays = [x.astype("float64") for x in (inputs, memory)]
    for i, gradient in enumerate(ours):
        shift = 1e-6 * normal(*arrays[i].shape, seed=3)
        moved = [
            [x + sign * shift if i == j else x for j, x in enumerate(arrays)] for sign in (1, -1)
        ]
        after, before = ((reference(layer, *x)[0] * direction).sum() for x in moved)
        np.testing.assert_allclose((gradient.numpy() * shift).sum() * 2, after - before, rtol=1e-4)


@pytest.mark.parametrize(
    ("cell", "mechanism"),
    [*((cell, "Bahdanau") for cell in CELLS), *(("a stack", name) for name in MECHANISMS)],
)
def test_step_by_step_equals_the_whole_sequence(cell, mechanism, inputs, memory):
    layer = made(cell, mechanism)
    whole, weights = layer(inputs, memory, MASK, return_attention_scores=True)
    prepared = layer.prepare(memory, MASK)
    state = layer.initial_state(prepared)
    for i in range(LENGTH):
        output, state = layer.step(inputs[:, i : i + 1], state, prepared)
        # Rounding grows from step to step, the more the steeper the normaliser.
        np.testing.assert_allclose(as_numpy(output)[:, 0], as_numpy(whole)[:, i], atol=1e-4)
        alignment = as_numpy(state["alignment"])[:, 0]
        np.testing.assert_allclose(alignment, as_numpy(weights)[:, i], atol=1e-4)


@every_mechanism
def test_beams_that_cross_equal_their_histories_alone(mechanism, memory):
    layer = made("a stack", mechanism)
    prepared = layer.prepare(memory, MASK)
    state = layer.initial_state(prepared, beams=2)
    x = normal(3, BATCH, 2, FEATURES)  # [step, batch, beam]
    parents = [[0, 1], [1, 0], [1, 1]]
    histories = [[], []]
    for step in range(3):
        histories = [[*histories[p], x[step, :, beam]] for beam, p in enumerate(parents[step])]
        state = reorder(state, np.array([parents[step]] * BATCH))
        output, state = layer.step(x[step], state, prepared)
    for beam in range(2):
        alone = layer(np.stack(histories[beam], axis=1), memory, MASK)
        np.testing.assert_allclose(as_numpy(output)[:, beam], as_numpy(alone)[:, -1], atol=1e-4)


@every_mechanism
def test_padded_memory_changes_nothing(mechanism, inputs, memory):
    layer = made(mechanism=mechanism)
    together = as_numpy(layer(inputs, memory, MASK))
    alone = as_numpy(layer(inputs[1:], memory[1:, :4]))
    np.testing.assert_allclose(together[1:], alone, atol=1e-5)


def test_a_memory_of_nothing_gives_an_empty_context(inputs, memory):
    layer = ka.AttentionCell(keras.layers.GRUCell(UNITS))
    output = layer(inputs, memory, np.zeros((BATCH, K_LEN), bool))
    np.testing.assert_array_equal(as_numpy(output), np.zeros((BATCH, LENGTH, MEMORY)))


@every_cell
def test_begins_with_the_state_that_it_is_given(cell, inputs, memory):
    layer = made(cell)
    prepared = layer.prepare(memory)
    state = layer.initial_state(prepared)
    _, state = layer.step(inputs[:, :1], state, prepared)
    cell_state = keras.tree.map_structure(lambda x: x[:, 0], state["cell"])
    other = as_numpy(layer(inputs, memory, cell_state=cell_state))
    assert np.abs(other - as_numpy(layer(inputs, memory))).max() > 1e-3
    fresh = layer.initial_state(prepared, cell_state)
    output, _ = layer.step(inputs[:, :1], fresh, prepared)
    np.testing.assert_allclose(as_numpy(output)[:, 0], other[:, 0], atol=1e-6)


def test_without_attention_layer_and_with_the_output_of_the_cell(inputs, memory):
    context, hidden = (
        ka.AttentionCell(keras.layers.LSTMCell(UNITS), output_attention=output_attention)
        for output_attention in (True, False)
    )
    output, weights = context(inputs, memory, return_attention_scores=True)
    np.testing.assert_allclose(as_numpy(output), as_numpy(weights) @ memory, atol=1e-5)
    assert hidden(inputs, memory).shape == (BATCH, LENGTH, UNITS)


@pytest.mark.parametrize("cell", ["LSTM", "GRU", "a stack of one", "a stack"])
def test_a_cell_with_dropout_drops_the_same_in_all_steps_of_a_call(cell, memory):
    rates = {"dropout": 0.5, "recurrent_dropout": 0.5}
    layer = ka.AttentionCell(CELLS[cell](**rates), output_attention=False)
    # The inputs are the same in all steps and the state is forgotten, so that only masks differ.
    inputs = np.repeat(normal(BATCH, 1, FEATURES), LENGTH, axis=1)
    layer.build(inputs.shape, memory.shape)
    for weight in layer.cell.trainable_weights:
        if "recurrent" in weight.path or "bias" in weight.path:
            weight.assign(keras.ops.zeros(weight.shape))
    layer.score.vector.assign(keras.ops.zeros(layer.score.vector.shape))
    first, second = (as_numpy(layer(inputs, memory, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 1e-3
    plain, again = (as_numpy(layer(inputs, memory)) for _ in range(2))
    np.testing.assert_array_equal(plain, again)


@pytest.mark.tensorflow
@pytest.mark.parametrize("mechanism", every_nth(3, MECHANISMS))
def test_compiled_equals_eager(mechanism, inputs, memory):
    import tensorflow as tf

    layer = made("a stack", mechanism)

    def value_and_gradient(inputs, memory, mask):
        with tf.GradientTape() as tape:
            tape.watch([inputs, memory])
            output = layer(inputs, memory, mask)
            loss = tf.reduce_sum(tf.sin(output))
        return output, *tape.gradient(loss, [inputs, memory])

    arguments = [tf.constant(x) for x in (inputs, memory, MASK)]
    unknown = [tf.TensorSpec([None, None, *x.shape[2:]], x.dtype) for x in arguments]
    graph = tf.function(value_and_gradient, input_signature=unknown)
    eager = value_and_gradient(*arguments)
    for compiled in (graph, tf.function(value_and_gradient, jit_compile=True)):
        for ours, expected in zip(compiled(*arguments), eager, strict=True):
            np.testing.assert_allclose(ours, expected, atol=1e-4)


@every_mechanism
def test_half_precision_is_near_float32(mechanism, inputs, memory):
    expected = as_numpy(made(mechanism=mechanism)(inputs, memory))
    output = made(mechanism=mechanism, dtype="mixed_bfloat16")(inputs, memory)
    assert keras.backend.standardize_dtype(output.dtype) == "bfloat16"
    if mechanism != "monotonic":  # whose choices jump
        output = as_numpy(keras.ops.cast(output, "float32"))
        assert np.abs(output - expected).mean() < 0.05 * np.abs(expected).max()


def test_noise_is_drawn_in_training_alone(inputs, memory):
    layer = made(mechanism="monotonic")
    plain, again, first, second = (
        as_numpy(layer(inputs, memory, training=training))
        for training in (False, False, True, True)
    )
    np.testing.assert_array_equal(plain, again)
    assert np.abs(first - second).max() > 1e-3


def test_what_is_no_cell():
    with pytest.raises(ValueError, match="`cell` must be a recurrent cell of Keras"):
        ka.AttentionCell(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="`score` must be a value of a subclass of `Score`"):
        ka.AttentionCell(keras.layers.LSTMCell(3), score="luong")
    with pytest.raises(ValueError, match="`attention_layer_size`, expected a positive integer"):
        ka.AttentionCell(keras.layers.LSTMCell(3), attention_layer_size=0)
