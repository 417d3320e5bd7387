import numpy as np
import pytest
from decoding.mock_models import CachedModel
from keras import ops

from keras_attention.decoding import Beam, Greedy, decode, reorder


def test_reorder_gathers_rows_of_every_tensor():
    generator = np.random.default_rng(61)
    state = {"a": generator.normal(size=(3, 5)), "b": [generator.integers(97, size=(3, 5, 2, 7))]}
    parents = generator.integers(5, size=(3, 4))
    moved = reorder(state, parents)
    for x, y in ((state["a"], moved["a"]), (state["b"][0], moved["b"][0])):
        expected = np.stack([x[entry, parents[entry]] for entry in range(3)])
        np.testing.assert_allclose(ops.convert_to_numpy(y), expected, rtol=1e-6)


@pytest.mark.tensorflow  # whose eager loop lets the step look at values
@pytest.mark.parametrize("strategy", [Greedy(), Beam(width=3, n_best=3)])
def test_ancestors_and_parents_tell_the_same_history(strategy):
    model = CachedModel(batch=5, max_length=7, vocabulary=11, seed=67)
    beams, histories, slots = strategy.beams, [], []

    def step(token_ids, state, lineage):
        parents = np.array(lineage.parents)
        token_ids, index = np.array(token_ids), int(lineage.index)
        own = np.broadcast_to(index * beams + np.arange(beams), (5, beams))[..., None]
        history = token_ids[..., None]
        if index:
            before = parents[..., None]
            history = np.concatenate([np.take_along_axis(histories[-1], before, 1), history], 2)
            own = np.concatenate([np.take_along_axis(slots[-1], before, 1), own], 2)
        histories.append(history)
        slots.append(own)
        expected = np.zeros((5, beams, 7 * beams), bool)
        np.put_along_axis(expected, own, True, axis=2)
        np.testing.assert_array_equal(np.array(lineage.ancestors), expected)
        return model.step(ops.array(token_ids), state, lineage)

    hypotheses = decode(step, model.state(beams), strategy, batch_size=5, max_length=7, end_id=-1)
    assert len(histories) == 7
    # Every hypothesis but its last token is the history of a beam of the last step.
    for entry in range(5):
        for token_ids in np.array(hypotheses.token_ids[entry]):
            assert [2, *token_ids[:-1]] in histories[-1][entry].tolist()
