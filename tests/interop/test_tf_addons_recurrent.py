"""Recurrent attention beside TensorFlow Addons, whose answers are in a file, see `addons.py`."""

import keras
import numpy as np
import pytest
from interop.addons import CASES, Case

import keras_attention as ka

MECHANISMS = [
    name
    for name, case in CASES.items()
    if case["class_name"].endswith("Attention") and not name.startswith("multi")
]


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def plain(weights):
    """`wrapper/BahdanauAttention/attention_v:0` -> `attention_v`."""
    names = {name: name.removesuffix(":0").split("/") for name in weights}
    return {
        "/".join(parts[-2:] if parts[-2:-1] == ["memory_layer"] else parts[-1:]): weights[name]
        for name, parts in names.items()
    }


def parts_of(class_name, config, weights, query_dim):
    """Score and normaliser with the weights of a mechanism of theirs."""
    weights = plain(weights)
    memory_kernel = weights["memory_layer/kernel"]
    memory_dim, units = memory_kernel.shape
    if "Luong" in class_name:
        score = ka.Bilinear()
        ours = [memory_kernel * weights.get("attention_g", 1.0)]
    else:
        normalize = "attention_g" in weights
        score = ka.Additive(units, use_bias=normalize, normalize=normalize)
        names = ["kernel", "memory_layer/kernel", "attention_v", "attention_b", "attention_g"]
        ours = [weights[name] for name in names if name in weights]
    score.build((None, None, query_dim), (None, None, memory_dim))
    score.set_weights(ours)
    if "Monotonic" not in class_name:
        hard = config.get("probability_fn") == "hardmax"
        return score, ka.Hard() if hard else ka.Softmax()
    hard = config["mode"] == "hard"
    normalizer = ka.Monotonic(inference="hard" if hard else "expected")
    normalizer.build((None, None, None))
    normalizer.set_weights([weights["attention_score_bias"]])
    return score, normalizer


def mask_of(case):
    lengths = case.inputs.get("lengths", np.full(2, 7))
    return np.arange(7) < lengths[:, None]


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism(name):
    case = Case(name)
    queries, memory = case.inputs["queries"], case.inputs["memory"]
    parts = parts_of(case.class_name, case.config, case.weights, queries.shape[-1])
    layer = ka.AttentionCell(Echo(queries.shape[-1]), *parts)
    # The cell returns its inputs, so that they are the queries.
    context, weights = layer(queries, memory, mask_of(case), return_attention_scores=True)
    # Their parallel form divides by a product that is clipped at 1e-10.
    tolerance = 5e-3 if case.config.get("mode") == "parallel" else 1e-5
    np.testing.assert_allclose(as_numpy(weights), case.outputs["alignments"], atol=tolerance)
    np.testing.assert_allclose(as_numpy(context), case.outputs["context"], atol=tolerance)


class Echo(keras.layers.Layer):
    """A cell that returns the first of its inputs."""

    def __init__(self, units):
        super().__init__()
        self.state_size = units

    def get_initial_state(self, batch_size=None):
        return [keras.ops.zeros((batch_size, self.state_size))]

    def call(self, inputs, states):
        return inputs[:, : self.state_size], states


def wrapped(name):
    """Our cell with the weights of their AttentionWrapper, and what it begins with."""
    case, of_cell, of_mechanism = (Case(f"{name}{x}") for x in ("", "/cell", "/mechanism_0"))
    layer_weights = Case(f"{name}/attention_layer_0").weights
    described = case.config["cell"]
    cell = getattr(keras.layers, described["class_name"])(described["config"]["units"])
    (mechanism,) = case.config["mechanisms"]
    units, memory_dim = cell.units, case.inputs["memory"].shape[-1]
    parts = parts_of(mechanism["class_name"], mechanism["config"], of_mechanism.weights, units)
    layer = ka.AttentionCell(
        cell,
        *parts,
        attention_layer_size=case.config.get("attention_layer_size"),
        attention_layer_activation=None,
        output_attention=case.config.get("output_attention", True),
    )
    layer.build((None, None, units), (None, None, memory_dim))
    names = ("kernel", "recurrent_kernel", "bias")
    cell.set_weights([plain(of_cell.weights)[name] for name in names])
    if layer_weights:
        layer.attention_layer.set_weights([*layer_weights.values()])
    states = [x for name, x in sorted(case.inputs.items()) if name.startswith("cell_state")]
    return case, layer, states


@pytest.mark.parametrize("name", ["wrapper/lstm", "wrapper/gru", "wrapper/monotonic"])
def test_an_attention_wrapper(name):
    case, layer, cell_state = wrapped(name)
    inputs, memory = case.inputs["inputs"], case.inputs["memory"]
    output, weights = layer(inputs, memory, mask_of(case), cell_state, return_attention_scores=True)
    np.testing.assert_allclose(as_numpy(output), case.outputs["output"], atol=1e-5)
    np.testing.assert_allclose(as_numpy(weights), case.outputs["alignments"][:, :, 0], atol=1e-5)


def search(strategy, coverage=False):
    """Hypotheses of ours with the weights of their decoders, which have an output layer."""
    case, layer, cell_state = wrapped("decoders")
    inputs, mask = case.inputs, mask_of(case)
    kernel, bias = plain(Case("decoders/output_layer").weights).values()
    memory = layer.prepare(inputs["memory"], mask)
    state = {"cell": layer.initial_state(memory, cell_state, strategy.beams)}
    if coverage:
        state["coverage"] = ka.decoding.no_coverage(mask, strategy.beams)

    def step(token_ids, state, lineage):
        state = ka.reorder(state, lineage.parents)
        x = keras.ops.take(inputs["embedding"], token_ids, axis=0)
        output, cell = layer.step(x, state["cell"], memory)
        state = {**state, "cell": cell}
        if coverage:
            state["coverage"] = state["coverage"] + cell["alignment"]
        return keras.ops.matmul(output, kernel) + bias, state

    return ka.decode(
        step,
        state,
        strategy,
        batch_size=2,
        max_length=9,
        start_id=int(inputs["start_tokens"][0]),
        end_id=int(inputs["end_token"]),
    )


def test_the_greedy_decoder():
    found, theirs = search(ka.Greedy()), Case("decoders/greedy").outputs
    for ours, length, expected in zip(
        as_numpy(found.token_ids)[:, 0], theirs["lengths"], theirs["token_ids"], strict=True
    ):
        np.testing.assert_array_equal(ours[:length], expected[:length])


def test_the_training_decoder():
    case, layer, cell_state = wrapped("decoders")
    training = Case("decoders/training")
    kernel, bias = plain(Case("decoders/output_layer").weights).values()
    x = layer(training.inputs["inputs"], case.inputs["memory"], mask_of(case), cell_state)
    logits = as_numpy(x) @ kernel + bias
    np.testing.assert_allclose(logits, training.outputs["logits"], atol=1e-5)


@pytest.mark.parametrize("length_penalty", [0.0, 0.75])
@pytest.mark.parametrize("coverage_penalty", [0.0, 0.25])
def test_the_beam_search_decoder(length_penalty, coverage_penalty):
    """Theirs keeps finished hypotheses in its beams, so ours finds more; scores are the same."""
    theirs = Case(f"decoders/beam/length={length_penalty}/coverage={coverage_penalty}").outputs
    beam = ka.Beam(4, length_penalty, n_best=4, coverage_penalty=coverage_penalty)
    token_ids, lengths, scores = map(as_numpy, search(beam, coverage=coverage_penalty > 0))
    common = 0
    for entry in range(2):
        ours = {
            tuple(ids[: length + 1]): score
            for ids, length, score in zip(
                token_ids[entry], lengths[entry], scores[entry], strict=True
            )
        }
        assert scores[entry, 0] > theirs["scores"][entry, -1, 0] - 1e-5
        for beam in range(4):
            ids = tuple(theirs["token_ids"][entry, : theirs["lengths"][entry, beam], beam])
            if ids in ours:
                common += 1
                expected = theirs["scores"][entry, -1, beam]
                np.testing.assert_allclose(ours[ids], expected, rtol=1e-5)
    assert common >= 4
