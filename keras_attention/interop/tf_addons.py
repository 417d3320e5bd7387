"""The attention layers of TensorFlow Addons 0.23, from their settings and weights."""

import re

import numpy as np

from keras_attention.interop.correspondence import assign
from keras_attention.layers.attention import Attention
from keras_attention.layers.multi_head_attention import MultiHeadAttention
from keras_attention.layers.normalizers.continuous import Softmax
from keras_attention.layers.normalizers.discrete import Hard
from keras_attention.layers.normalizers.monotonic import Monotonic
from keras_attention.layers.scores.additive import Additive
from keras_attention.layers.scores.bilinear import Bilinear
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

    An attention mechanism of `tfa.seq2seq` becomes an `Attention`, called with `[queries, memory]`:

    | theirs | `score` of ours | `normalizer` of ours |
    |---|---|---|
    | `BahdanauAttention` | `Additive` | `Softmax`, or `Hard` for `hardmax` |
    | `LuongAttention` | `Bilinear`, which contains the factor of `scale=True` | the same |
    | `BahdanauMonotonicAttention` | `Additive` | `Monotonic` |
    | `LuongMonotonicAttention` | `Bilinear` | `Monotonic` |

    Lengths of the memory are a mask in ours. The outputs are the same, with these exceptions, all
    of `Monotonic`: it adds noise in training only, it is never hard in training, and it stays exact
    where the mode `parallel` does not, at keys that are hardly ever reached from the first one.

    Args:
        class_name: Name of the layer's class, for example `"MultiHeadAttention"`.
        config: Dictionary that the layer's `get_config` returned.
        weights: NumPy arrays by the names of the layer's weights.

    Returns:
        A built layer of ours.

    Raises:
        ValueError: If the class or its `probability_fn` has no counterpart, or the weights do not
            fit the settings; the error lists every missing and unexpected name and every wrong
            shape.

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
    return _MAKERS[class_name](class_name, config, weights)


def _plain_name(name):
    """`multi_head_attention_1/query_kernel:0` -> `query_kernel`.

    The memory's kernel keeps the name of its layer, for the query's is called `kernel` too.
    """
    return re.search(r"(?:memory_layer/)?[^/]+?(?=(:\d+)?$)", name)[0]


def _multi_head_attention(class_name, config, weights):
    heads, size = config["num_heads"], config["head_size"]
    shapes = {name: np.shape(weights.get(f"{name}_kernel")) for name in ("query", "key", "value")}
    features = {name: shape[1] if len(shape) == 3 else None for name, shape in shapes.items()}
    outputs = config.get("output_size") or features["value"]
    wanted = {f"{name}_kernel": (heads, count, size) for name, count in features.items()}
    wanted["projection_kernel"] = (heads, size, outputs)
    use_bias = config.get("use_projection_bias", True)
    if use_bias:
        wanted["projection_bias"] = (outputs,)
    check_fit(wanted, weights, f"These weights do not fit the configuration of {class_name}:")

    kept = ("name", "trainable", "dropout", "kernel_regularizer", "bias_regularizer")
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


def _bahdanau(class_name, config, weights):
    units, normalize = config["units"], config["normalize"]
    names = {"query_kernel": "kernel", "key_kernel": "memory_layer/kernel", "vector": "attention_v"}
    wanted = {names["vector"]: (units,)}
    for name in ("query_kernel", "key_kernel"):
        wanted[names[name]] = (_input_size(weights, names[name]), units)
    if normalize:
        names |= {"length": "attention_g", "bias": "attention_b"}
        wanted |= {"attention_g": (), "attention_b": (units,)}
    score = Additive(units, use_bias=normalize, normalize=normalize)
    layer = _attention(class_name, config, weights, wanted, score)
    for ours, theirs in names.items():
        _give(getattr(score, ours), weights[theirs])
    return layer


def _luong(class_name, config, weights):
    wanted = {"memory_layer/kernel": (_input_size(weights, "memory_layer/kernel"), config["units"])}
    if config["scale"]:
        wanted["attention_g"] = ()
    layer = _attention(class_name, config, weights, wanted, Bilinear())
    _give(layer.score.kernel, weights["memory_layer/kernel"] * weights.get("attention_g", 1))
    return layer


def _attention(class_name, config, weights, wanted, score):
    """A built `Attention`, complete but for the weights of the score, which are `wanted`."""
    monotonic = "mode" in config
    normalizer = _monotonic(config) if monotonic else _normalizer(class_name, config)
    if monotonic:
        wanted = {**wanted, "attention_score_bias": ()}
    check_fit(wanted, weights, f"These weights do not fit the configuration of {class_name}:")
    kept = {name: config[name] for name in ("name", "trainable") if name in config}
    layer = Attention(score=score, normalizer=normalizer, **kept)
    query_size, _ = wanted.get("kernel", (config["units"], None))
    memory_size, _ = wanted["memory_layer/kernel"]
    layer.build([(None, None, query_size), (None, None, memory_size)])
    if monotonic:
        _give(normalizer.score_bias, weights["attention_score_bias"])
    return layer


def _monotonic(config):
    return Monotonic(
        config["sigmoid_noise"],
        config["score_bias_init"],
        inference="hard" if config["mode"] == "hard" else "expected",
        seed=config["sigmoid_noise_seed"],
    )


def _normalizer(class_name, config):
    name = config["probability_fn"]
    if name not in _NORMALIZERS:
        raise ValueError(
            f"There is no counterpart of probability_fn={name!r} of {class_name}. Expected one of: "
            f"{', '.join(_NORMALIZERS)}."
        )
    return _NORMALIZERS[name]()


def _input_size(weights, name):
    """The rows of a kernel, or None if it is no matrix, which is an error."""
    shape = np.shape(weights.get(name))
    return shape[0] if len(shape) == 2 else None


def _give(weight, array):
    """Assigns to a weight of a part of `Attention`, which has an axis for its one head."""
    weight.assign(np.expand_dims(array, 0))


_NORMALIZERS = {"softmax": Softmax, "hardmax": Hard}
_MAKERS = {
    "MultiHeadAttention": _multi_head_attention,
    "BahdanauAttention": _bahdanau,
    "BahdanauMonotonicAttention": _bahdanau,
    "LuongAttention": _luong,
    "LuongMonotonicAttention": _luong,
}
