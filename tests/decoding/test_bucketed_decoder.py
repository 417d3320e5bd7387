import logging

import keras
import numpy as np
import pytest
from keras import ops

from keras_attention.decoding import BucketedDecoder, Greedy, Hypotheses, decode

END = 3


def echo(source_ids, limits):
    """Hypotheses that repeat the source up to its padding or the limit, at twice the length."""
    batch, length = source_ids.shape
    max_length = 2 * length
    padded = ops.pad(source_ids, [[0, 0], [0, length]])

    def step(token_ids, state, lineage):
        wanted = ops.take(state, lineage.index, axis=1)
        wanted = ops.where(wanted == 0, END, wanted)
        return 50.0 * ops.one_hot(wanted, 97)[:, None], state

    return decode(step, padded, Greedy(), batch_size=batch, max_length=max_length, limits=limits)


def sentences(count, longest, seed=97):
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, longest + 1, size=count)
    return [generator.integers(4, 97, size=length) for length in lengths]


def texts(hypotheses):
    return [
        token_ids[0, : length[0]].tolist()
        for token_ids, length in zip(hypotheses.token_ids, hypotheses.lengths, strict=True)
    ]


def test_a_thousand_mixed_sentences_cause_at_most_eight_compilations(caplog):
    traces = []

    def function(source_ids, limits):
        traces.append(source_ids.shape)
        return echo(source_ids, limits)

    decoder = BucketedDecoder(function)
    inputs = sentences(1000, 128)
    with caplog.at_level(logging.INFO, "keras_attention.decoding"):
        hypotheses = decoder(inputs)
    assert texts(hypotheses) == [x.tolist() for x in inputs]
    assert decoder.compilations == len(traces) == len(set(traces)) <= 8
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == decoder.compilations
    assert messages[0].startswith("Compiled for batches of 32 inputs of length 128")
    assert messages[-1].endswith(f"(compilation {decoder.compilations})")

    for count in (1, 7, 31, 32, 33):  # whatever is asked afterwards
        assert texts(decoder(inputs[:count])) == [x.tolist() for x in inputs[:count]]
    assert decoder.compilations == len(traces) <= 8


def calls_of(decoder, inputs, limits=None):
    """The shapes, limits and rows that the function of the decoder was called with."""
    calls = []

    def function(inputs, limits):
        calls.append((ops.convert_to_numpy(inputs), ops.convert_to_numpy(limits)))
        batch = inputs.shape[0]
        return Hypotheses(
            ops.zeros((batch, 1, 1), "int32"), ops.zeros((batch, 1), "int32"), ops.zeros((batch, 1))
        )

    decoder._run = function
    decoder(inputs, limits)
    return calls


def test_similar_lengths_share_a_batch_and_missing_rows_have_nothing_to_do():
    decoder = BucketedDecoder(echo, lengths=(7, 3, 5), batch_sizes=(2, 3), pad_id=1)
    inputs = [[11] * n for n in (2, 7, 4, 6, 1)]
    (first, first_limits), (rest, rest_limits) = calls_of(decoder, inputs, [13, 17, 19, 23, 29])
    assert first.tolist() == [[11] * 7, [11] * 6 + [1], [11] * 4 + [1] * 3]
    assert first_limits.tolist() == [17, 23, 19]
    assert rest.tolist() == [[11, 11, 1], [11, 1, 1]]
    assert rest_limits.tolist() == [13, 29]

    ((padded, limits),) = calls_of(BucketedDecoder(echo, lengths=(5,), batch_sizes=(3,)), [[11]])
    assert padded.tolist() == [[11, 0, 0, 0, 0], [0] * 5, [0] * 5]
    assert limits[0] > 10**9
    assert limits[1:].tolist() == [0, 0]


def test_order_limits_and_lengths_are_restored():
    decoder = BucketedDecoder(echo, lengths=(3, 7), batch_sizes=(2,))
    inputs = sentences(11, 7)
    limits = np.arange(1, 12) % 5 + 1
    hypotheses = decoder(inputs, limits)
    expected = [x[:limit].tolist() for x, limit in zip(inputs, limits, strict=True)]
    assert texts(hypotheses) == expected
    assert hypotheses.token_ids.shape == (11, 1, 14)
    assert hypotheses.lengths.shape == hypotheses.scores.shape == (11, 1)
    assert isinstance(hypotheses.scores, np.ndarray)


def test_features_of_frames():
    def count_frames(frames, limits):
        present = ops.sum(ops.cast(ops.any(frames != 0, axis=-1), "int32"), axis=-1)
        return Hypotheses(present[:, None, None], present[:, None], ops.zeros((2, 1)))

    decoder = BucketedDecoder(count_frames, lengths=(5, 11), batch_sizes=(2,))
    hypotheses = decoder([np.ones((n, 3)) for n in (2, 11, 5)])
    assert hypotheses.lengths[:, 0].tolist() == [2, 11, 5]
    assert decoder.compilations == 2


def test_no_inputs_give_no_hypotheses_and_compile_nothing():
    decoder = BucketedDecoder(echo)
    assert [len(x) for x in decoder([])] == [0, 0, 0]
    assert decoder.compilations == 0


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_constants_are_compiled_in(jit_compile):
    bonus = keras.Variable(np.full(97, 1.0, "float32"))

    def function(source_ids, limits):
        def step(token_ids, state, lineage):
            return ops.broadcast_to(bonus.value, (1, 1, 97)), state

        return decode(step, (), Greedy(), batch_size=1, max_length=1, limits=limits)

    frozen = BucketedDecoder(function, jit_compile=jit_compile, constants=[bonus])
    live = BucketedDecoder(function, jit_compile=jit_compile)
    assert texts(frozen([[5]])) == texts(live([[5]])) == [[0]]
    bonus.assign(np.arange(97))
    assert texts(frozen([[5]])) == [[0]]
    assert texts(live([[5]])) == [[96]]


@pytest.mark.parametrize("name", ["lengths", "batch_sizes"])
@pytest.mark.parametrize("sizes", [(), (0, 3)])
def test_sizes_must_be_positive(name, sizes):
    with pytest.raises(ValueError, match=f"`{name}` must be positive integers. Received"):
        BucketedDecoder(echo, **{name: sizes})


def test_wrong_inputs_are_refused():
    decoder = BucketedDecoder(echo, lengths=(3, 5))
    with pytest.raises(ValueError, match=r"longer than the last of `lengths`, 5.*input 1 of len"):
        decoder([[7], [7] * 6])
    with pytest.raises(ValueError, match=r"must agree.*as input 1, float32 \(1,\)"):
        decoder([[7], [7.5]])
    with pytest.raises(ValueError, match=r"must agree.*as input 1, int32 \(1, 1\)"):
        decoder([[7], [[7]]])
    with pytest.raises(
        ValueError, match=r"one limit for each input\. Received: 1 limits, 2 inputs"
    ):
        decoder([[7], [7]], [3])
