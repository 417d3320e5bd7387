"""The attention layers of Keras and KerasHub, from and to."""

import keras

from keras_attention.interop.correspondence import (
    arguments_for,
    arrays_by_name,
    assign,
    class_of,
    import_or_explain,
    kind_of,
    refuse_other_settings,
)
from keras_attention.layers.decoder_layer import DecoderLayer
from keras_attention.layers.encoder_layer import EncoderLayer
from keras_attention.layers.multi_head_attention import MultiHeadAttention


def from_keras(layer):
    """Our layer for one of Keras or KerasHub, with its settings and weights.

    | theirs | ours |
    |---|---|
    | `keras.layers.MultiHeadAttention` | `MultiHeadAttention` |
    | `keras.layers.GroupQueryAttention` | `MultiHeadAttention(num_key_value_heads=…)` |
    | `keras_hub.layers.TransformerEncoder` | `EncoderLayer` |
    | `keras_hub.layers.TransformerDecoder` | `DecoderLayer` |

    The outputs are the same for every query that may attend to something. KerasHub's
    `padding_mask` is `attention_mask=padding_mask[:, None, :]` in ours.

    Args:
        layer: A built layer of Keras or KerasHub.

    Returns:
        A built layer of ours.

    Raises:
        ValueError: If there is no counterpart, the layer is not built, or its weights are not those
            of its class, for example because it is quantized or has LoRA.

    Example:

    >>> theirs = keras.layers.MultiHeadAttention(num_heads=4, key_dim=8)
    >>> x = np.random.normal(size=(2, 5, 32)).astype("float32")
    >>> expected = theirs(x, x)
    >>> ours = keras_attention.from_keras(theirs)
    >>> np.allclose(ours(x, x), expected, atol=1e-5)
    True
    """
    if isinstance(layer, (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)):
        return _from_keras_attention(layer)
    kinds = ("MultiHeadAttention", "GroupQueryAttention", *_HUB_NAMES)
    return _from_hub(layer, kind_of(layer, kinds, "keras_hub"))


def to_keras(layer):
    """The layer of Keras or KerasHub for one of ours, with its settings and weights.

    The other direction of `from_keras`. KerasHub has one rate of dropout, which acts on attention
    weights and sublayers' outputs; it becomes our `dropout`.

    Args:
        layer: A built `MultiHeadAttention`, `EncoderLayer` or `DecoderLayer`.

    Returns:
        A built layer of Keras or KerasHub.

    Raises:
        ValueError: If there is no counterpart, the layer is not built, or it has a setting that
            theirs has not.
        ImportError: If KerasHub is needed and not installed.

    Example:

    >>> ours = keras_attention.MultiHeadAttention(num_heads=4, key_dim=8, num_key_value_heads=2)
    >>> x = np.random.normal(size=(2, 5, 32)).astype("float32")
    >>> expected = ours(x, x)
    >>> theirs = keras_attention.to_keras(ours)
    >>> type(theirs).__name__
    'GroupedQueryAttention'
    >>> np.allclose(theirs(x, x), expected, atol=1e-5)
    True
    """
    cls = class_of(layer, (MultiHeadAttention, EncoderLayer, DecoderLayer))
    return _to_keras_attention(layer) if cls is MultiHeadAttention else _to_hub(layer, cls)


_GROUPED_NAMES = {"num_heads": "num_query_heads", "key_dim": "head_dim"}

# By class of KerasHub: path within our layer -> path within theirs.
_FEED_FORWARD_NAMES = {
    "feed_forward/intermediate_dense": "feedforward_intermediate_dense",
    "feed_forward/output_dense": "feedforward_output_dense",
    "feed_forward_residual/layer_normalization": "feedforward_layer_norm",
}
_HUB_NAMES = {
    "TransformerEncoder": {
        "self_attention": "self_attention_layer",
        "self_attention_residual/layer_normalization": "self_attention_layer_norm",
        **_FEED_FORWARD_NAMES,
    },
    "TransformerDecoder": {
        "self_attention": "self_attention",
        "self_attention_residual/layer_normalization": "self_attention_layer_norm",
        "cross_attention": "cross_attention",
        "cross_attention_residual/layer_normalization": "cross_attention_layer_norm",
        **_FEED_FORWARD_NAMES,
    },
}


def _from_keras_attention(layer):
    arrays = arrays_by_name(layer)
    shapes = layer.get_build_config()["shapes_dict"]
    config = layer.get_config()
    for ours, theirs in _GROUPED_NAMES.items():
        config[ours] = config.get(theirs, config.get(ours))
    rank = len(shapes["query_shape"])
    if config.get("attention_axes") == tuple(range(1, rank - 1)):
        config["attention_axes"] = None  # all, as by default
    ours = MultiHeadAttention.from_config(arguments_for(MultiHeadAttention, config))
    ours.build(**shapes)
    assign(ours, arrays, f"`{layer.name}`")
    return ours


def _to_keras_attention(layer):
    arrays = arrays_by_name(layer)
    grouped = layer.num_key_value_heads != layer.num_heads
    cls = keras.layers.GroupQueryAttention if grouped else keras.layers.MultiHeadAttention
    names = _GROUPED_NAMES if grouped else {}
    config = layer.get_config()
    arguments = arguments_for(cls, {names.get(name, name): config[name] for name in config})
    taken = {name: config[name] for name in config if names.get(name, name) in arguments}
    plain = MultiHeadAttention.from_config(taken)
    refuse_other_settings(layer, plain, f"Keras' {cls.__name__}")
    theirs = cls.from_config(arguments)
    theirs.build(**layer.get_build_config()["shapes_dict"])
    assign(theirs, arrays, f"`{layer.name}`")
    return theirs


def _from_hub(layer, kind):
    arrays = arrays_by_name(layer)
    names = {theirs: ours for ours, theirs in _HUB_NAMES[kind].items()}
    config = layer.get_config()
    cls = EncoderLayer if kind == "TransformerEncoder" else DecoderLayer
    if cls is DecoderLayer and "cross_attention/key/kernel" not in arrays:
        raise ValueError(
            f"`{layer.name}` has no cross-attention, and DecoderLayer always has. Expected a "
            "TransformerDecoder that was called with `encoder_sequence`."
        )
    (d_model,) = arrays["feedforward_output_dense/bias"].shape
    ours = cls(
        d_model,
        config["num_heads"],
        config["intermediate_dim"],
        dropout=config["dropout"],
        attention_dropout=config["dropout"],
        activation=config["activation"],
        normalization="pre" if config["normalize_first"] else "post",
        epsilon=config["layer_norm_epsilon"],
        name=config["name"],
        dtype=layer.dtype_policy,
    )
    ours.build(*_input_shapes(d_model, arrays))
    assign(ours, _renamed(arrays, names), f"`{layer.name}`")
    return ours


def _to_hub(layer, cls):
    arrays = arrays_by_name(layer)
    config = layer.get_config()
    main = {name: config[name] for name in ("d_model", "num_heads", "dff")}
    style = {name: config[name] for name in ("activation", "normalization", "epsilon")}
    kind = "TransformerEncoder" if cls is EncoderLayer else "TransformerDecoder"
    refuse_other_settings(layer, cls(**main, **style), f"KerasHub's {kind}")
    theirs = getattr(import_or_explain("keras_hub").layers, kind)(
        layer.feed_forward.dff,
        config["num_heads"],
        dropout=layer.dropout,
        activation=config["activation"],
        layer_norm_epsilon=layer.epsilon,
        normalize_first=layer.normalization == "pre",
        name=layer.name,
        dtype=layer.dtype_policy,
    )
    theirs.build(*_input_shapes(layer.d_model, arrays))
    assign(theirs, _renamed(arrays, _HUB_NAMES[kind]), f"`{layer.name}`")
    return theirs


def _input_shapes(d_model, arrays):
    """Shapes of the layer's input and, of a decoder, of the encoder's output."""
    encoded = [arrays[name] for name in arrays if name == "cross_attention/key/kernel"]
    return [(None, None, d_model), *((None, None, kernel.shape[0]) for kernel in encoded)]


def _renamed(arrays, names):
    """Arrays whose path begins with a key of `names`, with its value instead."""
    result = {}
    for path, array in arrays.items():
        start = next((start for start in names if path.startswith(f"{start}/")), None)
        result[path if start is None else names[start] + path.removeprefix(start)] = array
    return result
