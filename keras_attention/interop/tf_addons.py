"""The attention layers of TensorFlow Addons 0.23, from their settings and weights."""

import re

import numpy as np

from keras_attention.interop.correspondence import assign
from keras_attention.layers.multi_head_attention import MultiHeadAttention
from keras_attention.training.weight_files import check_fit


def from_tf_addons(class_name, config, weights):
    """Our layer for one of TensorFlow Addons 0.23, with its settings and weights.

    TensorFlow Addons needs TensorFlow before 2.16 and Keras 2, so its layer cannot be in the same
    process; its settings and weights can. In the old environment:

    ```python
    json.dump(layer.get_config(), open("layer.json", "w"))
    np.savez("layer.npz", **{weight.name: weight.numpy() for weight in layer.weights})
    ```

    `tfa.layers.MultiHeadAttention` becomes a `MultiHeadAttention`. It is called with
    `(query, value, key)` instead of `[query, key, value]`, and returns the attention weights where
    it is asked to. Theirs has a bias in the output projection only, the others of ours are zero.

    Args:
        class_name: Name of the layer's class, for example `"MultiHeadAttention"`.
        config: Dictionary that the layer's `get_config` returned.
        weights: NumPy arrays by the names of the layer's weights.

    Returns:
        A built layer of ours.

    Raises:
        ValueError: If there is no counterpart, or the weights do not fit the settings; the error
            lists every missing and unexpected name and every wrong shape.

    Example:

    >>> rng = np.random.default_rng(0)
    >>> config = {"num_heads": 4, "head_size": 8, "use_projection_bias": False}
    >>> shapes = {"query": (4, 32, 8), "key": (4, 32, 8), "value": (4, 32, 8)}
    >>> shapes["projection"] = (4, 8, 32)
    >>> weights = {f"{name}_kernel": rng.normal(size=shape) for name, shape in shapes.items()}
    >>> layer = keras_attention.from_tf_addons("MultiHeadAttention", config, weights)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)

    References:
        [TensorFlow Addons](https://github.com/tensorflow/addons), which ended in 2024
    """
    if class_name not in _MAKERS:
        raise ValueError(
            f"There is no counterpart of {class_name}. Expected one of: {', '.join(_MAKERS)}."
        )
    weights = {_plain_name(name): np.asarray(value) for name, value in weights.items()}
    return _MAKERS[class_name](config, weights)


def _plain_name(name):
    """`multi_head_attention_1/query_kernel:0` -> `query_kernel`."""
    return re.sub(r":\d+$", "", name).rsplit("/", 1)[-1]


def _multi_head_attention(config, weights):
    heads, size = config["num_heads"], config["head_size"]
    shapes = {name: np.shape(weights.get(f"{name}_kernel")) for name in ("query", "key", "value")}
    features = {name: shape[1] if len(shape) == 3 else None for name, shape in shapes.items()}
    outputs = config.get("output_size") or features["value"]
    wanted = {f"{name}_kernel": (heads, count, size) for name, count in features.items()}
    wanted["projection_kernel"] = (heads, size, outputs)
    use_bias = config.get("use_projection_bias", True)
    if use_bias:
        wanted["projection_bias"] = (outputs,)
    check_fit(wanted, weights, "These weights do not fit the configuration of MultiHeadAttention:")

    kept = ("name", "dropout", "kernel_regularizer", "bias_regularizer")
    kept += ("kernel_constraint", "bias_constraint")
    layer = MultiHeadAttention(
        heads,
        size,
        use_bias=use_bias,
        output_shape=outputs,
        **{name: config[name] for name in kept if name in config},
    )
    layer.build(*((None, None, features[name]) for name in ("query", "value", "key")))
    arrays = {f"{name}/kernel": weights[f"{name}_kernel"].swapaxes(0, 1) for name in features}
    arrays["attention_output/kernel"] = weights["projection_kernel"]
    if use_bias:
        arrays |= {f"{name}/bias": np.zeros((heads, size)) for name in features}
        arrays["attention_output/bias"] = weights["projection_bias"]
    assign(layer, arrays, f"TensorFlow Addons' `{layer.name}`")
    return layer


_MAKERS = {"MultiHeadAttention": _multi_head_attention}
