"""Keras' own tests of its attention layers, run against ours."""

import importlib
import types
import unittest

import keras
import pytest

from keras_attention.layers import (
    AdditiveAttention,
    Attention,
    GroupQueryAttention,
    MultiHeadAttention,
)

COMPUTES_ATTENTION = {
    "test_causal_only_skipped_for_subclass": "overrides the private method `_compute_attention`",
    "test_compute_attention_combines_causal_and_explicit_mask_fused_fallback": (
        "calls the private method `_compute_attention`"
    ),
    "test_compute_attention_combines_causal_and_explicit_mask_manual_path": (
        "calls the private method `_compute_attention`"
    ),
}
CALCULATES_SCORES = {
    "test_attention_calculate_scores_with_scale": "calls the private method `_calculate_scores`",
    **dict.fromkeys(
        (
            "test_attention_calculate_score_mask_no_causal_no_vmask",
            "test_attention_calculate_score_mask_with_causal_no_vmask",
            "test_attention_calculate_score_mask_with_causal_and_vmask",
        ),
        "calls the private method `_calculate_score_mask`",
    ),
}
# File of Keras -> the name of the layer in it, ours, and the tests that need private attributes.
FILES = {
    "attention_test": ("Attention", Attention, CALCULATES_SCORES),
    "additive_attention_test": ("AdditiveAttention", AdditiveAttention, {}),
    "grouped_query_attention_test": (
        "GroupedQueryAttention",
        GroupQueryAttention,
        COMPUTES_ATTENTION,
    ),
    "multi_head_attention_test": ("MultiHeadAttention", MultiHeadAttention, COMPUTES_ATTENTION),
}
# Tests that Keras itself skips on TensorFlow; they run with our suite on JAX.
NO_FLASH_KERNEL = {"test_basics_with_flash_attention", "test_flash_attention_with_errors"}


class _LayersWithOurs(types.SimpleNamespace):
    """`keras.layers` with our class in the place of Keras'."""

    def __getattr__(self, name):
        return getattr(keras.layers, name)


def _keras_tests():
    """Keras' tests of our classes, by file and name; those that we except, the same way."""
    tests, excepted = {}, set()
    for file, (name_in_keras, layer, exceptions) in FILES.items():
        module = importlib.import_module(f"keras.src.layers.attention.{file}")
        module.layers = _LayersWithOurs(**{name_in_keras: layer})
        cls = getattr(module, f"{name_in_keras}Test")
        names = unittest.TestLoader().getTestCaseNames(cls)
        tests |= {(file, name): cls(name) for name in names}
        excepted |= {(file, name) for name in exceptions}
        if keras.backend.backend() == "tensorflow":
            excepted |= {(file, name) for name in names if name in NO_FLASH_KERNEL}
    return tests, excepted


KERAS_TESTS, EXCEPTED = _keras_tests()
# Save, load and train again, for half a minute together.
LONG = {"test_lora", "test_quantize_int8"}


def test_there_are_tests_and_each_exception_is_one_of_them():
    assert len(KERAS_TESTS) > 100
    assert {file for file, _ in KERAS_TESTS} == set(FILES)
    assert set(KERAS_TESTS) >= EXCEPTED


# What Keras warns of in its own tests: names of inputs, an optimizer that a file does not hold.
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning")
@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict:UserWarning")
@pytest.mark.parametrize(
    ("file", "name"),
    [
        pytest.param(file, name, marks=[pytest.mark.slow] * (name in LONG))
        for file, name in sorted(set(KERAS_TESTS) - EXCEPTED)
    ],
)
def test_as_keras_does(file, name):
    result = unittest.TestResult()
    KERAS_TESTS[file, name].run(result)
    for _, traceback in result.failures + result.errors:
        pytest.fail(traceback)
    assert not result.skipped
