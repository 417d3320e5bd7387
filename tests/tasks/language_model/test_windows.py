import numpy as np
import pytest

from tasks.language_model.windows import Windowing, held_out_windows, training_windows

pytestmark = pytest.mark.tensorflow

IDS = np.arange(4, 4 + 101, dtype=np.int32)
WINDOWING = Windowing(length=7, batch_size=3)


def rows_of(dataset):
    token_ids, labels = zip(*dataset.as_numpy_iterator(), strict=True)
    return np.concatenate(token_ids), np.concatenate(labels)


def test_labels_are_pieces_of_the_text_and_inputs_one_place_behind():
    token_ids, labels = rows_of(training_windows(IDS, WINDOWING))

    np.testing.assert_array_equal(labels, labels[:, :1] + np.arange(7))
    assert {*labels.ravel()} <= {*IDS}
    np.testing.assert_array_equal(token_ids[:, 0], 2)
    np.testing.assert_array_equal(token_ids[:, 1:], labels[:, :-1])


def test_an_epoch_has_no_unit_twice_and_all_batches_one_shape():
    dataset = training_windows(IDS, WINDOWING)
    shapes = {labels.shape for _, labels in dataset.as_numpy_iterator()}
    _, labels = rows_of(dataset)

    assert shapes == {(3, 7)}
    assert len(labels) == 3 * int(dataset.cardinality()) == 12
    assert len({*labels.ravel()}) == labels.size


def test_epochs_differ_and_a_resumed_run_has_the_same():
    dataset = training_windows(IDS, WINDOWING, seed=5)
    epochs = [rows_of(dataset)[1] for _ in range(5)]
    resumed = training_windows(IDS, WINDOWING, seed=5, first_epoch=3)

    assert len({labels.min() % 7 for labels in epochs}) > 1  # cut at other places
    np.testing.assert_array_equal(rows_of(resumed)[1], epochs[3])
    other = rows_of(training_windows(IDS, WINDOWING, seed=7))[1]
    assert not np.array_equal(other, epochs[0])


@pytest.mark.parametrize("size", [7, 8, 13, 14, 20, 21, 22])
def test_short_texts_have_all_their_cuts(size):
    windowing = Windowing(length=7, batch_size=5)
    dataset = training_windows(IDS[:size], windowing)
    _, labels = rows_of(dataset.repeat(60))

    assert {*labels.ravel()} == {*IDS[:size]}
    assert {*labels[:, 0]} >= {*IDS[: min(7, size - 6)]}


def test_a_text_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="at least the 7 units of a window. Received: 6 units"):
        training_windows(IDS[:6], WINDOWING)


@pytest.mark.parametrize("size", [1, 7, 20, 21, 101])
def test_held_out_windows_are_all_of_the_text_in_order(size):
    dataset = held_out_windows(IDS[:size], WINDOWING)
    token_ids, labels = rows_of(dataset)

    np.testing.assert_array_equal(labels[labels > 0], IDS[:size])
    assert len(labels) == -(-size // 7)
    np.testing.assert_array_equal(token_ids[:, 0], 2)
    assert int(dataset.cardinality()) == -(-len(labels) // 3)


@pytest.mark.parametrize("size", [1, 7, 8, 20, 101])
@pytest.mark.parametrize("context", [1, 3, 6])
def test_overlapping_windows_have_each_label_once_and_enough_before_it(size, context):
    token_ids, labels = rows_of(held_out_windows(IDS[:size], WINDOWING, context))

    np.testing.assert_array_equal(labels[labels > 0], IDS[:size])
    for seen, said in zip(token_ids, labels, strict=True):
        for place in np.flatnonzero(said):
            assert place >= min(context, said[place] - IDS[0])
            np.testing.assert_array_equal(
                seen[1 : place + 1], np.arange(said[place] - place, said[place])
            )


@pytest.mark.parametrize("context", [-1, 7])
def test_a_window_must_have_something_to_say(context):
    with pytest.raises(ValueError, match=f"from 0 to 6.*context={context}"):
        held_out_windows(IDS, WINDOWING, context)


@pytest.mark.parametrize("setting", ["length", "batch_size"])
def test_sizes_must_be_positive(setting):
    with pytest.raises(ValueError, match=f"{setting}=0"):
        Windowing(**{setting: 0})
