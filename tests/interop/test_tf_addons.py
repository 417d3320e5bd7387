"""Ours beside TensorFlow Addons, whose answers are in a file, see `addons.py`."""

from pathlib import Path

import keras
import numpy as np
import pytest
from interop.addons import NAMES, Case

from keras_attention.interop import from_tf_addons
from keras_attention.ops import hard_weights, sparsemax_weights
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


def test_settings_of_training_are_kept():
    case = Case("multi_head_attention/whole")
    kernel_regularizer = {
        "class_name": "L2",
        "config": {"l2": 0.25},
        "module": "keras.regularizers",
    }
    config = {**case.config, "dropout": 0.5, "kernel_regularizer": kernel_regularizer}
    layer = from_tf_addons(case.class_name, config, case.weights)
    assert layer.dropout == 0.5
    assert layer.query_dense.kernel_regularizer.get_config() == {"l2": 0.25}


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


def test_a_class_without_counterpart():
    with pytest.raises(ValueError, match=r"no counterpart of NoisyDense. Expected one of: Multi"):
        from_tf_addons("NoisyDense", {}, {})


def test_hardmax_and_sparsemax():
    for name, ours in (("hardmax", hard_weights), ("sparsemax", sparsemax_weights)):
        case = Case(name)
        result = ours(case.inputs["logits"])
        np.testing.assert_allclose(as_numpy(result), case.outputs["weights"], atol=1e-5)


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


def test_the_page_tells_of_every_name():
    page = (Path(__file__).parents[2] / "docs" / "from-tensorflow-addons.md").read_text("utf-8")
    assert [name for name in NAMES if f"`tfa.{name}`" not in page] == []
