"""Keras' own tests of `MultiHeadAttention`, run against ours."""

import importlib
import types
import unittest

import keras
import pytest

from keras_attention.layers.multi_head_attention import MultiHeadAttention

# Tests of Keras' private attributes, which we do not have.
PRIVATE = {
    "test_causal_only_skipped_for_subclass": "overrides the private method `_compute_attention`",
    "test_compute_attention_combines_causal_and_explicit_mask_fused_fallback": (
        "calls the private method `_compute_attention`"
    ),
    "test_compute_attention_combines_causal_and_explicit_mask_manual_path": (
        "calls the private method `_compute_attention`"
    ),
}
# Tests that Keras itself skips on TensorFlow; they run with our suite on JAX.
NO_FLASH_KERNEL = {"test_basics_with_flash_attention", "test_flash_attention_with_errors"}


class _LayersWithOurs(types.SimpleNamespace):
    """`keras.layers` with our class in the place of Keras'."""

    MultiHeadAttention = MultiHeadAttention

    def __getattr__(self, name):
        return getattr(keras.layers, name)


def _keras_tests():
    module = importlib.import_module("keras.src.layers.attention.multi_head_attention_test")
    module.layers = _LayersWithOurs()
    names = unittest.TestLoader().getTestCaseNames(module.MultiHeadAttentionTest)
    return {name: module.MultiHeadAttentionTest(name) for name in names}


KERAS_TESTS = _keras_tests()
EXCEPTED = set(PRIVATE)
if keras.backend.backend() == "tensorflow":
    EXCEPTED |= NO_FLASH_KERNEL


def test_there_are_tests_and_each_exception_is_one_of_them():
    assert len(KERAS_TESTS) > 40
    assert set(KERAS_TESTS) >= set(PRIVATE) | NO_FLASH_KERNEL


# What Keras warns of in its own tests: names of inputs, an optimizer that a file does not hold.
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning")
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict:UserWarning")
@pytest.mark.parametrize("name", sorted(set(KERAS_TESTS) - EXCEPTED))
def test_as_keras_does(name):
    result = unittest.TestResult()
    KERAS_TESTS[name].run(result)
    for _, traceback in result.failures + result.errors:
        pytest.fail(traceback)
    assert not result.skipped
