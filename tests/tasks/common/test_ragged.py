"""Sequences of different lengths, against plain lists."""

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tasks.common.ragged import Ragged

ROWS = st.lists(st.lists(st.integers(1, 97), max_size=7), min_size=1, max_size=13)


def lists(ragged):
    return [
        ragged.values[a:b].tolist() for a, b in zip(ragged.starts, ragged.starts[1:], strict=False)
    ]


@given(rows=ROWS, data=st.data())
def test_it_holds_takes_and_pads(rows, data):
    ragged = Ragged.from_lists(rows)
    assert lists(ragged) == rows
    assert ragged.values.dtype == np.int32
    assert ragged.lengths.tolist() == [len(row) for row in rows]
    numbers = data.draw(st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=11))
    assert lists(ragged.take(np.array(numbers))) == [rows[i] for i in numbers]
    dense = ragged.dense(np.array(numbers), rows=len(numbers) + 2, length=8)
    expected = [rows[i] + [0] * (8 - len(rows[i])) for i in numbers] + [[0] * 8] * 2
    assert dense.tolist() == expected
    assert dense.dtype == np.int32


@given(rows=ROWS, data=st.data())
def test_it_chooses_between_two(rows, data):
    other = data.draw(
        st.lists(st.lists(st.integers(1, 97)), min_size=len(rows), max_size=len(rows))
    )
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    chosen = Ragged.from_lists(rows).where(np.array(keep), Ragged.from_lists(other))
    assert lists(chosen) == [a if k else b for k, a, b in zip(keep, rows, other, strict=True)]


def test_it_is_made_of_a_tensor():
    assert lists(Ragged.of(tf.ragged.constant([[3, 5], [], [7]], tf.int32))) == [[3, 5], [], [7]]
