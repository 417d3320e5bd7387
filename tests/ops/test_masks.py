import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_attention import ops

lengths = st.integers(1, 7)


@given(q_len=lengths, k_len=lengths, offset=st.integers(0, 5))
def test_causal(q_len, k_len, offset):
    mask = keras.ops.convert_to_numpy(ops.causal_mask(q_len, k_len, offset))
    expected = [[j <= i + offset for j in range(k_len)] for i in range(q_len)]
    np.testing.assert_array_equal(mask, expected)


@given(q_len=lengths, k_len=lengths, window=st.integers(1, 5), offset=st.integers(0, 5))
def test_window(q_len, k_len, window, offset):
    mask = keras.ops.convert_to_numpy(ops.window_mask(q_len, k_len, window, offset))
    expected = [[abs(i + offset - j) < window for j in range(k_len)] for i in range(q_len)]
    np.testing.assert_array_equal(mask, expected)


def test_window_must_be_positive():
    with pytest.raises(ValueError, match="`window` must be a positive integer. Received: window=0"):
        ops.window_mask(3, 3, 0)


def test_padding():
    mask = ops.padding_mask(np.array([[5, 0, 7], [0, 0, 0]]))
    np.testing.assert_array_equal(mask, [[True, False, True], [False] * 3])
    np.testing.assert_array_equal(ops.padding_mask(np.array([5, 1]), padding_id=1), [True, False])


def test_segments():
    mask = ops.segment_mask(np.array([[1, 2]]), np.array([[1, 1, 2]]))
    np.testing.assert_array_equal(mask, [[[True, True, False], [False, False, True]]])


def test_combine():
    left, right = np.array([[1, 1, 0]], bool), np.array([[1], [0]], bool)
    combined = ops.combine_masks(None, left, None, right)
    np.testing.assert_array_equal(combined, left & right)
    assert ops.combine_masks(None, None) is None
