"""Ours beside TensorFlow Addons, whose answers are in a file, see `addons.py`."""

import ast
import inspect
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from interop.addons import CASES, NAMES, Case

import keras_attention
from keras_attention.interop import from_tf_addons
from keras_attention.ops import hard_weights, monotonic_weights, sparsemax_weights
from keras_attention.training import MaskedCrossEntropy


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


@pytest.mark.parametrize("name", ["whole", "masked", "without_bias"])
def test_multi_head_attention(name):
    case = Case(f"multi_head_attention/{name}")
    layer = from_tf_addons(case.class_name, case.config, case.weights)
    output, weights = layer(
        *(case.inputs[name] for name in ("query", "value", "key")),
        attention_mask=case.inputs.get("mask"),
        return_attention_scores=True,
    )
    np.testing.assert_allclose(as_numpy(output), case.outputs["output"], atol=1e-5)
    np.testing.assert_allclose(as_numpy(weights), case.outputs["weights"], atol=1e-5)
    assert layer.name == case.config["name"]


MECHANISMS = [name for name in CASES if name.startswith(("bahdanau", "luong"))]


@pytest.mark.parametrize("name", MECHANISMS)
def test_attention_mechanisms(name):
    case = Case(name)
    layer = from_tf_addons(case.class_name, case.config, case.weights)
    memory, lengths = case.inputs["memory"], case.inputs.get("lengths")
    real = None if lengths is None else np.arange(memory.shape[1]) < lengths[:, None]
    context, weights = layer(
        [case.inputs["queries"], memory], mask=[None, real], return_attention_scores=True
    )
    assert layer.name == case.config["name"]
    weights, expected = as_numpy(weights), case.outputs["alignments"]
    exact = np.ones_like(expected, bool)
    if case.config.get("mode") == "parallel":
        exact = without_clipping(layer, case.inputs["queries"], memory, real)
        assert exact.mean() > 0.9
    np.testing.assert_allclose(weights[exact], expected[exact], atol=1e-5)
    if exact.all():
        np.testing.assert_allclose(as_numpy(context), case.outputs["context"], atol=1e-5)


def without_clipping(layer, queries, memory, real):
    """Where the mode "parallel" is exact: up to the key where the probability of having gone by all
    keys falls below 1e-10, by which it does not divide; in this and all queries before."""
    scores = as_numpy(layer.score(queries[:, None], memory[:, None]))[:, 0]
    goes_by = 1 / (1 + np.exp(scores + as_numpy(layer.normalizer.score_bias)))
    went_by = np.ones_like(goes_by)
    went_by[..., 1:] = np.cumprod(np.where(real[:, None], goes_by, 1.0), axis=-1)[..., :-1]
    return np.logical_and.accumulate(went_by >= 1e-10, axis=1)


def test_every_kind_of_mechanism_is_recorded():
    assert {CASES[name]["class_name"] for name in MECHANISMS} == {
        f"{name}{kind}Attention" for name in ("Bahdanau", "Luong") for kind in ("", "Monotonic")
    }


def test_settings_of_training_are_kept():
    case = Case("multi_head_attention/whole")
    kernel_regularizer = {
        "class_name": "L2",
        "config": {"l2": 0.25},
        "module": "keras.regularizers",
    }
    config = {
        **case.config,
        "dropout": 0.5,
        "kernel_regularizer": kernel_regularizer,
        "trainable": False,
    }
    layer = from_tf_addons(case.class_name, config, case.weights)
    assert layer.dropout == 0.5
    assert not layer.trainable_weights
    assert layer.query_dense.kernel_regularizer.get_config() == {"l2": 0.25}


def test_settings_of_a_mechanism_are_kept():
    case = Case("luong_monotonic/parallel")
    settings = {"sigmoid_noise": 0.5, "score_bias_init": -2.0, "sigmoid_noise_seed": 7}
    config = {**case.config, **settings, "trainable": False}
    layer = from_tf_addons(case.class_name, config, case.weights)
    normalizer = layer.normalizer
    assert not layer.trainable_weights
    assert normalizer.inference == "expected"
    assert (normalizer.sigmoid_noise, normalizer.score_bias_init, normalizer.seed) == (0.5, -2.0, 7)


def test_both_sides_of_a_mismatch():
    case = Case("multi_head_attention/whole")
    weights = {name.split("/")[-1]: value for name, value in case.weights.items()}
    weights["value_kernel:0"] = weights.pop("value_kernel:0")[:, :, :-1]
    weights["extra:0"] = weights.pop("query_kernel:0")
    with pytest.raises(ValueError, match="do not fit the configuration") as error:
        from_tf_addons(case.class_name, case.config, weights)
    assert "missing: query_kernel" in str(error.value)
    assert "unexpected: extra" in str(error.value)
    shapes = "the model has (3, 17, 5), the checkpoint (3, 17, 4)"
    assert f"wrong shape: value_kernel, {shapes}" in str(error.value)


def test_both_sides_of_a_mismatch_of_a_mechanism():
    case = Case("bahdanau/normalize")
    weights = {name.removeprefix("BahdanauAttention/"): v for name, v in case.weights.items()}
    weights["extra:0"] = weights.pop("memory_layer/kernel:0")
    weights["kernel:0"] = weights["kernel:0"][0]
    weights["attention_v:0"] = weights["attention_v:0"][:-1]
    with pytest.raises(ValueError, match="the configuration of BahdanauAttention") as error:
        from_tf_addons(case.class_name, case.config, weights)
    assert "missing: memory_layer/kernel" in str(error.value)
    assert "unexpected: extra" in str(error.value)
    assert "wrong shape: kernel, the model has (None, 5), the checkpoint (5,)" in str(error.value)
    assert "wrong shape: attention_v, the model has (5,), the checkpoint (4,)" in str(error.value)
    case = Case("luong_monotonic/hard")  # has no factor, but a bias
    weights = {name.replace("_score_bias", "_g"): value for name, value in case.weights.items()}
    with pytest.raises(ValueError, match="of LuongMonotonicAttention") as error:
        from_tf_addons(case.class_name, case.config, weights)
    assert "missing: attention_score_bias" in str(error.value)
    assert "unexpected: attention_g" in str(error.value)


def test_a_probability_function_without_counterpart():
    case = Case("luong/plain")
    config = {**case.config, "probability_fn": "of mine"}
    with pytest.raises(ValueError, match=r"probability_fn='of mine' .* one of: softmax, hardmax\."):
        from_tf_addons(case.class_name, config, case.weights)


def test_a_class_without_counterpart():
    with pytest.raises(ValueError, match=r"no counterpart of NoisyDense. Expected one of: Multi"):
        from_tf_addons("NoisyDense", {}, {})


def test_hardmax_and_sparsemax():
    for name, ours in (("hardmax", hard_weights), ("sparsemax", sparsemax_weights)):
        case = Case(name)
        result = ours(case.inputs["logits"])
        np.testing.assert_allclose(as_numpy(result), case.outputs["weights"], atol=1e-5)


@pytest.mark.parametrize("mode", ["parallel", "recursive", "hard"])
def test_monotonic_attention(mode):
    case = Case(f"monotonic_attention/{mode}")
    p, hard = case.inputs["probabilities"], mode == "hard"
    scores = p - 0.5 if hard else np.log(p) - np.log1p(-p)
    weights = monotonic_weights(scores, case.inputs["previous"], hard=hard)
    np.testing.assert_allclose(as_numpy(weights), case.outputs["alignments"], atol=1e-5)


def test_sparsemax_loss_in_one_line():
    case = Case("sparsemax_loss")
    z, y = case.inputs["logits"], case.inputs["labels"]
    p = as_numpy(sparsemax_weights(z))
    loss = 0.5 * (((y - z) ** 2).sum(axis=-1) - ((p - z) ** 2).sum(axis=-1))
    np.testing.assert_allclose(loss, case.outputs["loss"], atol=1e-5)


def test_sequence_loss():
    case = Case("sequence_loss")
    loss = MaskedCrossEntropy(padding_id=None)(
        case.inputs["labels"], case.inputs["logits"], sample_weight=case.inputs["weights"]
    )
    np.testing.assert_allclose(as_numpy(loss), case.outputs["loss"], atol=1e-5)


PAGE = (Path(__file__).parents[2] / "docs" / "from-tensorflow-addons.md").read_text("utf-8")


def test_the_page_tells_of_every_name():
    assert [name for name in NAMES if f"`tfa.{name}`" not in PAGE] == []


def test_names_of_ours_on_the_page_exist():
    """Those that stand in code, and the arguments that it gives them."""
    found = set()
    for block, span in re.findall(r"```python\n(.*?)```|`([^`\n]+)`", PAGE, re.DOTALL):
        try:
            tree = ast.parse((block or span).replace("…", "..."))
        except SyntaxError:
            continue  # not Python
        for node in ast.walk(tree):
            name = public_name(node.func if isinstance(node, ast.Call) else node)
            if name is None:
                continue
            assert name in keras_attention.__all__, name
            found.add(name)
            if isinstance(node, ast.Call):
                parameters = inspect.signature(getattr(keras_attention, name)).parameters
                assert {keyword.arg for keyword in node.keywords} <= parameters.keys(), name
    assert {"Attention", "Additive", "Monotonic", "monotonic_weights", "Beam"} <= found


def public_name(node):
    """What the code means by `keras_attention.name`, or a class called `Name`."""
    match node:
        case ast.Attribute(value=ast.Name(id="keras_attention"), attr=name):
            return name
        case ast.Name(id=name) if name[0].isupper():
            return name
    return None
