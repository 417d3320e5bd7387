import numpy as np
import pytest
from decoding import reference
from decoding.mock_models import MODELS, TableModel
from decoding.reference import few_examples, found, run
from hypothesis import given
from hypothesis import strategies as st

from keras_attention.decoding import Greedy


@few_examples
@given(
    model_class=st.sampled_from(MODELS),
    vocabulary=st.sampled_from([4, 7, 67]),
    limits=st.lists(st.integers(0, 7), min_size=5, max_size=5),
    end_bias=st.sampled_from([-2.0, 0.0, 3.0]),
    seed=st.integers(0, 10**6),
)
def test_equals_a_plain_loop(model_class, vocabulary, limits, end_bias, seed):
    model = model_class(5, 7, vocabulary, seed, end_bias)
    hypotheses = run(model, Greedy(), limits=limits)
    for entry, limit in enumerate(limits):
        if limit == 0:
            assert found(hypotheses, entry) == []
            continue
        expected = reference.greedy(model, entry, limit)
        ((token_ids, score),) = found(hypotheses, entry)
        assert token_ids == expected
        assert score == pytest.approx(reference.score(model, entry, expected), rel=1e-5)
        assert not hypotheses.token_ids[entry, 0, len(token_ids) :].any()


def test_shapes_and_types():
    hypotheses = run(TableModel(batch=3, max_length=5, vocabulary=7, seed=53), Greedy())
    assert [x.shape for x in hypotheses] == [(3, 1, 5), (3, 1), (3, 1)]
    assert [x.dtype.name for x in hypotheses] == ["int32", "int32", "float32"]


def test_an_entry_without_a_possible_token_ends_there_and_alone():
    model = TableModel(batch=3, max_length=5, vocabulary=7, seed=59)
    clean = run(model, Greedy(), end_id=-1)
    model.logits[0, 2] = -np.inf
    model.logits[1, 3] = np.nan
    hypotheses = run(model, Greedy(), end_id=-1)
    assert hypotheses.lengths[:, 0].tolist() == [2, 3, 5]
    assert hypotheses.scores[:2, 0].tolist() == [-np.inf, -np.inf]
    np.testing.assert_array_equal(hypotheses.token_ids[0, 0, :2], clean.token_ids[0, 0, :2])
    assert not hypotheses.token_ids[0, 0, 2:].any()
    np.testing.assert_array_equal(hypotheses.token_ids[2], clean.token_ids[2])
    np.testing.assert_array_equal(hypotheses.scores[2], clean.scores[2])


def test_the_pad_id_need_not_be_in_the_vocabulary():
    model = TableModel(batch=5, max_length=7, vocabulary=11, seed=61, end_bias=3.0)
    expected = run(model, Greedy())
    hypotheses = run(model, Greedy(), pad_id=97)
    past_the_end = np.arange(7) > hypotheses.lengths[:, :, None]
    assert past_the_end.any()
    assert (hypotheses.token_ids[past_the_end] == 97).all()
    kept = hypotheses.token_ids[~past_the_end], expected.token_ids[~past_the_end]
    np.testing.assert_array_equal(*kept)
