"""Ours beside TensorFlow Addons, whose answers are in a file, see `addons.py`."""

import keras
import numpy as np
import pytest
from interop.addons import Case

from keras_attention.interop import from_tf_addons


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
