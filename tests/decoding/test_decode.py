"""What `decode` promises for every strategy: its checks, and where it can run."""

import numpy as np
import pytest
from decoding.mock_models import CachedModel, RecurrentModel
from decoding.reference import run
from keras import ops

from keras_attention.decoding import Beam, Greedy, Hypotheses, decode
from keras_attention.decoding.compilation import compiled_for

STRATEGIES = [Greedy(), Beam(width=3, n_best=2)]


def assert_equal(actual, expected):
    np.testing.assert_array_equal(actual.token_ids, expected.token_ids)
    np.testing.assert_array_equal(actual.lengths, expected.lengths)
    np.testing.assert_allclose(actual.scores, expected.scores, rtol=1e-5)


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("model_class", "strategy"),
    [(CachedModel, STRATEGIES[0]), (CachedModel, STRATEGIES[1]), (RecurrentModel, STRATEGIES[1])],
)
def test_eager_graph_and_xla_agree(model_class, strategy):
    import tensorflow as tf

    model = model_class(batch=5, max_length=7, vocabulary=67, seed=71, end_bias=2.0)
    expected = run(model, strategy)
    for jit_compile in (False, True):
        compiled = tf.function(
            lambda: decode(
                model.step, model.state(strategy.beams), strategy, batch_size=5, max_length=7
            ),
            jit_compile=jit_compile,
            autograph=False,
        )
        assert_equal(Hypotheses(*(x.numpy() for x in compiled())), expected)


def search_sums(strategy):
    """A function of a batch of sources of any size whose state depends on them."""
    table = np.random.default_rng(73).normal(scale=3, size=(101, 67)).astype("float32")

    def step(token_ids, state, lineage):
        history = ops.sum(ops.cast(lineage.ancestors, "int32"), axis=-1)
        rows = (token_ids * 7 + state["sums"][:, None] + history) % 101
        return ops.take(ops.convert_to_tensor(table), rows, axis=0), state

    def search(source_ids, limits):
        state = {"sums": ops.sum(source_ids, axis=1), "source_ids": source_ids}
        batch_size = ops.shape(source_ids)[0]
        return decode(step, state, strategy, batch_size=batch_size, max_length=5, limits=limits)

    return search


@pytest.mark.tensorflow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_trace_serves_every_batch_size_and_length(strategy, jit_compile, tmp_path):
    import tensorflow as tf

    search, traces, counts = search_sums(strategy), [], []

    def traced(source_ids, limits):
        traces.append(source_ids.shape.as_list())
        return search(source_ids, limits)._asdict()

    signature = [tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None], tf.int32)]
    module = tf.Module()
    module.search = tf.function(traced, signature, jit_compile=jit_compile, autograph=False)
    module.search.get_concrete_function()
    tf.saved_model.save(module, tmp_path / "model")
    loaded = tf.saved_model.load(tmp_path / "model")
    generator = np.random.default_rng(79)
    for batch, length in ((1, 3), (5, 2)):
        source_ids = generator.integers(97, size=(batch, length)).astype("int32")
        limits = generator.integers(6, size=batch).astype("int32")
        expected = search(ops.array(source_ids), ops.array(limits))
        arguments = tf.constant(source_ids), tf.constant(limits)
        assert_equal(Hypotheses(**module.search(*arguments)), expected)
        counts.append(len(traces))
    assert_equal(Hypotheses(**loaded.search(*arguments)), expected)
    assert counts[0] == counts[1]


@pytest.mark.tensorflow
def test_xla_compiles_the_search_into_no_sort_of_the_vocabulary():
    # A `top_k` that XLA does not recognise becomes a full sort, forty times slower.
    import tensorflow as tf

    beam = Beam(width=3, n_best=2)

    def step(token_ids, state, lineage):
        return ops.sin(ops.cast(token_ids[:, :, None] * ops.arange(1, 2004), "float32")), state

    def search():
        return decode(step, (), beam, batch_size=2, max_length=5)

    compiled = tf.function(search, jit_compile=True, autograph=False)
    assert_equal(compiled(), search())
    program = compiled.experimental_get_compiler_ir()(stage="optimized_hlo")
    sorts = [line for line in program.splitlines() if " sort(" in line]
    assert program.count('"TopK"') == 4
    assert [line.split(" = ")[1].split("{")[0] for line in sorts] == ["s32[2,6]"], "of six chunks"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_compiled_search_is_the_plain_one(strategy):
    model = CachedModel(batch=5, max_length=7, vocabulary=67, seed=89, end_bias=2.0)

    def search(limits):
        state = model.state(strategy.beams)
        return decode(model.step, state, strategy, batch_size=5, max_length=7, limits=limits)

    limits = np.array([7, 1, 5, 0, 3], "int32")
    arguments = (ops.array(limits),)
    assert_equal(compiled_for(arguments, search, True)(*arguments), search(*arguments))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_entries_with_nothing_to_do_cost_nothing(strategy):
    def step(token_ids, state, lineage):
        return ops.zeros((2, strategy.beams, 5)), state

    hypotheses = decode(step, (), strategy, batch_size=2, max_length=3, limits=[0, 0])
    assert not ops.convert_to_numpy(hypotheses.token_ids).any()


def test_a_strategy_must_be_one():
    with pytest.raises(ValueError, match=r"must be a value such as `Greedy\(\)`.*'beam'"):
        decode(None, (), "beam", batch_size=1, max_length=3)


@pytest.mark.parametrize("max_length", [0, 2.5, None])
def test_max_length_must_be_a_positive_integer(max_length):
    with pytest.raises(ValueError, match=r"`max_length` must be a positive integer. Received"):
        decode(None, (), Greedy(), batch_size=1, max_length=max_length)


@pytest.mark.parametrize("shape", [(2, 5), (2, 1, 5), (2, 3, 5, 7)])
def test_logits_of_a_wrong_shape_are_refused(shape):
    def step(token_ids, state, lineage):
        return ops.zeros(shape), state

    with pytest.raises(ValueError, match=r"\[batch, beams, vocabulary\] with beams=3.*Received"):
        decode(step, (), Beam(width=3), batch_size=2, max_length=3)
