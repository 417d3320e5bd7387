"""Recurrent decoders beside TensorFlow Addons', whose answers are in a file, see `addons.py`."""

import functools

import keras
import numpy as np
import pytest
from interop.addons import Case

from keras_attention.decoding import Beam, Greedy, decode, no_coverage, reorder
from keras_attention.interop import from_tf_addons
from keras_attention.layers import AttentionCell

CELLS = {"LSTMCell": keras.layers.LSTMCell, "GRUCell": keras.layers.GRUCell}
START_ID, MAX_LENGTH = 1, 9


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def attention_cell(name):
    """Ours for an AttentionWrapper of one mechanism, as the page for users of Addons says."""
    config = Case(name).config
    cell = CELLS[config["cell"]["class_name"]].from_config(config["cell"]["config"])
    mechanism = config["mechanisms"][0]
    attention = from_tf_addons(
        mechanism["class_name"], mechanism["config"], Case(f"{name}/mechanism_0").weights
    )
    ours = AttentionCell(
        cell,
        type(attention.score).from_config(attention.score.get_config()),
        type(attention.normalizer).from_config(attention.normalizer.get_config()),
        attention_layer_size=config.get("attention_layer_size"),
        attention_layer_activation=None,
        output_attention=config.get("output_attention", True),
    )
    ours.build((None, None, 5), (None, None, 11))
    cell.set_weights(list(Case(f"{name}/cell").weights.values()))
    ours.score.set_weights([weight[0] for weight in attention.score.get_weights()])
    ours.normalizer.set_weights([weight[0] for weight in attention.normalizer.get_weights()])
    if ours.attention_layer is not None:
        ours.attention_layer.set_weights(list(Case(f"{name}/attention_layer_0").weights.values()))
    return ours


def memory_of(case):
    memory, lengths = case.inputs["memory"], case.inputs["lengths"]
    states = [case.inputs[name] for name in sorted(case.inputs) if name.startswith("cell_state")]
    return memory, np.arange(memory.shape[1]) < lengths[:, None], states


@pytest.mark.parametrize("name", ["lstm", "gru", "monotonic"])
def test_attention_wrapper(name):
    case = Case(f"wrapper/{name}")
    memory, mask, cell_state = memory_of(case)
    output, weights = attention_cell(f"wrapper/{name}")(
        case.inputs["inputs"], memory, mask, cell_state, return_attention_scores=True
    )
    np.testing.assert_allclose(as_numpy(output), case.outputs["output"], atol=1e-5)
    expected = case.outputs["alignments"][:, :, 0]
    np.testing.assert_allclose(as_numpy(weights), expected, atol=1e-5)


class Decoder:
    """The cell, embedding and output layer of the recorded decoders, as a step of `decode`."""

    def __init__(self):
        self.case = Case("decoders")
        self.cell = attention_cell("decoders")
        layer = Case("decoders/output_layer").weights
        self.kernel, self.bias = layer["kernel:0"], layer["bias:0"]

    def logits(self, x):
        return keras.ops.matmul(x, self.kernel) + self.bias

    def search(self, strategy):
        memory, mask, cell_state = memory_of(self.case)
        prepared = self.cell.prepare(memory, mask)
        state = self.cell.initial_state(prepared, cell_state, strategy.beams)
        embedding = keras.ops.convert_to_tensor(self.case.inputs["embedding"])

        def step(token_ids, state, lineage):
            state = reorder(state, lineage.parents)
            x = keras.ops.take(embedding, token_ids, axis=0)
            x, new = self.cell.step(x, state["cell"], prepared)
            coverage = state["coverage"] + new["alignment"]
            return self.logits(x), {"cell": new, "coverage": coverage}

        return decode(
            step,
            {"cell": state, "coverage": no_coverage(mask, strategy.beams)},
            strategy,
            batch_size=2,
            max_length=MAX_LENGTH,
            start_id=START_ID,
            end_id=int(self.case.inputs["end_token"]),
        )


@functools.cache
def decoder():
    return Decoder()


def test_training_decoder():
    training = Case("decoders/training")
    memory, mask, cell_state = memory_of(decoder().case)
    x = decoder().cell(training.inputs["inputs"], memory, mask, cell_state)
    logits = as_numpy(decoder().logits(x))
    for i, length in enumerate(training.inputs["lengths"]):
        expected = training.outputs["logits"][i, :length]
        np.testing.assert_allclose(logits[i, :length], expected, atol=1e-5)


def without_end(token_ids, end_id=3):
    """The tokens of a hypothesis up to its end, and whether it has one."""
    ends = np.flatnonzero(token_ids == end_id)
    return tuple(token_ids[: ends[0]] if len(ends) else token_ids), len(ends) > 0


def test_greedy_decoder():
    found = as_numpy(decoder().search(Greedy()).token_ids)[:, 0]
    expected = Case("decoders/greedy").outputs["token_ids"]
    for ours, theirs in zip(found, expected, strict=True):
        assert without_end(ours) == without_end(theirs)


def hypotheses_of(case):
    """Theirs, `[batch, length, beams]`, in the order of the scores of the last step. The token ids
    that it returns are in another order where beams have changed places after the last end."""
    step_ids, parents = case.outputs["step_ids"], case.outputs["parents"]
    token_ids = np.empty_like(step_ids)
    beams = np.broadcast_to(np.arange(step_ids.shape[2]), step_ids.shape[::2])
    for t in reversed(range(step_ids.shape[1])):
        token_ids[:, t] = np.take_along_axis(step_ids[:, t], beams, axis=1)
        beams = np.take_along_axis(parents[:, t], beams, axis=1)
    return token_ids


@pytest.mark.parametrize("length_penalty", [0.0, 0.75])
@pytest.mark.parametrize("coverage_penalty", [0.0, 0.25])
def test_scores_of_hypotheses(length_penalty, coverage_penalty):
    """A hypothesis that both searches finish has the same score in both; a wide search of ours has
    all of theirs. They give a hypothesis that reaches its limit no coverage penalty."""
    case = Case(f"decoders/beam/length={length_penalty}/coverage={coverage_penalty}")
    found = decoder().search(Beam(97, length_penalty, 97, coverage_penalty))
    theirs, compared = hypotheses_of(case), 0
    for i in range(2):
        hypotheses = [without_end(x) for x in as_numpy(found.token_ids)[i]]
        scores = dict(zip(hypotheses, as_numpy(found.scores)[i], strict=True))
        for j in range(4):
            hypothesis = without_end(theirs[i, :, j])
            if hypothesis[1] or not coverage_penalty:
                expected = case.outputs["scores"][i, -1, j]
                np.testing.assert_allclose(scores[hypothesis], expected, atol=1e-5)
                compared += 1
    assert compared >= 4


@pytest.mark.parametrize("length_penalty", [0.0, 0.75])
def test_beam_search_without_coverage_penalty(length_penalty):
    """The best hypothesis is the same; the others differ where theirs keeps a finished one among
    those that it extends."""
    case = Case(f"decoders/beam/length={length_penalty}/coverage=0.0")
    theirs = hypotheses_of(case)
    found = decoder().search(Beam(4, length_penalty))
    for i, best in enumerate(as_numpy(found.token_ids)[:, 0]):
        assert without_end(best) == without_end(theirs[i, :, 0])
    expected = case.outputs["scores"][:, -1, 0]
    np.testing.assert_allclose(as_numpy(found.scores)[:, 0], expected, atol=1e-5)


@pytest.mark.parametrize("length_penalty", [0.0, 0.75])
def test_beam_search_with_coverage_penalty(length_penalty):
    """Theirs counts from the step after the last, so that it may drop what it has just finished:
    ours never does worse by the score of both."""
    case = Case(f"decoders/beam/length={length_penalty}/coverage=0.25")
    found = decoder().search(Beam(4, length_penalty, coverage_penalty=0.25))
    best = case.outputs["scores"][0, -1].max()  # all hypotheses of this entry are finished
    assert as_numpy(found.scores)[0, 0] >= best - 1e-5
